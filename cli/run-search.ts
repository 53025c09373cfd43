/**
 * Runs a search in threads of its own and watches over it: this thread only passes on signals and progress, notices when
 * a thread is no more, and ends what does not end by itself. So a spec can neither hang the program nor take it down.
 */
import type { Worker } from "node:worker_threads";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import { LockstepError, SpecError, messageOf } from "../specs/language/errors.ts";
import { Control } from "../explorer/search/threads/control.ts";
import { controlFor } from "../explorer/search/threads/control-memory.ts";
import type { ControlMemory, FollowerPlan } from "../explorer/search/index.ts";
import type { Bound, SearchOptions, SearchResult } from "../explorer/search/contract.ts";
import { SpecFault } from "../explorer/search/result/spec-fault.ts";
import { unpack } from "./packed-values.ts";
import type { FaultPlace, Failure, Order, Report, SpecOrder } from "./search-thread.ts";
import { DEFAULT_BUDGET, keepThread, silence, takeThread } from "./thread-pool.ts";

/** Where other threads find the spec again, because functions cannot be sent to them. */
/** Where a thread finds the spec: by the name of the project's model, or in a file, `FILE` or `FILE#NAME`. */
export type SpecOrigin = { readonly kind: "model"; readonly name: string } | { readonly kind: "file"; readonly path: string };

export interface SearchRequest {
  readonly origin: SpecOrigin;
  readonly instance: SpecInstance;
  readonly options: SearchOptions;
}

const LOOK_EVERY_MS = 50;
/** What does not end by itself so long after it was asked to is ended. */
const GRACE_MS = 700;
/** The same where the search is over and what it found is being told. */
const TELLING_MS = 10_000;

const ENDED = "a thread of the search was ended from within: a spec must not end the process";

const errorOf = ({ kind, message, stack, fault }: Failure): Error => {
  const place = fault && (unpack(fault) as FaultPlace); // packed by the leader
  const error =
    place !== undefined
      ? new SpecFault(message, place.trace, place.call)
      : kind === undefined
        ? new Error(message)
        : kind === "spec-threw"
          ? new SpecError(message)
          : new LockstepError(kind, message);
  if (stack !== undefined) error.stack = stack;
  return error;
};

const isOutOfMemory = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";

/** What may be sent of the options. */
const sendable = (options: SearchOptions): SearchOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => typeof value !== "function"));

class Supervision {
  private readonly control: Control;
  private readonly controlMemory: ControlMemory;
  private readonly spec: SpecOrder;
  private readonly leader: Worker;
  private readonly followers = new Map<number, Worker>();
  /** The leader waits to be told that there are no followers any more. */
  private isAwaited = false;
  /** When the spec was loaded. */
  private begunMs: number | undefined;
  /** Why the search was asked to end, and when. */
  private asked: { readonly bound: Bound; readonly atMs: number } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private settle: { readonly resolve: (result: SearchResult) => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(private readonly request: SearchRequest) {
    const { instance, options, origin } = request;
    this.controlMemory = controlFor(instance, options.workers ?? 1, true);
    this.control = new Control(this.controlMemory);
    this.spec = { origin, constants: instance.constants, design: instance.design };
    this.leader = takeThread(options.memoryBytes);
  }

  /** Rejects with what the search throws, or when a thread ends in a way that it should not. */
  async run(): Promise<SearchResult> {
    const done = new Promise<SearchResult>((resolve, reject) => (this.settle = { resolve, reject }));
    const { leader } = this;
    leader.on("message", (report: Report) => this.heard(report)); // sent by `search-thread.ts`
    leader.on("error", (error) => this.leaderLost(error));
    leader.on("exit", () => this.leaderLost(undefined));
    this.order(leader, { kind: "search", spec: this.spec, options: sendable(this.request.options), control: this.controlMemory });
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.look();
    try {
      return await done;
    } finally {
      clearInterval(this.timer);
    }
  }

  private order(worker: Worker, order: Order): void {
    worker.postMessage(order);
  }

  private heard(report: Report): void {
    switch (report.kind) {
      case "begun":
        this.begunMs = performance.now();
        return;
      case "start follower":
        this.startFollower(report.plan);
        return;
      case "end followers":
        this.isAwaited = true;
        if (this.followers.size === 0) this.order(this.leader, { kind: "followers ended" });
        else setTimeout(() => [...this.followers].forEach(([thread, worker]) => this.endFollower(thread, worker)), GRACE_MS).unref();
        return;
      case "result":
        this.finish();
        this.settle?.resolve(this.withOwnReason(unpack(report.result) as SearchResult)); // packed by the leader
        return;
      case "failure":
        this.finish();
        this.settle?.reject(errorOf(report.failure));
        return;
      case "ended":
    }
  }

  /** The leader only knows that it was interrupted. */
  private withOwnReason(result: SearchResult): SearchResult {
    return result.bound?.kind === "interrupted" && this.asked !== undefined ? { ...result, bound: this.asked.bound } : result;
  }

  private finish(): void {
    keepThread(this.leader, this.request.options.memoryBytes);
  }

  private startFollower(plan: FollowerPlan): void {
    const { thread } = plan;
    const worker = takeThread(this.request.options.memoryBytes);
    this.followers.set(thread, worker);
    const { control } = this;
    worker.on("message", (report: Report) => {
      if (report.kind === "failure") control.fail("other", report.failure.stack ?? report.failure.message);
      else if (report.kind !== "ended") return;
      keepThread(worker, this.request.options.memoryBytes);
      this.followerEnded(thread);
    });
    worker.on("error", (error) => {
      if (isOutOfMemory(error)) control.fail("full", "");
      else control.fail("other", `a thread of the search failed: ${messageOf(error)}`);
      this.followerEnded(thread);
    });
    worker.on("exit", () => {
      control.fail("spec", ENDED);
      this.followerEnded(thread);
    });
    this.order(worker, { kind: "follow", spec: this.spec, plan });
  }

  private endFollower(thread: number, worker: Worker): void {
    silence(worker);
    void worker.terminate().then(() => this.followerEnded(thread));
  }

  private followerEnded(thread: number): void {
    if (!this.followers.delete(thread)) return;
    this.control.lost(thread);
    if (this.isAwaited && this.followers.size === 0) this.order(this.leader, { kind: "followers ended" });
  }

  private leaderLost(error: unknown): void {
    const { options } = this.request;
    if (isOutOfMemory(error)) void this.end({ kind: "memory", limit: options.memoryBytes ?? DEFAULT_BUDGET, what: "the JavaScript heap" });
    else {
      void this.endThreads();
      this.settle?.reject(error === undefined ? new SpecError(ENDED) : new Error(`a thread of the search failed: ${messageOf(error)}`));
    }
  }

  private get elapsedMs(): number {
    return this.begunMs === undefined ? 0 : performance.now() - this.begunMs;
  }

  /** What is to be done now and then: progress, bounds. */
  private look(): void {
    const { options } = this.request;
    if (this.begunMs !== undefined) options.onProgress?.({ ...this.control.progress, elapsedMs: this.elapsedMs });
    const now = performance.now();
    if (this.asked === undefined) {
      const reason = options.interrupted?.();
      if (reason !== undefined) this.control.interrupt();
      if (reason !== undefined) this.asked = { bound: { kind: "interrupted", reason }, atMs: now };
      else if (options.timeoutMs !== undefined && this.elapsedMs >= options.timeoutMs)
        this.asked = { bound: { kind: "time", limit: options.timeoutMs }, atMs: now };
    } else if (now - this.asked.atMs >= (this.control.stopped ? TELLING_MS : GRACE_MS)) void this.end(this.asked.bound);
  }

  /** Ends the search from outside, with what its threads have counted. */
  private async end(bound: Bound): Promise<void> {
    clearInterval(this.timer);
    await this.endThreads();
    const { unfinished } = await import("../explorer/search/result/outcome.ts"); // only a search that does not end by itself needs it here
    const { instance, options } = this.request;
    this.settle?.resolve(unfinished(instance, options, this.control, bound, this.elapsedMs));
  }

  private async endThreads(): Promise<void> {
    const all = [this.leader, ...this.followers.values()];
    this.followers.clear();
    all.forEach(silence);
    await Promise.all(all.map((worker) => worker.terminate()));
  }
}

/** Throws what the search throws, and SpecError when the spec ends its thread. */
export const runSearch = async (request: SearchRequest): Promise<SearchResult> => new Supervision(request).run();
