/** Do the search and the oracle say the same of a spec? */
import { instantiate } from "../../../specs/language/index.ts";
import { SpecFault, search } from "../../search/index.ts";
import type { SearchResult } from "../../search/index.ts";
import { judge } from "../judge/search.ts";
import type { Finding, Judgement } from "../judge/search.ts";
import type { SpecSyntax } from "../syntax/spec.ts";
import { followersFor } from "../threads/followers.ts";
import { compile } from "../translate/compile.ts";
import { specText } from "../translate/spec-text.ts";
import { traceFault } from "./replay.ts";
import { searchOptions } from "./way.ts";
import type { Way } from "./way.ts";

/** What is counted may grow without bound, and a search has its limits there. */
const ENOUGH_LEVELS = 60;

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
  degrees: `${String(result.outDegree.min)} to ${String(result.outDegree.max)}`,
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
  degrees: `${String(j.degrees.min)} to ${String(j.degrees.max)}`,
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

/** The first `length` levels, which are complete. */
const complete = (levels: readonly number[], length: number): string => levels.slice(0, length).join(" ");
const levelsDiffer = (result: SearchResult, j: Judgement, length: number): string[] =>
  complete(result.levels, length) === complete(j.levels, length)
    ? []
    : [`levels ${result.levels.join(" ")}, by the oracle ${complete(j.levels, length)} …`];

/** A search that ends with the first violation: which of those at the least length comes first is not said. */
const firstFaults = (result: SearchResult, j: Judgement): string[] => {
  if (j.findings.length === 0) return differences(said(result), judged(j));
  const shortest = Math.min(...j.findings.map((f) => f.length));
  const possible = j.findings.filter((f) => f.length === shortest).map(findingText);
  const found = result.violation === undefined ? "none" : findingText(result.violation);
  return [
    ...(result.verdict === "violated" ? [] : [`the verdict is ${result.verdict}, by the oracle violated`]),
    ...(possible.includes(found) ? [] : [`the first violation is ${found}, by the oracle ${possible.join(" or ")}`]),
    ...levelsDiffer(result, j, shortest - 1),
  ];
};

/** What the search says where the oracle finds the spec itself at fault, after all that is violated in fewer states. */
const faultFaults = (outcome: SearchResult | SpecFault, j: Judgement, fault: Finding, all: boolean): string[] => {
  const before = j.findings.filter((f) => f.length < fault.length || (f.length === fault.length && fault.kind === "throws"));
  if (outcome instanceof SpecFault) {
    const length = outcome.trace.steps.length + (outcome.message.includes("TypeOK: ") ? 1 : 0);
    const isKnown = j.faults.some((f) => f.length === length && (f.kind === "type") === outcome.message.includes("TypeOK: "));
    return [
      ...(before.length > 0 ? [`a fault in ${String(length)} states, by the oracle ${sorted(before)} comes first`] : []),
      ...(isKnown ? [] : [`a fault in ${String(length)} states (${outcome.message}), by the oracle ${sorted(j.faults)}`]),
    ];
  }
  if (!all && before.length > 0) return firstFaults(outcome, j);
  const told = outcome.violations.map(findingText);
  const possible = j.findings.map(findingText);
  return [
    ...(told.length === 0 ? [`${outcome.verdict}, by the oracle ${findingText(fault)}`] : []),
    ...before.map(findingText).flatMap((f) => (told.includes(f) ? [] : [`the search does not find ${f}`])),
    ...told.flatMap((f) => (possible.includes(f) ? [] : [`the search finds ${f}, the oracle only ${possible.join(", ")}`])),
    ...levelsDiffer(outcome, j, fault.length - 1),
  ];
};

const resultFaults = (way: Way, result: SearchResult, j: Judgement): string[] => {
  const sawAll = result.bound === undefined && (way.all || j.findings.length === 0);
  return [
    ...(way.all ? differences(said(result), judged(j)) : firstFaults(result, j)),
    ...(sawAll ? differences(result.witnesses, j.witnesses).map((d) => `witness ${d}`) : []),
  ];
};

const searchIn = async (text: string, way: Way, maxDepth: number | undefined): Promise<SearchResult | SpecFault> => {
  const instance = instantiate(compile(text));
  const options = { ...searchOptions(way), ...(maxDepth === undefined ? {} : { maxDepth }) };
  const threads = way.workers > 1 ? followersFor(text, instance, way.workers, way.ready) : undefined;
  try {
    return await search(instance, options, threads, way.memoise);
  } catch (error) {
    if (error instanceof SpecFault) return error;
    throw error;
  }
};

const disagreementsIn = async (spec: SpecSyntax, text: string, way: Way, j: Judgement): Promise<readonly string[]> => {
  try {
    const outcome = await searchIn(text, way, j.depthBound);
    const fault = j.faults.toSorted((a, b) => a.length - b.length)[0];
    const traces = outcome instanceof SpecFault ? [] : traceFaults(spec, outcome);
    if (fault !== undefined) return [...faultFaults(outcome, j, fault, way.all), ...traces];
    if (outcome instanceof SpecFault) return [`the spec is at fault: ${outcome.message}`];
    return [...resultFaults(way, outcome, j), ...traces];
  } catch (error) {
    return [`the search threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
  }
};

/**
 * What the search says otherwise than the oracle when it is run in one of these ways; empty where they agree.
 * `enoughStates`: no level is expanded once so many states are known. Throws Malformed or WrongKind for a spec that makes no sense.
 */
export const disagreements = async (spec: SpecSyntax, ways: readonly Way[], enoughStates: number): Promise<readonly string[]> => {
  const judgements = new Map<string, Judgement>();
  const text = specText(spec);
  for (const way of ways) {
    const { symmetry, reductions } = way;
    const key = `${String(symmetry && spec.sets.some((s) => s.symmetric))} ${String(reductions && spec.reductions.length > 0)}`;
    const j = judgements.get(key) ?? judge(spec, { symmetry, reductions, enoughStates, enoughLevels: ENOUGH_LEVELS });
    judgements.set(key, j);
    const found = await disagreementsIn(spec, text, way, j);
    if (found.length > 0) return [...found, `searched ${JSON.stringify(way)}`];
  }
  return [];
};
