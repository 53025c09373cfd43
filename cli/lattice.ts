/**
 * What the verdicts of a system's designs say of its switches. Everything is derived from the designs that were run: a
 * switch is necessary when turning it alone away from a design that holds gives a violation, and a set of switches is
 * sufficient when the design that differs from the reference in no other switch holds in every model run.
 */
import type { Design } from "../specs/language/instantiate.ts";
import type { Choice } from "../specs/language/system.ts";
import type { SearchResult } from "../explorer/search/contract.ts";

export interface DesignRun {
  readonly design: Design;
  /** Every property was checked. A run of some of them can show that a design fails, not that it holds. */
  readonly complete: boolean;
  readonly verdict: SearchResult["verdict"];
  readonly violation: { readonly property: string; readonly length: number } | undefined;
}
export interface DesignVerdict {
  readonly design: Design;
  /** Violated in some model; else inconclusive (or run for some properties only) in some; else it holds in all that were run. */
  readonly verdict: SearchResult["verdict"];
  readonly violation: DesignRun["violation"];
}
export type SwitchFinding = {
  readonly name: string;
  /** The choice of the reference design. */
  readonly choice: Choice;
} & (
  | { readonly kind: "necessary"; readonly instead: Choice; readonly property: string; readonly length: number }
  | { readonly kind: "not shown necessary"; readonly instead: readonly Choice[] }
  | { readonly kind: "not run alone" }
);
export interface LatticeFindings {
  readonly reference: Design;
  readonly switches: readonly SwitchFinding[];
  /** Smallest first: the switches that agree with the reference in a design that holds, without those in which a smaller set does. */
  readonly sufficient: readonly Design[];
}

const switchesOf = (design: Design): readonly string[] => Object.keys(design);
const agreement = (a: Design, b: Design): readonly string[] => switchesOf(a).filter((s) => a[s] === b[s]);
const differences = (a: Design, b: Design): readonly string[] => switchesOf(a).filter((s) => a[s] !== b[s]);
const textOf = (design: Design): string => JSON.stringify(Object.entries(design).sort(([a], [b]) => (a < b ? -1 : 1)));

const worst = (runs: readonly DesignRun[]): DesignVerdict | undefined => {
  const of = (verdict: SearchResult["verdict"]): DesignRun | undefined =>
    runs
      .map((r): DesignRun => (r.verdict === "holds" && !r.complete ? { ...r, verdict: "inconclusive" } : r))
      .filter((r) => r.verdict === verdict)
      .sort((a, b) => (a.violation?.length ?? 0) - (b.violation?.length ?? 0))[0];
  return of("violated") ?? of("inconclusive") ?? of("holds");
};

/** One verdict for each design, in the order of the runs. */
export const verdictsByDesign = (runs: readonly DesignRun[]): readonly DesignVerdict[] => {
  const groups = new Map<string, DesignRun[]>();
  for (const run of runs) groups.set(textOf(run.design), [...(groups.get(textOf(run.design)) ?? []), run]);
  return [...groups.values()].map(worst).filter((v) => v !== undefined);
};

const findingOf = (reference: Design, name: string, verdicts: readonly DesignVerdict[]): SwitchFinding => {
  const choice = reference[name] ?? false;
  const alone = verdicts.filter((v) => differences(reference, v.design).join() === name);
  const shown = alone.find((v) => v.verdict === "violated");
  if (shown?.violation !== undefined) {
    const { property, length } = shown.violation;
    return { name, choice, kind: "necessary", instead: shown.design[name] ?? false, property, length };
  }
  const held = alone.filter((v) => v.verdict === "holds").map((v) => v.design[name] ?? false);
  return held.length > 0 ? { name, choice, kind: "not shown necessary", instead: held } : { name, choice, kind: "not run alone" };
};

/** Undefined when the reference design was not run or does not hold, since then nothing can be said relative to it. */
export const findings = (reference: Design, runs: readonly DesignRun[]): LatticeFindings | undefined => {
  const verdicts = verdictsByDesign(runs);
  if (verdicts.find((v) => textOf(v.design) === textOf(reference))?.verdict !== "holds") return undefined;
  const sets = verdicts.filter((v) => v.verdict === "holds").map((v) => agreement(reference, v.design));
  const minimal = sets.filter((set) => !sets.some((other) => other.length < set.length && other.every((s) => set.includes(s))));
  const unique = [...new Map(minimal.map((set) => [set.join(), set])).values()].sort((a, b) => a.length - b.length);
  return {
    reference,
    switches: switchesOf(reference).map((name) => findingOf(reference, name, verdicts)),
    sufficient: unique.map((set) => Object.fromEntries(set.map((name) => [name, reference[name] ?? false]))),
  };
};
