/**
 * What the threads of a search tell each other: which states are still to be expanded in this level, what each thread is
 * doing, what was found. One thread leads; the others wait for work, take portions of it until nothing is left or a pause
 * is asked for, and come to rest. A thread that needs room in a table parks in the middle of its work until the leader
 * has made it. Each follower waits on its own status, so no word can be missed.
 */
import { ERROR_BYTES, STATUS, STEP_SIZE, stepsOf, tallySize } from "./control-memory.ts";
import type { ControlMemory, ControlShape } from "./control-memory.ts";

const CURSOR = 0; // the next state to expand
const LIMIT = 1; // the end of this level's states
const PAUSE = 2; // somebody wants everybody to come to rest
const STOPPED = 3; // the search is over
const CHANGE = 4; // counts changes of what followers do; the leader waits for it
const DEADLOCK = 5; // the least id of a state without successors, +1
const FAILING = 6; // a failure is being written
const FAILURE = 7; // 1: the spec's fault, 2: a table is full, 3: other
const ERROR_LENGTH = 8;
const TABLE = 9; // the table whose slots are rebuilt
const REBUILT = 10; // the next id to find a slot
const REBUILD_LIMIT = 11;
const INTERRUPTED = 12; // whoever supervises wants the search to end
const DEPTH = 13; // levels opened
const KNOWN = 14; // the states' ids in use when the leader last looked
const FAULT = 15; // the least id of a state at which the spec is at fault, +1
const FAULT_LENGTH = 16; // of its text
const FAULT_IS_STATE = 17; // 1: a predicate is, of this very state; 0: a step from it
const FAULT_LOCK = 18;

/** What a follower does. It leaves Working and the two kinds of Helping itself; the leader ends Resting and Parked. */
const Status = { absent: 0, resting: 1, working: 2, parked: 3, helping: 4, helpingParked: 5, stopped: 6 } as const;
type Status = (typeof Status)[keyof typeof Status];
const isBusy = (status: number): boolean => status === Status.working || status === Status.helping || status === Status.helpingParked;

const FAILURES = ["spec", "full", "other"] as const;
export type FailureKind = (typeof FAILURES)[number];

export interface BadStep {
  readonly kind: "invariant" | "action-property";
  readonly predicate: number;
  readonly from: number;
  readonly successor: Uint32Array;
}

/** Thrown in a follower that is in the middle of its work when the search ends. */
export class SearchOver extends Error {}
export interface Fault {
  readonly id: number;
  readonly isState: boolean;
  readonly text: string;
}

export class Control {
  private readonly numbers: Int32Array;
  private readonly tallies: Float64Array;
  private readonly error: Uint8Array;
  private readonly faultText: Uint8Array;
  readonly shape: ControlShape;
  private readonly findings: number;
  private readonly steps: number;

  /** `portion`: states that a thread takes at a time. */
  constructor(
    memory: ControlMemory,
    private readonly portion = 128,
  ) {
    this.shape = memory.shape;
    this.numbers = new Int32Array(memory.numbers);
    this.tallies = new Float64Array(memory.tallies);
    this.error = new Uint8Array(memory.error);
    this.faultText = new Uint8Array(memory.fault);
    this.findings = STATUS + this.shape.threads;
    this.steps = stepsOf(this.shape);
  }

  private load(i: number): number {
    return Atomics.load(this.numbers, i);
  }
  private store(i: number, value: number): void {
    Atomics.store(this.numbers, i, value);
  }

  /** Opens the states of a level, or what is left of them (from undefined), for `take`. */
  open(from: number | undefined, limit: number): void {
    if (from !== undefined) this.store(CURSOR, from);
    this.store(LIMIT, limit);
    this.store(PAUSE, 0);
  }
  /** The next states, or undefined when none are left or a pause is asked for. */
  take(): readonly [from: number, to: number] | undefined {
    if (this.load(PAUSE) !== 0) return undefined;
    return this.portionOf(CURSOR, LIMIT);
  }
  private portionOf(cursor: number, end: number): readonly [from: number, to: number] | undefined {
    const limit = this.load(end);
    if (this.load(cursor) >= limit) return undefined;
    const from = Atomics.add(this.numbers, cursor, this.portion);
    return from < limit ? [from, Math.min(limit, from + this.portion)] : undefined;
  }
  get cursor(): number {
    return Math.min(this.load(CURSOR), this.load(LIMIT));
  }
  /** Are there states that nobody has taken yet? */
  get hasWork(): boolean {
    return this.load(CURSOR) < this.load(LIMIT);
  }
  pause(): void {
    this.store(PAUSE, 1);
  }
  resume(): void {
    this.store(PAUSE, 0);
  }
  get paused(): boolean {
    return this.load(PAUSE) !== 0;
  }

  private statusOf(thread: number): number {
    return this.load(STATUS + thread);
  }
  /** False when the thread does something else, as when it was stopped meanwhile. */
  private change(thread: number, from: Status, to: Status): boolean {
    if (Atomics.compareExchange(this.numbers, STATUS + thread, from, to) !== from) return false;
    Atomics.notify(this.numbers, STATUS + thread);
    Atomics.add(this.numbers, CHANGE, 1);
    Atomics.notify(this.numbers, CHANGE);
    return true;
  }
  private changeAll(from: Status, to: Status): number {
    let changed = 0;
    for (let t = 1; t < this.shape.threads; t++) if (this.change(t, from, to)) changed++;
    return changed;
  }

  /** Lets every follower that is at rest take part in the level; returns how many they are. */
  invite(): number {
    return this.changeAll(Status.resting, Status.working);
  }
  /** Lets those that wait for room go on. */
  release(): void {
    this.changeAll(Status.parked, Status.working);
  }
  /** Lets all who keep still put the ids of a table into its new slots. */
  rebuild(table: number, from: number, to: number): void {
    this.store(TABLE, table);
    this.store(REBUILT, from);
    this.store(REBUILD_LIMIT, to);
    this.changeAll(Status.resting, Status.helping);
    this.changeAll(Status.parked, Status.helpingParked);
  }
  /** The table whose slots are rebuilt. */
  get rebuilding(): number {
    return this.load(TABLE);
  }
  takeRebuild(): readonly [from: number, to: number] | undefined {
    return this.portionOf(REBUILT, REBUILD_LIMIT);
  }
  /** Does no follower work any more? Waits up to `waitMs` for that, or for a change. */
  isQuiet(waitMs: number): boolean {
    const change = this.load(CHANGE);
    if (!this.someFollower(isBusy)) return true;
    Atomics.wait(this.numbers, CHANGE, change, waitMs);
    return !this.someFollower(isBusy);
  }
  /** Does a follower wait for room? */
  get hasParked(): boolean {
    return this.someFollower((status) => status === Status.parked);
  }
  private someFollower(test: (status: number) => boolean): boolean {
    for (let t = 1; t < this.shape.threads; t++) if (test(this.statusOf(t))) return true;
    return false;
  }

  /** A follower can work from now on. */
  ready(thread: number): void {
    this.change(thread, Status.absent, Status.resting);
  }
  /** Keeps this thread until a follower can work, up to `waitMs`: a short search would be over before. */
  awaitReady(thread: number, waitMs: number): void {
    Atomics.wait(this.numbers, STATUS + thread, Status.absent, waitMs);
  }
  /** Waits until there is something to do. */
  awaitOrder(thread: number): "work" | "help" | "stop" {
    for (;;) {
      const status = this.statusOf(thread);
      if (status === Status.working) return "work";
      if (status === Status.helping) return "help";
      if (status === Status.stopped || this.stopped) return "stop";
      Atomics.wait(this.numbers, STATUS + thread, status);
    }
  }
  rest(thread: number): void {
    if (!this.change(thread, Status.working, Status.resting)) this.change(thread, Status.helping, Status.resting);
  }
  /** Keeps this follower still until the leader has made room; `help` does what may be asked of it meanwhile. Throws SearchOver. */
  park(thread: number, help: () => void): void {
    this.pause();
    this.change(thread, Status.working, Status.parked);
    for (;;) {
      const status = this.statusOf(thread);
      if (status === Status.working) return;
      if (status === Status.stopped || this.stopped) throw new SearchOver();
      if (status === Status.helpingParked) {
        help();
        this.change(thread, Status.helpingParked, Status.parked);
      } else Atomics.wait(this.numbers, STATUS + thread, status);
    }
  }
  /** A follower is no more. */
  lost(thread: number): void {
    this.store(STATUS + thread, Status.stopped);
    Atomics.add(this.numbers, CHANGE, 1);
    Atomics.notify(this.numbers, CHANGE);
  }
  stop(): void {
    this.store(STOPPED, 1);
    for (let t = 1; t < this.shape.threads; t++) {
      this.store(STATUS + t, Status.stopped);
      Atomics.notify(this.numbers, STATUS + t);
    }
  }
  get stopped(): boolean {
    return this.load(STOPPED) !== 0;
  }
  /** Asks the search to end as soon as it can. */
  interrupt(): void {
    this.store(INTERRUPTED, 1);
    this.pause();
  }
  get interrupted(): boolean {
    return this.load(INTERRUPTED) !== 0;
  }

  private least(i: number, value: number): void {
    for (;;) {
      const known = this.load(i);
      if (known !== 0 && known <= value) return;
      if (Atomics.compareExchange(this.numbers, i, known, value) === known) return;
    }
  }
  foundViolation(predicate: number, id: number): void {
    this.least(this.findings + predicate, id + 1);
  }
  foundWitness(predicate: number): void {
    this.store(this.findings + predicate, 1);
  }
  foundDeadlock(id: number): void {
    this.least(DEADLOCK, id + 1);
  }
  foundBadStep(step: BadStep): void {
    const at = this.steps + STEP_SIZE * (2 * step.predicate + (step.kind === "action-property" ? 1 : 0));
    if (Atomics.compareExchange(this.numbers, at, 0, 1) !== 0) return; // the first one is enough
    this.numbers[at + 1] = step.from;
    step.successor.forEach((id, i) => (this.numbers[at + 2 + i] = id));
    this.store(at, 2);
  }
  /** The least id of a violating state, or undefined. */
  violation(predicate: number): number | undefined {
    const id = this.load(this.findings + predicate);
    return id === 0 ? undefined : id - 1;
  }
  witnessed(predicate: number): boolean {
    return this.load(this.findings + predicate) !== 0;
  }
  get deadlock(): number | undefined {
    const id = this.load(DEADLOCK);
    return id === 0 ? undefined : id - 1;
  }
  /** Per property that a step breaks, the first such step; `width` is the number of clusters. */
  badSteps(width: number): BadStep[] {
    const steps: BadStep[] = [];
    for (let i = 0; i < 2 * this.shape.properties; i++) {
      const at = this.steps + STEP_SIZE * i;
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

  /** Keeps the first failure, and lets everybody come to rest. */
  fail(kind: FailureKind, text: string): void {
    if (Atomics.compareExchange(this.numbers, FAILING, 0, 1) === 0) {
      const bytes = new TextEncoder().encode(text).slice(0, ERROR_BYTES);
      this.error.set(bytes);
      this.store(ERROR_LENGTH, bytes.length);
      this.store(FAILURE, 1 + FAILURES.indexOf(kind));
    }
    this.pause();
  }
  get failure(): { readonly kind: FailureKind; readonly text: string } | undefined {
    const kind = FAILURES[this.load(FAILURE) - 1];
    return kind && { kind, text: new TextDecoder().decode(this.error.slice(0, this.load(ERROR_LENGTH))) };
  }

  /** The numbers of one thread, see TALLY_ACTIONS. */
  tally(thread: number): Float64Array {
    const size = tallySize(this.shape);
    return this.tallies.subarray(thread * size, (thread + 1) * size);
  }
  /** One number of the tallies of all threads, added up. */
  tallied(i: number): number {
    let sum = 0;
    for (let t = 0; t < this.shape.threads; t++) sum += this.tally(t)[i] ?? 0;
    return sum;
  }

  /** How far the search has come, for those who only watch. */
  get progress(): { readonly depth: number; readonly generated: number; readonly distinct: number; readonly queued: number } {
    return {
      depth: this.load(DEPTH),
      generated: this.tallied(0),
      distinct: this.tallied(1),
      queued: Math.max(0, this.load(KNOWN) - this.cursor),
    };
  }
  /** To be told by the leader: levels opened, and the states' ids in use. */
  showProgress(depth: number, known: number): void {
    this.store(DEPTH, depth);
    this.store(KNOWN, known);
  }
}
