/** What a finished search says of itself, in TLC's words where TLC has them. Never "verified": a bounded model was searched. */
import type { SpecInstance } from "../specs/language/instantiate.ts";
import { table } from "../explorer/report/table.ts";
import type { Bound, SearchOptions, SearchResult, Violation } from "../explorer/search/contract.ts";
import { assignmentsText } from "./command-line.ts";
import type { Properties } from "./properties.ts";

const kindText = { invariant: "invariant", "action-property": "action property", deadlock: "deadlock", witness: "witness" } as const;
const listed = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));
const GIBIBYTE = 1024 ** 3;

export const boundText = (bound: Bound): string => {
  switch (bound.kind) {
    case "depth":
      return `the bound of ${bound.limit} levels was reached`;
    case "states":
      return `the bound of ${bound.limit} distinct states was reached`;
    case "time":
      return `the timeout of ${bound.limit / 1000} s was reached`;
    case "memory":
      return `the memory budget of ${Number((bound.limit / GIBIBYTE).toPrecision(3))} GiB was used up (${bound.what})`;
    case "interrupted":
      return bound.reason;
  }
};

export const violationText = (v: Violation): string => {
  const minimal = v.trace.minimal ? "; no shorter one exists" : "";
  if (v.kind === "deadlock") return `a behaviour of ${v.length} states ends in a deadlock${minimal}`;
  if (v.kind === "witness") return `the witness ${v.property} is true in no reachable state`;
  return `the ${kindText[v.kind]} ${v.property} is violated by a behaviour of ${v.length} states${minimal}`;
};

const unreachedWitnesses = (result: SearchResult): readonly string[] =>
  Object.entries(result.witnesses)
    .filter(([, reached]) => !reached)
    .map(([name]) => name);

export const verdictText = (result: SearchResult): string => {
  const because =
    result.violation !== undefined ? violationText(result.violation) : result.bound !== undefined ? boundText(result.bound) : undefined;
  return because === undefined ? result.verdict : `${result.verdict}: ${because}`;
};

const coverageTable = (result: SearchResult): string =>
  table(
    ["action", "generated", "distinct"],
    Object.entries(result.actions).map(([name, c]) => [name, c.generated, c.distinct]),
  );

const boundsText = (instance: SpecInstance, options: SearchOptions): string => {
  const { maxDepth, maxStates, timeoutMs, memoryBytes } = options;
  const given = [
    ...instance.constraints.map((c) => `constraint ${c.name}`),
    ...instance.actionConstraints.map((c) => `action constraint ${c.name}`),
    ...(maxDepth === undefined ? [] : [`at most ${maxDepth} levels`]),
    ...(maxStates === undefined ? [] : [`at most ${maxStates} distinct states`]),
    ...(timeoutMs === undefined ? [] : [`at most ${timeoutMs / 1000} s`]),
    ...(memoryBytes === undefined ? [] : [`at most ${memoryBytes / GIBIBYTE} GiB`]),
  ];
  return given.length === 0 ? "none beyond the constants" : given.join(", ");
};

const switched = (on: boolean, names: readonly string[]): string =>
  names.length === 0 ? "none declared" : `${on ? "on" : "off"} (${names.join(", ")})`;

const outDegreeText = ({ min, max, mean }: SearchResult["outDegree"]): string => `mean ${mean.toFixed(2)}, minimum ${min}, maximum ${max}`;

export interface Run {
  readonly model: string;
  readonly instance: SpecInstance;
  readonly options: SearchOptions;
  readonly properties: Properties;
  readonly result: SearchResult;
  /** The command line that repeats the run. */
  readonly repeat: string;
}

const countsText = (r: SearchResult, coverage: boolean): readonly string[] => {
  const left = r.bound === undefined && r.violation === undefined ? ", 0 states left on queue" : "";
  const complete = r.verdict === "holds" ? "complete state graph search" : "search so far";
  return [
    `${r.generated} states generated, ${r.distinct} distinct states found${left}.`,
    `The depth of the ${complete} is ${r.depth}. Out-degree: ${outDegreeText(r.outDegree)}.`,
    ...(coverage ? ["", coverageTable(r), ""] : []),
    `Actions that never fired: ${listed(r.neverFired)}.`,
    "Collision probability 0: states are compared exactly, not by fingerprint.",
  ];
};

const share = (checked: number, of: number): string => (checked < of ? `${checked} of ${of} (sampled)` : `all ${of}`);

/** What is only sampled is said to be. */
const checksText = ({ purity, symmetry, reductions }: SearchResult["audit"]): string =>
  [
    `purity on ${share(purity.checked, purity.runs)} runs of user code`,
    ...(symmetry === undefined || symmetry.permutations === 0
      ? []
      : [`symmetry on all runs, under ${share(symmetry.checked, symmetry.permutations)} permutations`]),
    ...(reductions === undefined ? [] : [`reductions in ${share(reductions.checked, reductions.cases)} cases`]),
  ].join("; ");

/** The report of a search, without its traces. */
export const summary = ({ model, instance, options, properties, result: r, repeat }: Run, coverage: boolean): string => {
  const unreached = unreachedWitnesses(r);
  return [
    `${model}: ${verdictText(r)}.`,
    ...(r.violations.length > 1 ? r.violations.slice(1).map((v) => `  Also ${violationText(v)}.`) : []),
    ...(unreached.length > 0 && r.verdict !== "violated" ? [`Witnesses not reached: ${listed(unreached)}.`] : []),
    ...countsText(r, coverage),
    `Constants: ${assignmentsText(instance.constants) || "none"}. Design: ${assignmentsText(instance.design) || "no switches"}.`,
    `Properties: ${listed([...properties.invariants, ...properties.actionProperties])}. Deadlock: ${options.allowDeadlock === true ? "allowed" : instance.terminated.length > 0 ? "checked where not terminated" : "checked"}.`,
    `Bounds: ${boundsText(instance, options)}.`,
    `Symmetry: ${switched(
      r.symmetry,
      instance.symmetricSets.map((s) => s.name),
    )}. ` +
      `Reductions: ${switched(
        r.reductions,
        instance.reductions.map((x) => x.name),
      )}.`,
    `Checked on the way: ${checksText(r.audit)}.`,
    `${r.seconds.toFixed(2)} s with ${r.workers} ${r.workers === 1 ? "worker" : "workers"}, ` +
      `${Math.round(r.statesPerSecond)} states/s, ${r.bytesPerState.toFixed(1)} bytes a state.`,
    `Repeat: ${repeat}`,
  ].join("\n");
};
