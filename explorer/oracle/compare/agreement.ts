/** Do the search and the oracle say the same of a spec? */
import { instantiate } from "../../../specs/language/index.ts";
import { search } from "../../search/index.ts";
import type { SearchResult } from "../../search/index.ts";
import { judge } from "../judge/search.ts";
import type { Finding, Judgement } from "../judge/search.ts";
import type { SpecSyntax } from "../syntax/spec.ts";
import { compile } from "../translate/compile.ts";
import { specText } from "../translate/spec-text.ts";
import { traceFault } from "./replay.ts";
import { searchOptions } from "./way.ts";
import type { Way } from "./way.ts";

/** No level is expanded once so many states are known. */
const ENOUGH_STATES = 24;

const findingText = (f: { readonly kind: string; readonly property: string; readonly length: number }): string =>
  `${f.kind} ${f.property} in ${String(f.length)}`;
const sorted = (all: readonly Finding[] | SearchResult["violations"]): string => all.map(findingText).sort().join(", ");

/** What both must say alike of all states, as texts that can be laid side by side. */
const said = (result: SearchResult) => ({
  generated: result.generated,
  distinct: result.distinct,
  depth: result.depth,
  levels: result.levels.join(" "),
  actions: JSON.stringify(Object.fromEntries(Object.entries(result.actions).map(([name, c]) => [name, c.generated]))),
  findings: sorted(result.violations),
  verdict: result.verdict,
});
const verdict = (j: Judgement): SearchResult["verdict"] =>
  j.findings.length > 0 ? "violated" : j.depthBound === undefined ? "holds" : "inconclusive";
const judged = (j: Judgement): ReturnType<typeof said> => ({
  generated: j.generated,
  distinct: j.distinct,
  depth: j.levels.length,
  levels: j.levels.join(" "),
  actions: JSON.stringify(j.actions),
  findings: sorted(j.findings),
  verdict: verdict(j),
});

const differences = (a: object, b: object): string[] =>
  Object.entries(a).flatMap(([key, value]) => {
    const right: unknown = Reflect.get(b, key);
    return value === right ? [] : [`${key}: the search says ${String(value)}, the oracle ${String(right)}`];
  });

const traceFaults = (spec: SpecSyntax, result: SearchResult): string[] =>
  result.violations.flatMap((v) => {
    const { steps } = v.trace;
    const fault = steps.length === v.length ? traceFault(spec, v.trace) : `it has ${String(steps.length)} states`;
    return fault === undefined ? [] : [`the trace of ${findingText(v)}: ${fault}`];
  });

/** A search that ends with the first violation: which of those at the least length comes first is not said. */
const firstFaults = (result: SearchResult, j: Judgement): string[] => {
  if (j.findings.length === 0) return differences(said(result), judged(j));
  const shortest = Math.min(...j.findings.map((f) => f.length));
  const possible = j.findings.filter((f) => f.length === shortest).map(findingText);
  const found = result.violation === undefined ? "none" : findingText(result.violation);
  const complete = (levels: readonly number[]): string => levels.slice(0, shortest - 1).join(" ");
  return [
    ...(result.verdict === "violated" ? [] : [`the verdict is ${result.verdict}, by the oracle violated`]),
    ...(possible.includes(found) ? [] : [`the first violation is ${found}, by the oracle ${possible.join(" or ")}`]),
    ...(complete(result.levels) === complete(j.levels) ? [] : [`levels ${result.levels.join(" ")}, by the oracle ${complete(j.levels)} …`]),
  ];
};

/**
 * What the search says otherwise than the oracle when it is run in this way; empty where they agree. Throws Malformed or WrongKind for a spec that makes no sense.
 */
export const disagreements = async (spec: SpecSyntax, way: Way): Promise<readonly string[]> => {
  const j = judge(spec, { symmetry: way.symmetry, reductions: way.reductions, enoughStates: ENOUGH_STATES });
  const options = { ...searchOptions(way), ...(j.depthBound === undefined ? {} : { maxDepth: j.depthBound }) };
  try {
    const result = await search(instantiate(compile(specText(spec))), options, undefined, way.memoise);
    const sawAll = result.bound === undefined && (way.all || j.findings.length === 0);
    return [
      ...(way.all ? differences(said(result), judged(j)) : firstFaults(result, j)),
      ...traceFaults(spec, result),
      ...(sawAll ? differences(result.witnesses, j.witnesses).map((d) => `witness ${d}`) : []),
    ];
  } catch (error) {
    return [`the search threw ${error instanceof Error ? error.message : String(error)}`];
  }
};
