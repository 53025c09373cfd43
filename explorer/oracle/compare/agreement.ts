/** Runs the search on a spec of the small language and holds what it says against the oracle's judgement. */
import { instantiate } from "../../../specs/language/index.ts";
import type { SpecInstance } from "../../../specs/language/index.ts";
import { search } from "../../search/index.ts";
import type { SearchResult, Threads } from "../../search/index.ts";
import { judge } from "../judge/search.ts";
import type { Finding, Judgement } from "../judge/search.ts";
import type { SpecSyntax } from "../syntax/spec.ts";
import { compile } from "../translate/compile.ts";
import type { Feature } from "../translate/features.ts";
import { specText } from "../translate/spec-text.ts";
import type { OptionSet } from "./option-sets.ts";
import { traceFault } from "./replay.ts";

export interface Comparison {
  readonly optionSets: readonly OptionSet[];
  readonly features: readonly Feature[];
  /** No level is expanded once so many states are known. */
  readonly enoughStates: number;
  /** Followers for option sets with several workers, who find the spec by its text. */
  readonly threads?: (text: string) => Threads;
}

const findingText = (f: { readonly kind: string; readonly property: string; readonly length: number }): string =>
  `${f.kind} ${f.property} in ${String(f.length)}`;
const sorted = (all: readonly Finding[] | SearchResult["violations"]): string => all.map(findingText).sort().join(", ");

/** What both must say alike of all states, as texts that can be laid side by side. */
const said = (result: SearchResult) => ({
  generated: result.generated,
  distinct: result.distinct,
  levels: result.levels.join(" "),
  actions: JSON.stringify(Object.fromEntries(Object.entries(result.actions).map(([name, c]) => [name, c.generated]))),
  findings: sorted(result.violations),
});
const judged = (j: Judgement): ReturnType<typeof said> => ({
  generated: j.generated,
  distinct: j.distinct,
  levels: j.levels.join(" "),
  actions: JSON.stringify(j.actions),
  findings: sorted(j.findings),
});

const differences = (a: object, b: object): string[] =>
  Object.entries(a).flatMap(([key, value]) => {
    const right: unknown = Reflect.get(b, key);
    return value === right ? [] : [`${key}: the search says ${String(value)}, the oracle ${String(right)}`];
  });

const traceFaults = (spec: SpecSyntax, result: SearchResult): string[] =>
  result.violations.flatMap((v) => {
    const fault =
      v.trace.steps.length === v.length ? traceFault(spec, v.trace) : `it has ${String(v.trace.steps.length)} states instead of ${String(v.length)}`;
    return fault === undefined ? [] : [`the trace of ${findingText(v)}: ${fault}`];
  });

/** A search that ends with the first violation. */
const firstFaults = (result: SearchResult, j: Judgement): string[] => {
  const shortest = Math.min(...j.findings.map((f) => f.length));
  const verdict = j.findings.length > 0 ? "violated" : j.depthBound === undefined ? "holds" : "inconclusive";
  if (result.verdict !== verdict) return [`the first verdict is ${result.verdict}, by the oracle ${verdict}`];
  if (verdict !== "violated") return [];
  const possible = j.findings.filter((f) => f.length === shortest).map(findingText);
  const found = result.violation === undefined ? "none" : findingText(result.violation);
  const complete = j.levels.slice(0, shortest - 1).join(" ");
  return [
    ...(possible.includes(found) ? [] : [`the first violation is ${found}, by the oracle ${possible.join(" or ")}`]),
    ...(result.levels.slice(0, shortest - 1).join(" ") === complete ? [] : [`levels ${result.levels.join(" ")} instead of ${complete} …`]),
  ];
};

const searched = (instance: SpecInstance, set: OptionSet, j: Judgement, all: boolean, threads: Threads | undefined): Promise<SearchResult> =>
  search(
    instance,
    { ...set.options, continueAfterViolation: all, ...(j.depthBound === undefined ? {} : { maxDepth: j.depthBound }) },
    (set.options.workers ?? 1) > 1 ? threads : undefined,
    set.memoise,
  );

/** What the search says otherwise than the oracle; empty where they agree. Throws for a spec that makes no sense. */
export const disagreements = async (spec: SpecSyntax, comparison: Comparison): Promise<readonly string[]> => {
  const text = specText(spec, new Set(comparison.features));
  const known = new Map<string, Judgement>();
  const judgement = ({ symmetry, reductions }: OptionSet["options"]): Judgement => {
    const key = `${String(symmetry)} ${String(reductions)}`;
    const j = known.get(key) ?? judge(spec, { symmetry: symmetry === true, reductions: reductions === true, enoughStates: comparison.enoughStates });
    known.set(key, j);
    return j;
  };
  const faults: string[] = [];
  for (const set of comparison.optionSets) {
    if (set.options.reductions === true && spec.reductions.length === 0) continue;
    if (set.options.symmetry === true && set.options.reductions !== true && !spec.sets.some((s) => s.symmetric)) continue;
    const j = judgement(set.options);
    try {
      const instance = instantiate(compile(text));
      const threads = (set.options.workers ?? 1) > 1 ? comparison.threads?.(text) : undefined;
      const all = await searched(instance, set, j, true, threads);
      const first = await searched(instance, set, j, false, threads);
      const found = [...differences(said(all), judged(j)), ...traceFaults(spec, all), ...firstFaults(first, j), ...traceFaults(spec, first)];
      if (first.bound === undefined && all.bound === undefined && spec.constraints.length === 0 && j.depthBound === undefined)
        found.push(...differences(all.witnesses, j.witnesses).map((d) => `witness ${d}`));
      faults.push(...found.map((f) => `${set.label}: ${f}`));
    } catch (error) {
      faults.push(`${set.label}: the search threw ${error instanceof Error ? error.message : String(error)}`);
    }
    if (faults.length > 0) break;
  }
  return faults;
};
