/** The memory in which the threads of a search meet: how much there must be of what. */
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import { MAX_CLUSTERS } from "../tracked/layout.ts";

export const MAX_THREADS = 16;
/** Where the statuses of the threads begin: before them are single numbers. */
export const STATUS = 20;

/** Two kinds of properties can be broken by a step; of a step are kept: whether it is taken (1) or complete (2), where it starts, its successor. */
export const STEP_SIZE = 2 + MAX_CLUSTERS;
export const ERROR_BYTES = 4096;

/** What a control must have room for. */
export interface ControlShape {
  readonly threads: number;
  readonly actions: number;
  /** Invariants and witnesses. */
  readonly predicates: number;
  /** The most that one kind of property (invariant, action property) has. */
  readonly properties: number;
}

export interface ControlMemory {
  readonly shape: ControlShape;
  readonly numbers: ArrayBufferLike;
  readonly error: ArrayBufferLike;
  /** What is wrong with the spec at the state of FAULT. */
  readonly fault: ArrayBufferLike;
  /** Per thread: see `tallied`, then two per action. */
  readonly tallies: ArrayBufferLike;
}

/** Where in a thread's tally what is. */
export const tallied = {
  generated: 0,
  distinct: 1,
  /** States expanded, and their least and greatest out-degree. */
  expanded: 2,
  minDegree: 3,
  maxDegree: 4,
  bytes: 5,
  heapBytes: 6,
  /** Runs of user code, and those that were made twice to see whether they are pure. */
  runs: 7,
  runsTwice: 8,
  /** Cases in which a reduction was applied, and those that were checked. */
  reduced: 9,
  reducedChecked: 10,
} as const;
/** Then, for each action, what it generated, and how much of that was new. */
export const TALLY_ACTIONS = 11;
export const tallySize = (shape: ControlShape): number => TALLY_ACTIONS + 2 * shape.actions;
/** Where the bad steps begin. */
export const stepsOf = (shape: ControlShape): number => STATUS + shape.threads + shape.predicates;

/** `shared`: other threads, or one that supervises, look at it too. */
export const reserveControl = (shape: ControlShape, shared: boolean): ControlMemory => {
  const reserve = (bytes: number): ArrayBufferLike => (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  return {
    shape,
    numbers: reserve(4 * (stepsOf(shape) + 2 * shape.properties * STEP_SIZE)),
    error: reserve(ERROR_BYTES),
    fault: reserve(ERROR_BYTES),
    tallies: reserve(8 * tallySize(shape) * shape.threads),
  };
};

/** The control of a search: in memory that other threads share if `shared`. */
export const controlFor = (instance: SpecInstance, workers: number, shared: boolean): ControlMemory =>
  reserveControl(
    {
      threads: Math.max(1, Math.min(MAX_THREADS, workers)),
      actions: instance.actions.length,
      predicates: instance.invariants.length + instance.witnesses.length,
      properties: Math.max(instance.invariants.length, instance.actionProperties.length),
    },
    shared,
  );
