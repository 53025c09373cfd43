/** Runs the search of a check. */
import { search } from "../explorer/search/index.ts";
import type { SearchResult } from "../explorer/search/result.ts";
import { findModel } from "../models/index.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import type { Check } from "./claim.ts";
import { commandText } from "./notes.ts";

export const decide = (check: Check): Promise<SearchResult> => {
  const model = findModel(check.model);
  const instance = instantiate(model.spec, {
    constants: { ...model.constants, ...check.constants },
    design: { ...model.design, ...check.design },
  });
  const isOne = check.property !== "everything";
  return search(instance, {
    allowDeadlock: isOne ? check.property !== "deadlock" : (model.allowDeadlock ?? false),
    ...(isOne ? { invariants: check.property === "deadlock" ? [] : [check.property], actionProperties: [] } : {}),
  });
};

/** How a check came out, if not as expected. */
export const fault = async (check: Check): Promise<string | undefined> => {
  const { verdict, violation } = await decide(check);
  const { expected } = check;
  const asExpected =
    verdict === expected.verdict &&
    (expected.verdict === "holds" || (violation?.property === expected.property && violation.length === expected.length));
  if (asExpected) return undefined;
  const came = violation === undefined ? verdict : `${violation.property} is violated in ${String(violation.length)} states`;
  return `${commandText(check)}: ${came}`;
};
