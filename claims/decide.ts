/** Runs the search of a check. */
import { cameOut } from "../cli/comparison.ts";
import { instanceOf } from "../cli/subject.ts";
import { search } from "../explorer/search/index.ts";
import type { SearchResult } from "../explorer/search/contract.ts";
import { findModel } from "../models/index.ts";
import type { Check } from "./claim.ts";
import { commandText } from "./notes.ts";

export const decide = (check: Check): Promise<SearchResult> => {
  const model = findModel(check.model);
  const instance = instanceOf(model, check.constants, check.design);
  const isOne = check.property !== "everything";
  return search(instance, {
    allowDeadlock: isOne ? check.property !== "deadlock" : (model.allowDeadlock ?? false),
    ...(isOne ? { invariants: check.property === "deadlock" ? [] : [check.property], actionProperties: [] } : {}),
  });
};

/** How a check came out, if not as expected. */
export const fault = async (check: Check): Promise<string | undefined> => {
  const result = await decide(check);
  if (cameOut(check.expected, result)) return undefined;
  const { verdict, violation } = result;
  const came = violation === undefined ? verdict : `${violation.property} is violated in ${String(violation.length)} states`;
  return `${commandText(check)}: ${came}`;
};
