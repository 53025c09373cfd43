/**
 * specs/transactional-store/commit/transactions.ts on the engine. Key n of the spec is the key `n` of the branch that has
 * it. `Read` and `Write` are calls of an open transaction; a read that does not come to the engine's step `Read` was
 * answered from the transaction's own writes, and is none. `CommitReadOnly` and `Lock` are the commit of the prepared
 * transaction: whether it takes a lock is the engine's choice. `AllocateAndLog` is the allocation and the append.
 * What was prepared, and which values reads returned (`seen`), is what the client has. A value names its writer.
 * A transaction of the engine has no operation on another branch: the cross-branch ones are the defects'.
 */
import { deepStrictEqual } from "node:assert";
import type { Prepared } from "../../../engine/transactional-store/prepared.ts";
import { Transaction } from "../../../engine/transactional-store/transaction.ts";
import { setOf } from "../../../specs/language/index.ts";
import { HarnessError } from "../../../conformance/driver.ts";
import type { Arguments, Observation, Setup } from "../../../conformance/driver.ts";
import { CommitDriver, decoded, encoded, numberOf, textOf } from "./commit-driver.ts";
import type { Actions, Asked, Refusal } from "./commit-driver.ts";

/** A transaction that can also reach for the keys of other branches. */
export abstract class ReachingTransaction extends Transaction {
  abstract getFrom(branch: string, key: string): Promise<Uint8Array | undefined>;
  abstract putTo(branch: string, key: string, value: Uint8Array): void;
}
/** How such a transaction names a key of another branch in its reads and writes: the key, `@`, the branch. */
export const farKey = (branch: string, key: string): string => `${key}@${branch}`;

interface Running {
  readonly transaction: Transaction;
  readonly branch: number;
  readonly seen: Map<number, Set<number>>;
  prepared?: Prepared;
  commit?: Asked;
}

const held = new Set(["Read", "Lock", "Validate", "Allocate", "Append", "Apply", "Finish"]);
const labels: Readonly<Record<string, string>> = { active: "active", logged: "applying", finished: "committed", acknowledged: "committed" };
const branchName = (branch: number): string => `b${branch}`;
/** The spec's key of an internal one. */
const keyNumber = (internal: string): number => Number(internal.slice(1).split("@")[0]);
const sizeText = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

export class TransactionsDriver extends CommitDriver {
  #names: readonly string[] = [];
  #keys: readonly number[] = [];
  #branches: readonly number[] = [];
  readonly #running = new Map<string, Running>();

  protected override readonly actions: Actions = {
    Begin: (args) => this.#begin(textOf(args, "t"), numberOf(args, "b")),
    Read: (args) => this.#read(args),
    Write: (args) => this.#write(args),
    CommitReadOnly: (args) => this.#commitReadOnly(textOf(args, "t")),
    ValidateEarly: () => "a commit has no validation before its lock",
    Lock: (args) => this.#lock(textOf(args, "t")),
    Validate: (args) => this.#pass(args, "Validate"),
    AllocateAndLog: async (args) => (await this.#pass(args, "Allocate")) ?? this.#pass(args, "Append"),
    Apply: (args) => this.#apply(args),
    Finish: (args) => this.#pass(args, "Finish"),
  };

  override async init({ constants }: Setup): Promise<void> {
    this.#names = sizeText(Number(constants["transactions"])).map((i) => `t${i}`);
    this.#keys = sizeText(Number(constants["keys"]));
    this.#branches = sizeText(Number(constants["branches"]));
    this.#running.clear();
    await this.start(this.#branches.map(branchName), (step) => held.has(step));
  }

  #branchOf(key: number): number {
    return this.#branches.length === 1 ? 1 : Math.min(key, this.#branches.length);
  }
  #pass(args: Arguments, step: string, key?: string): Promise<Refusal> {
    return this.held.pass(this.#running.get(textOf(args, "t"))?.commit?.id ?? "none", step, key);
  }

  #begin(t: string, branch: number): Refusal {
    if (this.#running.has(t)) return `${t} has begun before`;
    const transaction = this.held.opened.begin(branchName(branch));
    this.#running.set(t, { transaction, branch, seen: new Map() });
    return undefined;
  }

  /** The transaction to call, and the branch of the key if it is another one; or why there is no such call. */
  #callFor(args: Arguments): Refusal | { readonly own: Running; readonly key: number; readonly far: ReachingTransaction | undefined } {
    const own = this.#running.get(textOf(args, "t"));
    if (own === undefined) return "no transaction is open";
    if (own.prepared !== undefined) return this.#saysItIsOver(own.transaction);
    const key = numberOf(args, "k");
    const isFar = this.#branchOf(key) !== own.branch;
    if (!isFar) return { own, key, far: undefined };
    if (own.transaction instanceof ReachingTransaction) return { own, key, far: own.transaction };
    return `a transaction of ${own.transaction.branch} has no operation on another branch`;
  }
  #saysItIsOver(transaction: Transaction): string {
    try {
      transaction.put("1", encoded("too late"));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    throw new HarnessError("a transaction that was prepared takes writes");
  }

  async #read(args: Arguments): Promise<Refusal> {
    const call = this.#callFor(args);
    if (call === undefined || typeof call === "string") return call;
    const { own, key, far } = call;
    const reading = far === undefined ? own.transaction.get(`${key}`) : far.getFrom(branchName(this.#branchOf(key)), `${key}`);
    await this.held.settle();
    const refused = await this.held.pass(own.transaction.id, "Read");
    const value = decoded(await reading);
    if (refused !== undefined) return `answered from the transaction's own writes: ${refused}`;
    const seen = own.seen.get(key) ?? new Set();
    own.seen.set(key, seen.add(value === undefined ? 0 : this.#versionOf(value)));
    return undefined;
  }

  #write(args: Arguments): Refusal {
    const call = this.#callFor(args);
    if (call === undefined || typeof call === "string") return call;
    const { own, key, far } = call;
    const value = encoded(textOf(args, "t"));
    if (far === undefined) own.transaction.put(`${key}`, value);
    else far.putTo(branchName(this.#branchOf(key)), `${key}`, value);
    return undefined;
  }

  /** What `prepare` would give now; the transaction stays open. */
  #wouldPrepare(t: string, { transaction }: Running): Prepared {
    const { branch, snapshot, readSet, writes } = transaction.observe();
    const values = writes.map((key): [string, Uint8Array] => [key, encoded(t)]);
    return { branch, snapshot, reads: Object.entries(readSet), scans: [], writes: values, collections: [], vectors: [] };
  }
  /** Asks for the commit, which waits at its first step or is done; the transaction is still open for the client. */
  async #tryCommit(t: string, own: Running): Promise<{ readonly asked: Asked; readonly prepared: Prepared }> {
    const prepared = this.#wouldPrepare(t, own);
    const before = new Set(this.held.steps.waiting().map((w) => w.id));
    const commit = this.held.opened.commitPrepared(prepared);
    const asked = this.hearOutcome({ id: "none", branch: prepared.branch, keys: [], outcome: undefined }, commit);
    await this.held.settle();
    const id = this.held.steps.waiting().find((w) => !before.has(w.id))?.args["transaction"];
    if (typeof id === "string") asked.id = id;
    return { asked, prepared };
  }
  /** From here on the client has given the transaction away. */
  #giveAway(own: Running, asked: Asked, prepared: Prepared): void {
    deepStrictEqual(own.transaction.prepare(), prepared);
    own.prepared = prepared;
    own.commit = asked;
  }

  async #commitReadOnly(t: string): Promise<Refusal> {
    const own = this.#running.get(t);
    if (own === undefined || own.prepared !== undefined) return "no transaction is open";
    const { asked, prepared } = await this.#tryCommit(t, own);
    if (asked.outcome !== undefined) this.#giveAway(own, asked, prepared);
    else {
      this.held.steps.fail(asked.id);
      await this.held.pass(asked.id, "Lock");
      return "the commit asks for a lock: it is not read-only";
    }
    return undefined;
  }

  async #lock(t: string): Promise<Refusal> {
    const own = this.#running.get(t);
    if (own === undefined || own.prepared !== undefined) return "no transaction is open";
    const { asked, prepared } = await this.#tryCommit(t, own);
    if (asked.outcome !== undefined) return "the commit asks for no lock: it is read-only";
    const refused = await this.lock(asked.id);
    if (refused === undefined) this.#giveAway(own, asked, prepared);
    return refused;
  }

  #apply(args: Arguments): Promise<Refusal> {
    const own = this.#running.get(textOf(args, "t"));
    const key = numberOf(args, "k");
    const isFar = own !== undefined && own.branch !== this.#branchOf(key);
    return this.#pass(args, "Apply", `k${isFar ? farKey(branchName(this.#branchOf(key)), `${key}`) : key}`);
  }

  #committing(id: string) {
    return this.observed.committing.find((c) => c.id === id);
  }
  #versionOf(t: string): number {
    const commit = this.#running.get(t)?.commit;
    if (commit === undefined) return 0;
    const { outcome } = commit;
    const version = typeof outcome === "object" && outcome.status === "committed" ? outcome.version : this.#committing(commit.id)?.version;
    return this.held.version(version ?? 0);
  }

  override observe(): Observation {
    const { observed, held: store } = this;
    const nameOf = (id: string | null | undefined): string | null =>
      id === null || id === undefined ? null : ([...this.#running].find(([, r]) => r.commit?.id === id)?.[0] ?? id);
    const chain = (key: number) => observed.chains[branchName(this.#branchOf(key))]?.[`k${key}`] ?? [];
    return {
      state: {
        managerVersion: store.version(observed.managerVersion),
        storeVersion: store.version(observed.storeVersion),
        pending: setOf(...observed.pending.map((v) => store.version(v))),
        branchLock: Object.fromEntries(this.#branches.map((b) => [b, nameOf(observed.branchLock[branchName(b)]?.owner)])),
        chains: Object.fromEntries(this.#keys.map((k) => [k, chain(k).map((e) => store.version(e.version))])),
        transactions: Object.fromEntries(this.#names.map((t) => [t, this.#transactionState(t)])),
      },
      unobserved: [],
    };
  }

  #transactionState(t: string): Readonly<Record<string, unknown>> {
    const own = this.#running.get(t);
    const none = { branch: null, snapshot: 0, readSet: {}, seen: this.#seen(undefined), writes: setOf(), unapplied: setOf(), version: 0 };
    if (own === undefined) return { ...none, at: "start" };
    const { commit, branch } = own;
    if (typeof commit?.outcome === "object" && commit.outcome.status === "refused") return { ...none, at: "aborted", branch };
    if (commit?.outcome === "failed") throw new HarnessError(`the commit of ${t} has failed`);
    const isWriting = (own.prepared?.writes.length ?? 0) > 0;
    const committing = commit && this.#committing(commit.id);
    const at = commit === undefined ? "active" : commit.outcome !== undefined ? "committed" : committing?.at;
    if (at === undefined) throw new HarnessError(`the engine has forgotten the commit of ${t}`);
    const { reads, writes, snapshot } = own.prepared ?? this.#wouldPrepare(t, own);
    return {
      at: labels[at] ?? at,
      branch,
      snapshot: this.held.version(snapshot),
      readSet: Object.fromEntries(reads.map(([key, version]) => [keyNumber(key), this.held.version(version)])),
      seen: this.#seen(own),
      writes: setOf(...writes.map(([key]) => keyNumber(key))),
      unapplied: setOf(...(committing?.unapplied ?? []).map(keyNumber)),
      version: isWriting ? this.#versionOf(t) : 0,
    };
  }
  #seen(own: Running | undefined): Readonly<Record<number, unknown>> {
    return Object.fromEntries(this.#keys.map((k) => [k, setOf(...(own?.seen.get(k) ?? []))]));
  }
}
