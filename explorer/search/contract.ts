/** What a search is asked and what it answers. */
import type { PropertyKind, Trace } from "../trace.ts";
import type { Tuning } from "./threads/tuning.ts";

export interface SearchOptions {
  /** The name that traces carry; defaults to the spec's. */
  readonly model?: string;
  /** Treat states that differ by a permutation of symmetric sets as one. Default true. */
  readonly symmetry?: boolean;
  /** Apply the spec's declared reductions. Default true. */
  readonly reductions?: boolean;
  /** Names of the invariants (and action properties) to check; default all. Throws LockstepError "usage" for unknown ones. */
  readonly invariants?: readonly string[];
  readonly actionProperties?: readonly string[];
  /** A state without successors is not an error. Default false. */
  readonly allowDeadlock?: boolean;
  /** Go on past violations and report the first of each property. */
  readonly continueAfterViolation?: boolean;
  /** Bounds; when one is hit the verdict is inconclusive. Depth counts levels, the initial state is level 1. */
  readonly maxDepth?: number;
  readonly maxStates?: number;
  readonly timeoutMs?: number;
  /** For tables, what is remembered and (see `heapBytes`) the JavaScript heap together. Default 4 GiB. */
  readonly memoryBytes?: number;
  /** The JavaScript heap that this thread uses, in bytes; it counts as memory of the search. Default: not counted. */
  readonly heapBytes?: () => number;
  /** For tests. */
  readonly tuning?: Partial<Tuning>;
  readonly workers?: number;
  /** Called between levels and at most a few times a second within one. */
  readonly onProgress?: (progress: Progress) => void;
  /** Polled like a bound: a returned text stops the search as `inconclusive` with this reason. */
  readonly interrupted?: () => string | undefined;
}

export interface Progress {
  readonly depth: number;
  readonly generated: number;
  readonly distinct: number;
  /** States found but not yet expanded. */
  readonly queued: number;
  readonly elapsedMs: number;
}

export interface Violation {
  readonly kind: PropertyKind;
  readonly property: string;
  /** Number of states in the trace. */
  readonly length: number;
  readonly trace: Trace;
}

export interface ActionCount {
  /** Successors that this action generated, counting every choice of its parameters. */
  readonly generated: number;
  /** Those of them that were new states. */
  readonly distinct: number;
}

/** Why a search ended before it had seen every state. */
export type Bound =
  | { readonly kind: "depth" | "states" | "time"; readonly limit: number }
  | { readonly kind: "memory"; readonly limit: number; readonly what: string }
  | { readonly kind: "interrupted"; readonly reason: string };

/** How much of what was run was checked; what is less than all was sampled. */
export interface Audit {
  /** Runs of user code, and those that were made twice: it must give the same. */
  readonly purity: { readonly runs: number; readonly checked: number };
  /** Every run is compared with its image under this many of the permutations. */
  readonly symmetry: { readonly permutations: number; readonly checked: number } | undefined;
  /** States that a declared reduction changed, and those of which the successors were compared with those of the normal form. */
  readonly reductions: { readonly cases: number; readonly checked: number } | undefined;
}

export interface SearchResult {
  readonly verdict: "holds" | "violated" | "inconclusive";
  readonly generated: number;
  readonly distinct: number;
  /** Levels, the initial state is 1. */
  readonly depth: number;
  /** New states of each level. */
  readonly levels: readonly number[];
  readonly actions: Readonly<Record<string, ActionCount>>;
  readonly neverFired: readonly string[];
  /** The violation that ended the search, or the first found. */
  readonly violation: Violation | undefined;
  /** With continueAfterViolation: the first violation of each property. */
  readonly violations: readonly Violation[];
  /** Which "sometimes" properties were reached. */
  readonly witnesses: Readonly<Record<string, boolean>>;
  readonly bound: Bound | undefined;
  readonly seconds: number;
  /** Generated states per second. */
  readonly statesPerSecond: number;
  /** Bytes that the shared tables really use, per distinct state. */
  readonly bytesPerState: number;
  readonly workers: number;
  readonly symmetry: boolean;
  readonly reductions: boolean;
  readonly audit: Audit;
  readonly outDegree: { readonly min: number; readonly max: number; readonly mean: number };
}
