/**
 * What the threads of a search tell each other: which states are still to be expanded in this level, who has come to
 * rest, what was found. One thread leads; the others wait for a round, work on it until nothing is left or a pause is
 * asked for, and come to rest.
 */

export const MAX_THREADS = 16;

const CURSOR = 0; // the next state to expand
const LIMIT = 1; // the end of this level's states
const ROUND = 2; // counts rounds; followers wait for it to change
const RESTED = 3; // followers at rest
const PAUSE = 4; // somebody wants everybody to rest
const STOP = 5; // the search is over
const TASK = 7; // what the round is for: 0 expansion, else a table's index + 1, whose slots are rebuilt
const DEADLOCK = 6; // the least id of a state without successors, +1
const ERROR = 10; // length of an error text
const ERROR_KIND = 11; // 1: the spec's fault, 2: a table is full, 3: other
const FAULT = 12; // the least id of a state at which the spec is at fault, +1
const FAULT_LENGTH = 13; // of its text
const FAULT_IS_STATE = 14; // 1: a predicate is, of this very state; 0: a step from it
const FAULT_LOCK = 15;
const FINDINGS = 16; // per predicate: the least id of a state that violates it, +1; for a witness 1 when reached
const PREDICATES = 32;
const READY = FINDINGS + PREDICATES; // per thread: it can work
const INVITED = READY + MAX_THREADS; // per thread: the last round that it is to take part in
const STEPS = INVITED + MAX_THREADS; // the first bad step of each property: taken (1) or complete (2), from, successor
const MAX_VECTOR = 64;
const STEP_SIZE = 2 + MAX_VECTOR;
/** Two kinds of properties can be broken by a step. */
const STEP_COUNT = 2 * PREDICATES;
const ERROR_BYTES = 4096;

export interface ControlMemory {
  readonly numbers: ArrayBufferLike;
  readonly error: ArrayBufferLike;
  /** What is wrong with the spec at the state of FAULT. */
  readonly fault: ArrayBufferLike;
  /** Per thread: see Tally. */
  readonly tallies: ArrayBufferLike;
}
const TALLY = 86;

export const reserveControl = (threads: number): ControlMemory => {
  const reserve = (bytes: number): ArrayBufferLike => (threads > 1 ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  return {
    numbers: reserve(4 * (STEPS + STEP_COUNT * STEP_SIZE)),
    error: reserve(ERROR_BYTES),
    fault: reserve(ERROR_BYTES),
    tallies: reserve(8 * TALLY * threads),
  };
};

export interface BadStep {
  readonly kind: "invariant" | "action-property";
  readonly predicate: number;
  readonly from: number;
  readonly successor: Uint32Array;
}

export interface Fault {
  readonly id: number;
  readonly isState: boolean;
  readonly text: string;
}

/** States that a thread takes at a time. */
const CHUNK = 128;

export class Control {
  private readonly numbers: Int32Array;
  private readonly tallies: Float64Array;
  private readonly error: Uint8Array;
  private readonly faultText: Uint8Array;

  constructor(memory: ControlMemory) {
    this.numbers = new Int32Array(memory.numbers);
    this.tallies = new Float64Array(memory.tallies);
    this.error = new Uint8Array(memory.error);
    this.faultText = new Uint8Array(memory.fault);
  }

  private load(i: number): number {
    return Atomics.load(this.numbers, i);
  }

  /** The table that the round rebuilds, or undefined in a round of expansion. */
  get rebuilding(): number | undefined {
    const task = this.load(TASK);
    return task === 0 ? undefined : task - 1;
  }
  set rebuilding(table: number | undefined) {
    Atomics.store(this.numbers, TASK, table === undefined ? 0 : table + 1);
  }

  /** Opens the states of a level, or what is left of them (from undefined), or the ids of a table to rebuild, for `take`. */
  open(from: number | undefined, limit: number): void {
    if (from !== undefined) Atomics.store(this.numbers, CURSOR, from);
    Atomics.store(this.numbers, LIMIT, limit);
    Atomics.store(this.numbers, PAUSE, 0);
  }
  /** Starts a round with every follower that is ready; returns how many they are. */
  invite(): number {
    Atomics.store(this.numbers, RESTED, 0);
    const round = this.load(ROUND) + 1;
    let invited = 0;
    for (let i = 0; i < MAX_THREADS; i++) {
      if (this.load(READY + i) === 0) continue;
      Atomics.store(this.numbers, INVITED + i, round);
      invited++;
    }
    Atomics.store(this.numbers, ROUND, round);
    Atomics.notify(this.numbers, ROUND);
    return invited;
  }
  /** The next states or ids, or undefined when none are left or a pause is asked for. */
  take(): readonly [from: number, to: number] | undefined {
    if (this.load(PAUSE) !== 0) return undefined;
    const limit = this.load(LIMIT);
    if (this.load(CURSOR) >= limit) return undefined;
    const from = Atomics.add(this.numbers, CURSOR, CHUNK);
    return from < limit ? [from, Math.min(limit, from + CHUNK)] : undefined;
  }
  get cursor(): number {
    return Math.min(this.load(CURSOR), this.load(LIMIT));
  }
  pause(): void {
    Atomics.store(this.numbers, PAUSE, 1);
  }
  get paused(): boolean {
    return this.load(PAUSE) !== 0;
  }
  /** A follower can work from the next round on. */
  ready(thread: number): void {
    Atomics.store(this.numbers, READY + thread, 1);
  }
  /** Waits until this thread is invited to a round, or the search is over; only followers wait. */
  awaitInvitation(thread: number, last: number): number {
    for (;;) {
      const round = this.load(ROUND);
      if (this.stopped || this.load(INVITED + thread) > last) return this.load(INVITED + thread);
      Atomics.wait(this.numbers, ROUND, round);
    }
  }
  rest(): void {
    Atomics.add(this.numbers, RESTED, 1);
    Atomics.notify(this.numbers, RESTED);
  }
  /** Are this many followers at rest? Waits a moment for them. */
  allRested(followers: number, waitMs: number): boolean {
    const rested = this.load(RESTED);
    if (rested < followers) Atomics.wait(this.numbers, RESTED, rested, waitMs);
    return this.load(RESTED) >= followers;
  }
  stop(): void {
    Atomics.store(this.numbers, STOP, 1);
    Atomics.add(this.numbers, ROUND, 1);
    Atomics.notify(this.numbers, ROUND);
  }
  get stopped(): boolean {
    return this.load(STOP) !== 0;
  }

  private least(i: number, value: number): void {
    for (;;) {
      const known = this.load(i);
      if (known !== 0 && known <= value) return;
      if (Atomics.compareExchange(this.numbers, i, known, value) === known) return;
    }
  }
  foundViolation(predicate: number, id: number): void {
    this.least(FINDINGS + predicate, id + 1);
  }
  foundWitness(predicate: number): void {
    Atomics.store(this.numbers, FINDINGS + predicate, 1);
  }
  foundDeadlock(id: number): void {
    this.least(DEADLOCK, id + 1);
  }
  foundBadStep(step: BadStep): void {
    const at = STEPS + STEP_SIZE * (2 * step.predicate + (step.kind === "action-property" ? 1 : 0));
    if (Atomics.compareExchange(this.numbers, at, 0, 1) !== 0) return; // the first one is enough
    this.numbers[at + 1] = step.from;
    step.successor.forEach((id, i) => (this.numbers[at + 2 + i] = id));
    Atomics.store(this.numbers, at, 2);
  }
  /** The least id of a violating state, or undefined. */
  violation(predicate: number): number | undefined {
    const id = this.load(FINDINGS + predicate);
    return id === 0 ? undefined : id - 1;
  }
  witnessed(predicate: number): boolean {
    return this.load(FINDINGS + predicate) !== 0;
  }
  get deadlock(): number | undefined {
    const id = this.load(DEADLOCK);
    return id === 0 ? undefined : id - 1;
  }
  /** Per property that a step breaks, the first such step; `width` is the number of clusters. */
  badSteps(width: number): BadStep[] {
    const steps: BadStep[] = [];
    for (let i = 0; i < STEP_COUNT; i++) {
      const at = STEPS + STEP_SIZE * i;
      if (this.load(at) !== 2) continue;
      const successor = Uint32Array.from(this.numbers.subarray(at + 2, at + 2 + width));
      steps.push({ kind: i % 2 === 1 ? "action-property" : "invariant", predicate: i >> 1, from: this.numbers[at + 1] ?? 0, successor });
    }
    return steps;
  }

  /** The spec is at fault: user code failed at the state `id`. The level goes on, so that what is reported does not depend on threads. */
  foundFault({ id, isState, text }: Fault): void {
    while (Atomics.compareExchange(this.numbers, FAULT_LOCK, 0, 1) !== 0); // held for microseconds
    const known = this.load(FAULT);
    // Of faults of one level, one of a step comes first: it ends a shorter behaviour than one of a new state.
    if (known === 0 || id + 1 < known) {
      const bytes = new TextEncoder().encode(text).slice(0, ERROR_BYTES);
      this.faultText.set(bytes);
      this.numbers[FAULT_LENGTH] = bytes.length;
      this.numbers[FAULT_IS_STATE] = isState ? 1 : 0;
      Atomics.store(this.numbers, FAULT, id + 1);
    }
    Atomics.store(this.numbers, FAULT_LOCK, 0);
  }
  get fault(): Fault | undefined {
    const id = this.load(FAULT);
    if (id === 0) return undefined;
    const text = new TextDecoder().decode(this.faultText.slice(0, this.numbers[FAULT_LENGTH]));
    return { id: id - 1, isState: this.numbers[FAULT_IS_STATE] === 1, text };
  }

  fail(kind: "spec" | "full" | "other", text: string): void {
    const bytes = new TextEncoder().encode(text).slice(0, ERROR_BYTES);
    this.error.set(bytes);
    this.numbers[ERROR_KIND] = kind === "spec" ? 1 : kind === "full" ? 2 : 3;
    Atomics.store(this.numbers, ERROR, bytes.length);
    this.pause();
  }
  get failure(): { readonly kind: "spec" | "full" | "other"; readonly text: string } | undefined {
    const length = this.load(ERROR);
    const kind = this.numbers[ERROR_KIND];
    if (kind === 0) return undefined;
    return { kind: kind === 1 ? "spec" : kind === 2 ? "full" : "other", text: new TextDecoder().decode(this.error.slice(0, length)) };
  }

  /** The numbers of one thread: see `tallied`, then two per action. */
  tally(thread: number): Float64Array {
    return this.tallies.subarray(thread * TALLY, (thread + 1) * TALLY);
  }
  get threads(): number {
    return this.tallies.length / TALLY;
  }
}

/** Where in a tally what is. */
export const tallied = {
  generated: 0,
  distinct: 1,
  /** States expanded, and their least and greatest out-degree. */
  expanded: 2,
  minDegree: 3,
  maxDegree: 4,
  bytes: 5,
  /** Runs of user code, and those that were made twice to see whether they are pure. */
  runs: 6,
  runsTwice: 7,
  /** Cases in which a reduction was applied, and those that were checked. */
  reduced: 8,
  reducedChecked: 9,
} as const;
export const TALLY_ACTIONS = 10;
export const MAX_ACTIONS = (TALLY - TALLY_ACTIONS) / 2;
