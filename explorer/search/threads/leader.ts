/** Exact breadth-first search: the leading thread. */
import { LockstepError, SpecError } from "../../../specs/language/errors.ts";
import type { Named, Predicate, SpecInstance } from "../../../specs/language/instantiate.ts";
import { Control, MAX_ACTIONS, MAX_THREADS, reserveControl, tallied } from "./control.ts";
import type { ControlMemory } from "./control.ts";
import { releaseMemory, reserveMemory } from "./core.ts";
import { findingsFor, rebuildOn, report, workOn, writeTally } from "./follower.ts";
import type { FollowerPlan } from "./follower.ts";
import { outcome } from "../result/outcome.ts";
import type { Bound, SearchOptions, SearchResult } from "../result/result.ts";
import type { PairTable } from "../kernel/pair-table.ts";
import { SearchThread } from "./thread.ts";
import type { ThreadPlan } from "./thread.ts";

/** How the environment runs followers: `start` runs `follow` with this plan in another thread. */
export interface Threads {
  start(plan: FollowerPlan, onFailure: (message: string) => void): Follower;
}
export interface Follower {
  /** Resolves when the thread is no more. */
  stop(): Promise<unknown>;
}

const DEFAULT_MEMORY = 4 * 2 ** 30;
/** Levels smaller than this are expanded by the leader alone. */
const SHARED_LEVEL = 2_048;
/** Tables with fewer ids are rebuilt by the leader alone. */
const SHARED_REBUILD = 10_000;
const YIELD_MS = 200;

const chosen = (what: string, spec: string, all: readonly Named<Predicate>[], names: readonly string[] | undefined): string[] => {
  const unknown = names?.find((n) => !all.some((p) => p.name === n));
  if (unknown !== undefined)
    throw new LockstepError("usage", `${spec} has no ${what} ${unknown}; it has ${all.map((p) => p.name).join(", ") || "none"}`);
  return all.map((p) => p.name).filter((n) => names?.includes(n) ?? true);
};

/** What the leader keeps of a search while it runs. */
export class Leader {
  readonly control: Control;
  readonly thread: SearchThread;
  /** The first state id of each level. */
  readonly levels: number[] = [0];
  /** States of each level. */
  readonly levelCounts: number[] = [];
  bound: Bound | undefined;
  readonly startMs = performance.now();
  private lastYield = this.startMs;
  private readonly followers: Follower[] = [];
  private readonly memoryLimit: number;
  private readonly controlMemory: ControlMemory;
  readonly plan: ThreadPlan;

  constructor(
    readonly instance: SpecInstance,
    readonly options: SearchOptions,
    private readonly threads: Threads | undefined,
    memoise: boolean,
  ) {
    const workers = threads === undefined ? 1 : Math.max(1, Math.min(MAX_THREADS, options.workers ?? 1));
    if (instance.actions.length > MAX_ACTIONS) throw new LockstepError("load", `a spec may have at most ${String(MAX_ACTIONS)} actions`);
    this.memoryLimit = options.memoryBytes ?? DEFAULT_MEMORY;
    this.controlMemory = reserveControl(workers);
    this.control = new Control(this.controlMemory);
    const plan = {
      memory: reserveMemory(this.memoryLimit, workers > 1),
      symmetry: options.symmetry ?? true,
      reductions: options.reductions ?? true,
      allowDeadlock: options.allowDeadlock ?? false,
      memoryBytes: this.memoryLimit,
      invariants: chosen("invariant", instance.name, instance.invariants, options.invariants),
      actionProperties: chosen("action property", instance.name, instance.actionProperties, options.actionProperties),
      memoise,
    };
    this.thread = new SearchThread(instance, plan, findingsFor(this.control));
    this.plan = plan;
  }

  /** Followers are started when the first level is large enough to be shared. */
  private startFollowers(): void {
    for (let thread = this.followers.length + 1; thread < this.workers; thread++) {
      const onFailure = (message: string): void => this.control.fail("other", message);
      const handle = this.threads?.start({ plan: this.plan, control: this.controlMemory, thread }, onFailure);
      if (handle) this.followers.push(handle);
    }
  }

  async run(): Promise<SearchResult> {
    try {
      const { core, expander } = this.thread;
      for (const state of this.instance.init) expander.addInitial(this.thread.clustersOf(core.codec.encode(state)));
      this.endRound(true);
      while (this.bound === undefined && !this.finished() && this.openLevel() > 0) await this.expandLevel();
      this.control.stop();
      return outcome(this);
    } catch (error) {
      report(this.control, error);
      if (this.control.failure?.kind !== "full") throw error;
      this.control.stop();
      this.bound = { kind: "memory", limit: this.memoryLimit, what: "the reserved tables" };
      return outcome(this);
    } finally {
      this.control.stop();
      await Promise.all(this.followers.map((f) => f.stop()));
      releaseMemory(this.memoryLimit, this.plan.memory);
    }
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
    return limit - from;
  }

  private async expandLevel(): Promise<void> {
    const [from, limit] = [this.levels.at(-2) ?? 0, this.levels.at(-1) ?? 0];
    for (;;) {
      const isShared = this.workers > 1 && limit - from > SHARED_LEVEL;
      if (isShared) this.startFollowers();
      const invited = isShared ? this.control.invite() : 0;
      while (this.work()) {
        if (performance.now() - this.lastYield > YIELD_MS) await this.breathe();
      }
      while (invited > 0 && !this.control.allRested(invited, 20)) await this.breathe();
      const finished = this.control.cursor >= limit;
      this.endRound(finished);
      if (finished || this.bound !== undefined) return;
      this.control.open(undefined, limit);
    }
  }

  private work(): boolean {
    return workOn(this.thread, this.control, 8);
  }

  /** Everybody is at rest: takes stock, and lets tables grow. */
  private endRound(levelDone: boolean): void {
    const { core } = this.thread;
    for (const table of core.tables) table.rest(table === core.states);
    writeTally(this.thread, this.control, 0);
    const failure = this.control.failure;
    if (failure !== undefined) {
      if (failure.kind !== "full") throw failure.kind === "spec" ? new SpecError(failure.text) : new Error(failure.text);
      this.bound = { kind: "memory", limit: this.memoryLimit, what: "the reserved tables" };
      return;
    }
    if (levelDone) this.levelCounts.push(this.distinct - this.levelCounts.reduce((a, b) => a + b, 0));
    for (const table of core.tables) {
      if (!table.crowded) continue;
      if (this.bytes + table.growthBytes > this.memoryLimit) {
        this.bound = { kind: "memory", limit: this.memoryLimit, what: "the tables" };
        return;
      }
      this.grow(table, core.tables.indexOf(table));
    }
    this.checkBounds();
  }

  /** Everybody is at rest: lets a table grow, with the help of all where it is large. */
  private grow(table: PairTable, index: number): void {
    const { control } = this;
    const [from, to] = table.clearForGrowth();
    if (this.followers.length === 0 || to - from < SHARED_REBUILD) {
      table.rebuild(from, to);
      return;
    }
    const { cursor } = control;
    control.open(from, to);
    control.rebuilding = index;
    const invited = control.invite();
    rebuildOn(this.thread, control, index);
    while (!control.allRested(invited, 20));
    control.rebuilding = undefined;
    control.open(cursor, cursor);
    if (control.failure !== undefined) throw new Error(control.failure.text);
  }

  private checkBounds(): void {
    const { maxStates, timeoutMs, interrupted } = this.options;
    const reason = interrupted?.();
    if (reason !== undefined) this.bound = { kind: "interrupted", reason };
    else if (maxStates !== undefined && this.distinct >= maxStates) this.bound = { kind: "states", limit: maxStates };
    else if (timeoutMs !== undefined && this.elapsedMs >= timeoutMs) this.bound = { kind: "time", limit: timeoutMs };
    else if (this.bytes > this.memoryLimit) this.bound = { kind: "memory", limit: this.memoryLimit, what: "the tables" };
  }

  /** Lets the environment run (signals, progress), and asks for a pause when a bound is near. */
  private async breathe(): Promise<void> {
    writeTally(this.thread, this.control, 0);
    this.options.onProgress?.(this.progress());
    await new Promise((resolve) => setTimeout(resolve, 0)); // takes a millisecond or more
    this.lastYield = performance.now();
    const { maxStates, timeoutMs, interrupted } = this.options;
    if (
      interrupted?.() !== undefined ||
      (timeoutMs !== undefined && this.elapsedMs >= timeoutMs) ||
      (maxStates !== undefined && this.distinct >= maxStates) ||
      this.bytes > this.memoryLimit
    )
      this.control.pause();
  }

  private finished(): boolean {
    const { control, options, plan } = this;
    if (control.fault !== undefined) return true;
    if (options.continueAfterViolation === true) return false;
    if (control.deadlock !== undefined && options.allowDeadlock !== true) return true;
    return control.badSteps(0).length > 0 || plan.invariants.some((_, i) => control.violation(i) !== undefined);
  }

  /** One number of the tallies of all threads, added up. */
  tallied(i: number): number {
    let sum = 0;
    for (let t = 0; t < this.control.threads; t++) sum += this.control.tally(t)[i] ?? 0;
    return sum;
  }
  get generated(): number {
    return this.tallied(tallied.generated);
  }
  get distinct(): number {
    return this.tallied(tallied.distinct);
  }
  /** All memory of the search: shared tables and what each thread remembers. */
  get bytes(): number {
    return this.thread.core.bytes + this.tallied(tallied.bytes);
  }
  get elapsedMs(): number {
    return performance.now() - this.startMs;
  }
  get workers(): number {
    return this.control.threads;
  }

  private progress() {
    const { generated, distinct } = this;
    const expanded = this.control.cursor;
    return {
      depth: this.levels.length,
      generated,
      distinct,
      queued: Math.max(0, this.thread.core.states.size - expanded),
      elapsedMs: this.elapsedMs,
    };
  }
}

/**
 * Searches every reachable state, breadth-first and exactly, up to the given bounds.
 * `threads` provides followers for `workers` > 1; without it the search runs in this thread only.
 * `memoise: false` runs user code for every state: a baseline for measurements.
 * Throws LockstepError for unknown names and SpecError when the spec misbehaves.
 */
export const search = async (
  instance: SpecInstance,
  options: SearchOptions = {},
  threads?: Threads,
  memoise = true,
): Promise<SearchResult> => new Leader(instance, options, threads, memoise).run();
