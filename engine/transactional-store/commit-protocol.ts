/**
 * The commit of one transaction, step by step: Lock, Validate, Allocate, Append, Sync, Apply for each key, ChangeIndex
 * for each vector, Finish, Acknowledge. The branch's lock is held from validation to the end of the apply, the log's
 * only around the append. Each step is a method; before each one the controlled wiring can stop.
 */
import { breath, keysOfBreath } from "../breath.ts";
import { decode } from "../codec.ts";
import type { Logger, Steps } from "../ports.ts";
import { branchesBranch, mainBranch, collectionKey, parseKey, vectorKey } from "./keys.ts";
import type { Gate } from "./mutex.ts";
import { Mutex } from "./mutex.ts";
import { outdated, requestOf } from "./prepared.ts";
import type { Prepared } from "./prepared.ts";
import type { Publication } from "./publication.ts";
import type { Outcome } from "./record.ts";
import { Origin, mostBranches } from "./state.ts";
import type { Position, StoreState } from "./state.ts";
import {
  decodeDefinition,
  decodeVector,
  decodeVectorRecord,
  encodeDefinition,
  encodeVectorRecord,
  wrongVector,
} from "./vector-collections.ts";
import type { CollectionDefinition, VectorCollections } from "./vector-collections.ts";
import type { Place, WriteAheadLog } from "./write-ahead-log.ts";

/** What the parts of one open store share. */
export interface Core {
  /** Replaced as a whole by an import. */
  state: StoreState;
  readonly wal: WriteAheadLog;
  readonly vectors: VectorCollections;
  readonly publication: Publication;
  readonly branchLocks: Map<string, Mutex>;
  /** Inside are commits from the allocation of their version to the end of their apply. */
  readonly gate: Gate;
  readonly steps: Steps;
  readonly logger: Logger;
}

export interface Committing {
  readonly id: string;
  readonly prepared: Prepared;
  readonly executes: Position | undefined;
  at: "active" | "locked" | "validated" | "allocated" | "logged" | "finished" | "acknowledged" | "aborted" | "failed";
  locks: string[];
  version: number;
  /** By internal key, in the order of the log; undefined deletes. */
  writes: ReadonlyMap<string, Uint8Array | undefined>;
  readonly unapplied: Set<string>;
}
type Refused = Extract<Outcome, { status: "refused" }>;
const refused = (reason: Refused["reason"], detail: string): Refused => ({ status: "refused", reason, detail });

/** Bytes of all keys and values of one transaction. */
export const maxTransactionBytes = 32 * 2 ** 20;
const idsPerVersion = 2 ** 16;

export class CommitProtocol {
  constructor(protected readonly core: Core) {}

  /** Throws PoisonedError: the outcome is then unknown, if the log failed during this commit. */
  async commit(c: Committing): Promise<Outcome> {
    this.core.wal.checkUsable();
    try {
      await this.lock(c);
      await this.pause("Validate", c);
      const refusal = this.validate(c);
      if (refusal !== undefined) {
        c.at = "aborted";
        return refusal;
      }
      c.at = "validated";
      const validated = this.core.state;
      await this.core.gate.enter();
      try {
        if (this.core.state !== validated) return refused("conflict", "the store was replaced by an import");
        await this.logAndApply(c);
      } finally {
        this.core.gate.leave();
      }
    } finally {
      this.unlock(c);
    }
    await this.acknowledge(c);
    return { status: "committed", version: c.version };
  }

  /** The lock of the branch; to fork or to delete a branch, also that of its origin or of itself. Only commits on the reserved branch take two, so that no circle can form. */
  protected async lock(c: Committing): Promise<void> {
    await this.pause("Lock", c);
    for (const branch of new Set([c.prepared.branch, ...originsOf(c.prepared)])) {
      await lockOf(this.core, branch).acquire(c.id);
      c.locks.push(branch);
    }
    c.at = "locked";
  }

  protected unlock(c: Committing): void {
    for (const branch of c.locks) {
      const lock = lockOf(this.core, branch);
      lock.release();
      // Names of branches come from outside: one that does not exist leaves nothing behind.
      if (lock.owner === undefined && this.core.state.branch(branch) === undefined) this.core.branchLocks.delete(branch);
    }
    c.locks = [];
  }

  /** Step 1: is all that was read current, and all that is to be written possible? First committer wins. */
  protected validate(c: Committing): Refused | undefined {
    const { prepared } = c;
    const branch = this.core.state.branch(prepared.branch);
    if (branch === undefined) return refused("noBranch", `there is no branch ${JSON.stringify(prepared.branch)}`);
    const why = outdated(branch, prepared);
    if (why !== undefined) return refused(why.reason, why.detail);
    return prepared.branch === branchesBranch ? this.validateBranches(prepared) : this.validateWrites(prepared);
  }

  protected validateBranches({ writes, collections, vectors }: Prepared): Refused | undefined {
    if (collections.length + vectors.length > 0) return refused("noCollection", "branches are pairs, not vectors");
    // A fork copies its origin: thousands of them in one transaction would hold up every replica.
    if (writes.length > 1) return refused("tooLarge", `a transaction makes one branch, not ${writes.length}`);
    for (const [key, value] of writes) {
      const [name, origin] = [key.slice(1), value === null ? null : originOf(value)];
      if (origin === undefined || parseKey(`c${name}`) === undefined)
        return refused("noBranch", `${JSON.stringify(name)} cannot be a branch`);
      const { branches } = this.core.state;
      if (value === null) {
        if (name === mainBranch) return refused("noBranch", `the branch ${mainBranch} cannot be deleted`);
        if (!branches.has(name)) return refused("noBranch", `there is no branch ${JSON.stringify(name)} to delete`);
        continue;
      }
      if (branches.has(name)) return refused("branchExists", `the branch ${name} exists`);
      // The reserved branch is one of them.
      if (branches.size > mostBranches) return refused("tooLarge", `there are ${mostBranches} branches, the most that may be: delete one`);
      if (origin !== null && (origin === branchesBranch || this.core.state.branch(origin) === undefined))
        return refused("noBranch", `there is no branch ${JSON.stringify(origin)} to fork`);
    }
    return undefined;
  }

  protected validateWrites({ branch, writes, collections, vectors }: Prepared): Refused | undefined {
    const bytes = [
      ...writes.map(([key, value]) => key.length * 3 + (value?.length ?? 0)),
      ...vectors.map((v) => v.key.length * 3 + (v.vector?.length ?? 0)),
    ];
    const total = bytes.reduce((a, b) => a + b, 0);
    if (total > maxTransactionBytes) return refused("tooLarge", `the transaction has ${total} bytes, the most is ${maxTransactionBytes}`);
    const fresh = new Map(collections.map(({ name, definition }) => [name, definition]));
    for (const [name, definition] of fresh) {
      const old = this.definition(branch, name);
      const isSame = old === undefined || (old.dimension === definition.dimension && old.metric === definition.metric);
      if (!isSame) return refused("badVector", `the collection ${name} has dimension ${old.dimension} and metric ${old.metric} already`);
    }
    for (const { collection, vector } of vectors) {
      const definition = fresh.get(collection) ?? this.definition(branch, collection);
      if (definition === undefined) return refused("noCollection", `branch ${branch} has no collection ${collection}`);
      const wrong = vector === null ? undefined : wrongVector(decodeVector(vector), definition);
      if (wrong !== undefined) return refused("badVector", wrong);
    }
    return undefined;
  }

  protected definition(branch: string, collection: string): CollectionDefinition | undefined {
    const newest = this.core.state.branch(branch)?.chains.get(collectionKey(collection))?.[0]?.value;
    return newest === undefined ? undefined : decodeDefinition(newest, `the definition of collection ${collection}`);
  }

  protected async logAndApply(c: Committing): Promise<void> {
    await this.pause("Allocate", c);
    this.allocate(c);
    let place: Place;
    try {
      await this.pause("Append", c);
      place = await this.append(c);
      await this.pause("Sync", c);
      await this.core.wal.makeDurable(place);
    } catch (error) {
      c.at = "failed";
      this.core.publication.finished(c.version, this.core.state.managerVersion);
      throw error;
    }
    c.at = "logged";
    try {
      await this.applyAll(c);
      await this.changeIndexes(c);
    } catch (error) {
      throw this.core.wal.stop(error);
    }
    await this.pause("Finish", c);
    this.finish(c);
  }

  /** Step 2. From here on nothing above the version below is published. Vectors of new keys get their ids. */
  protected allocate(c: Committing): void {
    const { state, publication } = this.core;
    state.managerVersion += 1;
    c.version = state.managerVersion;
    publication.allocated(c.version);
    c.writes = this.writesOf(c);
    for (const key of c.writes.keys()) c.unapplied.add(key);
    c.at = "allocated";
  }

  protected writesOf({ prepared, version }: Committing): ReadonlyMap<string, Uint8Array | undefined> {
    const { writes, collections, vectors, branch } = prepared;
    const all = new Map<string, Uint8Array | undefined>(writes.map(([key, value]) => [key, value ?? undefined]));
    for (const { name, definition } of collections) all.set(collectionKey(name), encodeDefinition(definition));
    for (const [i, { collection, key, vector }] of vectors.entries()) {
      const internal = vectorKey(collection, key);
      all.set(
        internal,
        vector === null ? undefined : encodeVectorRecord(this.vectorId(branch, internal, version * idsPerVersion + i), vector),
      );
    }
    return all;
  }

  /** That of the key's record, for as long as there is one: one id for a key. */
  protected vectorId(branch: string, internal: string, fresh: number): number {
    const stored = this.core.state.branch(branch)?.chains.get(internal)?.[0]?.value;
    return stored === undefined ? fresh : decodeVectorRecord(stored, `the record of ${JSON.stringify(internal)}`).id;
  }

  /** Step 3. */
  protected async append({ id, prepared, executes, version, writes }: Committing): Promise<Place> {
    const { position, index } = executes ?? this.core.state.executed;
    const body = {
      branch: prepared.branch,
      writes: [...writes].map(([key, value]): [string, Uint8Array | null] => [key, value ?? null]),
      ...requestOf(prepared),
    };
    return this.core.wal.append({ type: "commit", version, position, index, body }, id);
  }

  /** Step 4: the keys in whatever order they are let go. Of very many, a part after the other: nothing is published before the end. */
  protected async applyAll(c: Committing): Promise<void> {
    const keys = [...c.unapplied];
    for (let done = 0; done < keys.length; done += keysOfBreath) {
      if (done > 0) await breath();
      await Promise.all(
        keys.slice(done, done + keysOfBreath).map(async (key) => {
          await this.pause("Apply", c, { key });
          this.apply(c, key);
        }),
      );
    }
  }

  protected apply(c: Committing, key: string): void {
    this.core.state.apply(c.prepared.branch, key, { version: c.version, value: c.writes.get(key) });
    c.unapplied.delete(key);
  }

  protected async changeIndexes(c: Committing): Promise<void> {
    const { vectors, state } = this.core;
    for (const [key, value] of c.writes) {
      if (c.prepared.branch === branchesBranch) {
        const opened = state.branch(key.slice(1));
        if (opened !== undefined) vectors.rebuild(key.slice(1), opened);
        else vectors.forget(key.slice(1));
      } else if (parseKey(key)?.kind !== "pair") {
        await this.pause("ChangeIndex", c, { key });
        this.changeIndex(c, key, value);
      }
    }
  }

  protected changeIndex(c: Committing, key: string, value: Uint8Array | undefined): void {
    this.core.vectors.change(c.prepared.branch, key, { version: c.version, value });
  }

  /** The end of step 4: the locks are let go, and the version is published when its turn has come. */
  protected finish(c: Committing): void {
    const { state, publication } = this.core;
    state.recordClient(requestOf(c.prepared).client, { status: "committed", version: c.version });
    if (c.executes !== undefined) state.advance(c.executes);
    c.at = "finished";
    this.unlock(c);
    publication.finished(c.version, state.managerVersion);
  }

  /** The client hears of its commit when new snapshots see it. */
  protected async acknowledge(c: Committing): Promise<void> {
    await this.core.publication.whenPublished(c.version);
    await this.pause("Acknowledge", c);
    c.at = "acknowledged";
  }

  protected async pause(step: string, { id, prepared, version }: Committing, args: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const pause = this.core.steps.reached(step, { transaction: id, branch: prepared.branch, version, ...args });
    if (pause) await pause;
  }
}

export const lockOf = ({ branchLocks }: Core, branch: string): Mutex => {
  const lock = branchLocks.get(branch) ?? new Mutex();
  branchLocks.set(branch, lock);
  return lock;
};

/** Undefined for bytes that are no record of a branch. */
const originOf = (value: Uint8Array): string | null | undefined => {
  try {
    return decode(Origin, value, "the record of a branch").from;
  } catch {
    return undefined;
  }
};

const originsOf = ({ branch, writes }: Prepared): readonly string[] =>
  branch === branchesBranch ? writes.flatMap(([key, value]) => (value === null ? key.slice(1) : (originOf(value) ?? []))) : [];
