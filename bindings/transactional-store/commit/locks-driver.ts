/**
 * specs/transactional-store/commit/locks.ts on the engine. A thread makes one commit after the other; the data does not
 * matter. `Start` brings a commit to its first lock, `Take` lets it ask for its next one: the branch's at the engine's
 * step `Lock`, the log's at its step `Append`, after which the append is held on the disk. `Validate` goes on to the
 * allocation, `Append` completes what is on the disk, `ApplyAndRelease` is the rest.
 * The engine finds the mutex of a branch in a plain map, in one step, so that no shard of it can be locked. It has one
 * way into a commit and no commit of two branches; those are the defects', which say in `Take` steps what they take next.
 */
import type { Committing } from "../../../engine/transactional-store/commit-protocol.ts";
import { CommitProtocol } from "../../../engine/transactional-store/commit-protocol.ts";
import { HarnessError } from "../../../conformance/driver.ts";
import type { Arguments, Observation, Setup } from "../../../conformance/driver.ts";
import { CommitDriver, numberOf, textOf } from "./commit-driver.ts";
import type { Actions, Asked, Refusal } from "./commit-driver.ts";

/** What a commit of the spec is asked for. */
export interface LockRequest {
  readonly own: number;
  readonly other: number;
  readonly walFirst: boolean;
}
/** A protocol with locks that the engine has not, or in another order. */
export abstract class PlannedProtocol extends CommitProtocol {
  /** Why such a commit cannot be asked for. */
  abstract refuses(request: LockRequest): Refusal;
  abstract ownerOf(lock: string): string | undefined;
}

/** The keys of a commit say what it was asked for, for protocols that look. */
export const requestKeys = ({ other, walFirst }: LockRequest): readonly string[] => [`x@${other}`, ...(walFirst ? ["walFirst"] : [])];
export const requestOf = ({ prepared }: Committing): LockRequest => {
  const keys = prepared.writes.map(([key]) => key.slice(1));
  const other = keys.find((key) => key.startsWith("x@"))?.slice(2);
  return { own: Number(prepared.branch.slice(1)), other: Number(other ?? 1), walFirst: keys.includes("walFirst") };
};

interface Thread {
  readonly request: LockRequest;
  commit: Asked;
}

const held = new Set(["Lock", "Take", "Validate", "Allocate", "Append", "Apply", "Finish"]);
const phases: Readonly<Record<string, string>> = {
  active: "validating",
  locked: "validating",
  validated: "validating",
  allocated: "appending",
  logged: "applying",
};
const idle = { at: "idle", touches: [], toTake: [] };
const locks = ["wal", "shard 1", "shard 2", "branch 1", "branch 2", "branch 3"];

export class LocksDriver extends CommitDriver {
  #names: readonly string[] = [];
  readonly #threads = new Map<string, Thread>();

  protected override readonly actions: Actions = {
    Start: (args) => this.#start(args),
    Take: (args) => this.#take(textOf(args, "t")),
    Validate: async (args) => (await this.#pass(args, "Validate")) ?? this.#pass(args, "Allocate"),
    Append: (args) => this.#append(textOf(args, "t")),
    ApplyAndRelease: (args) => this.#applyAndRelease(textOf(args, "t")),
  };

  override async init({ constants }: Setup): Promise<void> {
    this.#names = Array.from({ length: Number(constants["threads"]) }, (_, i) => `t${i + 1}`);
    this.#threads.clear();
    await this.start(["b1", "b2", "b3"], (step) => held.has(step));
    this.held.disk.hold((call) => call.kind === "append");
  }

  #idOf(t: string): string {
    return this.#threads.get(t)?.commit.id ?? "none";
  }
  #pass(args: Arguments, step: string): Promise<Refusal> {
    return this.held.pass(this.#idOf(textOf(args, "t")), step);
  }
  #committing(t: string) {
    return this.observed.committing.find((c) => c.id === this.#idOf(t));
  }
  #isIdle(t: string): boolean {
    const at = this.#committing(t)?.at;
    return at === undefined || at === "finished" || at === "acknowledged";
  }

  async #start(args: Arguments): Promise<Refusal> {
    const t = textOf(args, "t");
    const request = { own: numberOf(args, "own"), other: numberOf(args, "other"), walFirst: args["walFirst"] === true };
    if (!this.#isIdle(t)) return `${t} is in the middle of a commit`;
    const refused = this.#refuses(request);
    if (refused !== undefined) return refused;
    this.#threads.set(t, { request, commit: await this.askForCommit(`b${request.own}`, requestKeys(request), t) });
    return undefined;
  }
  #refuses(request: LockRequest): Refusal {
    const { protocol } = this.held;
    if (protocol instanceof PlannedProtocol) return protocol.refuses(request);
    if (request.other !== request.own) return `a transaction of b${request.own} has no operation on another branch`;
    return request.walFirst ? "a commit has one way in, and it begins with the branch's lock" : undefined;
  }

  async #take(t: string): Promise<Refusal> {
    const thread = this.#threads.get(t);
    if (thread === undefined) return "no commit is under way";
    const { id } = thread.commit;
    const step = this.held.waitingOf(id)[0]?.step;
    if (step === "Lock") {
      const refused = await this.lock(id);
      // The one that has asked in vain is given up; another one, which has not asked yet, is in its place.
      if (refused !== undefined) thread.commit = await this.askForCommit(`b${thread.request.own}`, requestKeys(thread.request), t);
      return refused;
    }
    if (step === "Append") return this.#owner("wal") === t ? "it has the lock of the log" : this.#takeWal(id);
    return this.held.pass(id, "Take");
  }

  /** Somebody else asks first, who lets go at once: whether he waits says whether the lock is free. */
  async #takeWal(id: string): Promise<Refusal> {
    const { core } = this.held;
    const scout = { hadIt: false };
    void core?.wal.lock.hold("scout", async () => Promise.resolve(void (scout.hadIt = true)));
    await this.held.settle();
    if (!scout.hadIt) return `it waits for the lock of the log, which ${this.observed.walLock.owner ?? "nobody"} has`;
    return this.held.pass(id, "Append");
  }

  async #append(t: string): Promise<Refusal> {
    const { disk } = this.held;
    if (this.#owner("wal") !== t) return "no append of it is under way";
    // Whoever came with the log's lock has not appended yet.
    await this.held.pass(this.#idOf(t), "Append");
    const append = disk.pending()[0];
    if (append === undefined) return `the commit is not at its append: ${this.#committing(t)?.at ?? "over"}`;
    disk.complete(append.id);
    await this.held.settle();
    return undefined;
  }

  async #applyAndRelease(t: string): Promise<Refusal> {
    const id = this.#idOf(t);
    const refused = await this.held.pass(id, "Apply");
    while (refused === undefined && this.held.waitingOf(id).some(({ step }) => step === "Apply")) await this.held.pass(id, "Apply");
    return refused ?? this.held.pass(id, "Finish");
  }

  #owner(lock: string): string | null {
    const { observed, held: store } = this;
    const [kind, number] = lock.split(" ");
    const planned = store.protocol instanceof PlannedProtocol ? store.protocol.ownerOf(lock) : undefined;
    const id = kind === "wal" ? observed.walLock.owner : kind === "branch" ? observed.branchLock[`b${number ?? ""}`]?.owner : planned;
    return id === null || id === undefined ? null : (this.#names.find((t) => this.#idOf(t) === id) ?? id);
  }

  override observe(): Observation {
    return {
      state: {
        owner: Object.fromEntries(locks.map((lock) => [lock, this.#owner(lock)])),
        threads: Object.fromEntries(this.#names.map((t) => [t, this.#threadState(t)])),
      },
      unobserved: [],
    };
  }

  #threadState(t: string): Readonly<Record<string, unknown>> {
    const thread = this.#threads.get(t);
    const committing = this.#committing(t);
    if (thread === undefined || committing === undefined || this.#isIdle(t)) return idle;
    const at = phases[committing.at];
    if (at === undefined) throw new HarnessError(`a commit is ${committing.at}`);
    const { own, other } = thread.request;
    return { at, touches: own === other ? [own] : [own, other], toTake: this.#toTake(t, committing.branch) };
  }
  /** From the step that the engine waits at. */
  #toTake(t: string, branch: string): readonly unknown[] {
    const waiting = this.held.waitingOf(this.#idOf(t))[0];
    if (waiting?.step === "Take" && Array.isArray(waiting.args["locks"])) return waiting.args["locks"];
    if (waiting?.step === "Lock") return [`branch ${branch.slice(1)}`];
    return waiting?.step === "Append" && this.#owner("wal") !== t ? ["wal"] : [];
  }
}
