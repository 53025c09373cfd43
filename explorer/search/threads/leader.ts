/** Exact breadth-first search: the leading thread. */
import { LockstepError, SpecError } from "../../../specs/language/errors.ts";
import type { Named, Predicate, SpecInstance } from "../../../specs/language/instantiate.ts";
import { Control } from "./control.ts";
import { controlFor, tallied } from "./control-memory.ts";
import type { ControlMemory } from "./control-memory.ts";
import { releaseMemory, reserveMemory } from "../relation/core.ts";
import type { Room } from "../relation/core.ts";
import { findingsFor, rebuildOn, report, workOn, writeTally } from "./follower.ts";
import type { FollowerPlan } from "./follower.ts";
import type { Bound, SearchOptions, SearchResult } from "../contract.ts";
import { TableFull } from "../kernel/pair-table.ts";
import type { PairTable } from "../kernel/pair-table.ts";
import { SearchThread } from "./thread.ts";
import type { ThreadPlan } from "./thread.ts";
import { tuned } from "./tuning.ts";
import type { Tuning } from "./tuning.ts";

/** How the environment runs followers: `start` runs `follow` with this plan in another thread. */
export interface Threads {
  /** Made by `controlFor`; whoever supervises the search reads it, too. */
  readonly control: ControlMemory;
  start(plan: FollowerPlan): void;
  /** Ends the followers; resolves when they are no more. */
  stop(): Promise<unknown>;
}

const DEFAULT_MEMORY = 4 * 2 ** 30;
/** A look at the bounds is due after so many new states, or so much time. */
const LOOK_STATES = 1_000;
const LOOK_MS = 50;
/** The environment (signals, progress) runs after so much time. */
const YIELD_MS = 200;

const chosen = (what: string, spec: string, all: readonly Named<Predicate>[], names: readonly string[] | undefined): string[] => {
  const unknown = names?.find((n) => !all.some((p) => p.name === n));
  if (unknown !== undefined)
    throw new LockstepError("usage", `${spec} has no ${what} ${unknown}; it has ${all.map((p) => p.name).join(", ") || "none"}`);
  return all.map((p) => p.name).filter((n) => names?.includes(n) ?? true);
};

const errorOf = ({ kind, text }: NonNullable<Control["failure"]>): Error =>
  kind === "full" ? new TableFull() : kind === "spec" ? new SpecError(text) : new Error(text);

/** The search was ended by a bound in the middle of something. */
class Bounded extends Error {}

/** What the leader keeps of a search while it runs. */
export class Leader {
  readonly control: Control;
  private made: SearchThread | undefined;
  /** The first state id of each level. */
  readonly levels: number[] = [0];
  /** States of each level. */
  readonly levelCounts: number[] = [];
  bound: Bound | undefined;
  readonly plan: ThreadPlan;
  readonly startMs = performance.now();
  private counted = 0;
  private lastYield = this.startMs;
  private lookedAt = { ms: this.startMs, distinct: 0 };
  private started = false;
  /** Followers take part in what the leader does now. */
  private isShared = false;
  private readonly memoryLimit: number;
  private readonly tuning: Tuning;
  private readonly controlMemory: ControlMemory;

  constructor(
    readonly instance: SpecInstance,
    readonly options: SearchOptions,
    private readonly threads: Threads | undefined,
    memoise: boolean,
  ) {
    this.memoryLimit = options.memoryBytes ?? DEFAULT_MEMORY;
    this.tuning = tuned(options.tuning);
    this.controlMemory = threads?.control ?? controlFor(instance, 1, false);
    this.control = new Control(this.controlMemory, this.tuning.portion);
    this.plan = {
      memory: reserveMemory(this.memoryLimit, this.workers > 1, this.tuning.firstSlots),
      symmetry: options.symmetry ?? true,
      reductions: options.reductions ?? true,
      allowDeadlock: options.allowDeadlock ?? false,
      memoryBytes: this.memoryLimit,
      invariants: chosen("invariant", instance.name, instance.invariants, options.invariants),
      actionProperties: chosen("action property", instance.name, instance.actionProperties, options.actionProperties),
      memoise,
      tuning: this.tuning,
      reads: undefined,
    };
  }

  /** Was there time to set the search up? */
  get hasBegun(): boolean {
    return this.made !== undefined;
  }
  get thread(): SearchThread {
    if (this.made === undefined) throw new Error("the search has not begun");
    return this.made;
  }

  /** Followers are started when the first level is large enough to be shared. */
  private startFollowers(): void {
    if (this.started) return;
    this.started = true;
    const plan = { ...this.plan, reads: this.thread.reads };
    for (let thread = 1; thread < this.workers; thread++) this.threads?.start({ plan, control: this.controlMemory, thread });
  }

  /** The set-up of this thread, if that was not done yet. */
  prepare(): void {
    this.made ??= new SearchThread(this.instance, this.plan, findingsFor(this.control), this.room, this.poll);
  }

  /** `tell` makes the result of what was found, while all that was found it with is still there. */
  async run(tell: (leader: Leader) => SearchResult): Promise<SearchResult> {
    try {
      try {
        this.prepare();
        await this.addInitialStates();
        while (this.bound === undefined && !this.finished() && this.openLevel() > 0) await this.expandLevel();
      } catch (error) {
        if (!(error instanceof Bounded)) report(this.control, error);
        if (!(error instanceof Bounded) && this.control.failure?.kind !== "full") throw error;
        this.bound ??= this.memoryBound;
      }
      this.control.stop();
      if (this.made !== undefined) writeTally(this.made, this.control, 0, this.options.heapBytes);
      return tell(this);
    } finally {
      this.control.stop();
      await this.threads?.stop();
      releaseMemory(this.memoryLimit, this.tuning.firstSlots, this.plan.memory);
    }
  }

  private async addInitialStates(): Promise<void> {
    const { core, expander } = this.thread;
    this.isShared = false;
    for (const state of this.instance.init) {
      expander.addInitial(this.thread.partsOf(core.codec.encode(state)));
      this.poll();
    }
    expander.flush();
    await this.endRound(true);
  }

  /** Opens the level that was found last; returns how many ids it has. */
  private openLevel(): number {
    const from = this.levels.at(-1) ?? 0;
    const limit = this.thread.core.states.size;
    if (limit > from) {
      if (this.options.maxDepth !== undefined && this.levels.length >= this.options.maxDepth) {
        this.bound = { kind: "depth", limit: this.options.maxDepth };
        return 0;
      }
      this.levels.push(limit);
    }
    this.control.open(from, limit);
    this.control.showProgress(this.levels.length, limit);
    return limit - from;
  }

  private async expandLevel(): Promise<void> {
    const { control } = this;
    const [from, limit] = [this.levels.at(-2) ?? 0, this.levels.at(-1) ?? 0];
    this.isShared = this.workers > 1 && limit - from > this.tuning.sharedLevel;
    if (this.isShared) this.startFollowers();
    for (;;) {
      this.goOn();
      while (workOn(this.thread, control, 1)) if (this.isTimeToYield) await this.breathe();
      while (!control.isQuiet(20)) await this.breathe();
      if (control.hasParked && control.failure === undefined) {
        this.makeRoom(this.thread.core.tables);
        continue;
      }
      const finished = control.cursor >= limit;
      await this.endRound(finished);
      if (finished || this.bound !== undefined) return;
    }
  }

  /** Lets followers (go on to) take part, where they may. */
  private goOn(): void {
    const { control } = this;
    if (this.bound === undefined && control.failure === undefined) control.resume();
    if (this.isShared) control.invite();
    control.release();
  }

  /** Nobody works any more: takes stock. */
  private async endRound(levelDone: boolean): Promise<void> {
    const { core, expander } = this.thread;
    for (const table of core.tables) table.rest(table === core.states);
    const tally = this.control.tally(0);
    tally[tallied.generated] = expander.generated;
    tally[tallied.distinct] = expander.distinct;
    const { failure } = this.control;
    if (failure !== undefined) {
      if (failure.kind !== "full") throw errorOf(failure);
      this.bound = this.memoryBound;
      return;
    }
    if (levelDone) {
      const { distinct } = this;
      this.levelCounts.push(distinct - this.counted);
      this.counted = distinct;
    }
    this.bound ??= this.look();
    if (this.isTimeToYield) await this.breathe();
  }

  /** Gives tables of this thread more slots. The leader may be in the middle of its work, so that nothing can be awaited. */
  private readonly room: Room = (tables) => {
    this.control.pause();
    while (!this.control.isQuiet(20));
    for (const table of tables) table.rest(false);
    this.makeRoom(tables);
    this.goOn();
  };

  /** Nobody works: lets tables grow, with the help of all where they are large. Throws TableFull. */
  private makeRoom(tables: readonly PairTable[]): void {
    for (const [index, table] of tables.entries())
      while (table.crowded) {
        const bytes = tables.reduce((sum, t) => sum + t.bytes, 0) + this.ownBytes;
        // What was found must be told, whatever it takes.
        if (!this.control.stopped && bytes + table.growthBytes > this.memoryLimit) throw this.full();
        this.grow(tables, table, index);
      }
  }
  private full(): TableFull {
    this.control.fail("full", "");
    return new TableFull();
  }

  private grow(tables: readonly PairTable[], table: PairTable, index: number): void {
    const [from, to] = table.clearForGrowth();
    if (!this.started || to - from < this.tuning.sharedRebuild) {
      table.rebuild(from, to);
      return;
    }
    this.control.rebuild(index, from, to);
    rebuildOn(tables, this.control);
    while (!this.control.isQuiet(20));
    const { failure } = this.control;
    if (failure !== undefined) throw errorOf(failure);
  }

  /** The bound that is reached, if any. Its price is paid only now and then. */
  private look(): Bound | undefined {
    const { maxStates, timeoutMs, interrupted } = this.options;
    const { distinct, lookedAt } = this;
    const reason = interrupted?.() ?? (this.control.interrupted ? "interrupted" : undefined);
    if (reason !== undefined) return { kind: "interrupted", reason };
    if (maxStates !== undefined && distinct >= maxStates) return { kind: "states", limit: maxStates };
    const ms = performance.now();
    if (timeoutMs !== undefined && ms - this.startMs >= timeoutMs) return { kind: "time", limit: timeoutMs };
    if (distinct - lookedAt.distinct < LOOK_STATES && ms - lookedAt.ms < LOOK_MS) return undefined;
    this.lookedAt = { ms, distinct };
    if (this.made === undefined) return undefined;
    writeTally(this.made, this.control, 0, this.options.heapBytes);
    return this.bytes > this.memoryLimit ? this.memoryBound : undefined;
  }

  /** For what takes long outside of levels: throws when a bound is reached. */
  private readonly poll = (): void => {
    this.bound ??= this.look();
    if (this.bound !== undefined) throw new Bounded();
  };

  private get memoryBound(): Bound {
    return { kind: "memory", limit: this.memoryLimit, what: "tables, what is remembered, and the JavaScript heap" };
  }
  private get isTimeToYield(): boolean {
    return performance.now() - this.lastYield > YIELD_MS;
  }

  /** Lets the environment run (signals, progress), and asks for a pause when a bound is near. */
  private async breathe(): Promise<void> {
    this.control.showProgress(this.levels.length, this.thread.core.states.size);
    if (this.isShared && !this.control.paused && this.control.hasWork) this.control.invite(); // those that have started meanwhile
    this.options.onProgress?.({ ...this.control.progress, elapsedMs: this.elapsedMs });
    await new Promise((resolve) => setTimeout(resolve, 0)); // takes a millisecond or more
    this.lastYield = performance.now();
    this.bound ??= this.look();
    if (this.bound !== undefined) this.control.pause();
  }

  private finished(): boolean {
    const { control, options, plan } = this;
    if (control.fault !== undefined) return true;
    if (options.continueAfterViolation === true) return false;
    if (control.deadlock !== undefined && options.allowDeadlock !== true) return true;
    return control.badSteps(0).length > 0 || plan.invariants.some((_, i) => control.violation(i) !== undefined);
  }

  get generated(): number {
    return this.control.tallied(tallied.generated);
  }
  get distinct(): number {
    return this.control.tallied(tallied.distinct);
  }
  /** All memory of the search: shared tables, what each thread remembers, and its heap. */
  get bytes(): number {
    return this.thread.core.bytes + this.ownBytes;
  }
  /** What each thread has for itself, when it last said. */
  private get ownBytes(): number {
    return this.control.tallied(tallied.bytes) + this.control.tallied(tallied.heapBytes);
  }
  get elapsedMs(): number {
    return performance.now() - this.startMs;
  }
  get workers(): number {
    return this.control.shape.threads;
  }
}
