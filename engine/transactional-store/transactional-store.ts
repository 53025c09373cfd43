/**
 * The transactional store: branches of versioned keys, transactions with snapshot isolation and validated reads, a
 * write-ahead log, checkpoints, vector collections. All of it is in memory; the disk has the log and the checkpoints.
 * Left out: transactions across branches (a transaction belongs to one), deletion of branches, several processes on one
 * directory (the wiring's lock file keeps a second one out).
 */
import { z } from "zod";
import { validated } from "../codec.ts";
import type { Clock, Disk, Logger, Random, Steps } from "../ports.ts";
import { Checkpointer } from "./checkpointer.ts";
import { CommitProtocol } from "./commit-protocol.ts";
import type { Core } from "./commit-protocol.ts";
import { StoreError, messageOf } from "./errors.ts";
import { Execution } from "./execution.ts";
import { branchesBranch, checkName, mainBranch, pairKey } from "./keys.ts";
import { Gate } from "./mutex.ts";
import { observation } from "./observation.ts";
import type { Observation } from "./observation.ts";
import { OpenSnapshots } from "./open-snapshots.ts";
import { Prepared } from "./prepared.ts";
import { Publication } from "./publication.ts";
import type { Outcome } from "./record.ts";
import { Recovery } from "./recovery.ts";
import type { RecoveryPorts } from "./recovery.ts";
import { maxSegmentBytes } from "./segment.ts";
import { branchKeys, branchPairs, loadPair, loadSpaces, spacesOf } from "./spaces.ts";
import type { Pair, Space } from "./spaces.ts";
import { StoreState, encodeOrigin, newBranch } from "./state.ts";
import type { Branch, Position } from "./state.ts";
import { Transaction } from "./transaction.ts";
import { VectorCollections } from "./vector-collections.ts";
import type { SearchHit } from "./vector-collections.ts";
import { VersionCollector } from "./version-collector.ts";
import { WriteAheadLog } from "./write-ahead-log.ts";
import type { Durability, LogEnd, WalPorts } from "./write-ahead-log.ts";

export interface StorePorts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly steps: Steps;
  readonly logger: Logger;
  /** For the id of a new store. */
  readonly random?: Random;
}

const whole = z.number().int().nonnegative();
export const StoreOptions = z.strictObject({
  durability: z.enum(["strict", "batched", "none"]).default("strict"),
  batchRecords: whole.min(1).default(64),
  batchMs: whole.min(1).default(20),
  segmentBytes: whole
    .min(1)
    .max(maxSegmentBytes)
    .default(16 * 2 ** 20),
  /** A checkpoint is made when so many segments were begun since the last one; 0: only when asked for. */
  checkpointSegments: whole.default(4),
  /** Old versions are collected after so many commits; 0: only when asked for. */
  collectCommits: whole.default(1024),
  /** Transactions that are open for longer are given up; 0: never. */
  maxTransactionAgeMs: whole.default(60_000),
  /** Of a store that does not exist yet; drawn by default. */
  storeId: z.string().min(1).max(64).optional(),
});
export type StoreOptions = z.input<typeof StoreOptions>;

/** The parts that an open store is made of. */
export interface StoreParts {
  readonly recovery: (ports: RecoveryPorts, newStoreId: () => string) => Recovery;
  readonly wal: (ports: WalPorts, end: LogEnd, durability: Durability, segmentBytes: number) => WriteAheadLog;
  readonly vectors: () => VectorCollections;
  readonly publication: (version: number) => Publication;
  readonly protocol: (core: Core) => CommitProtocol;
  readonly collector: (core: Core, snapshots: OpenSnapshots) => VersionCollector;
  readonly checkpointer: (core: Core, disk: Disk, snapshots: OpenSnapshots, index: number) => Checkpointer;
  readonly transaction: (...of: ConstructorParameters<typeof Transaction>) => Transaction;
}
export const storeParts: StoreParts = {
  recovery: (...of) => new Recovery(...of),
  wal: (...of) => new WriteAheadLog(...of),
  vectors: () => new VectorCollections(),
  publication: (version) => new Publication(version),
  protocol: (core) => new CommitProtocol(core),
  collector: (...of) => new VersionCollector(...of),
  checkpointer: (...of) => new Checkpointer(...of),
  transaction: (...of) => new Transaction(...of),
};

/** Pairs of one branch at one version, in order: internal key, and version and value. To be walked once, or released. */
export interface BranchExport {
  readonly branch: string;
  readonly version: number;
  readonly count: number;
  readonly pairs: AsyncIterable<Pair>;
  release(): void;
}
/** All spaces at one version. To be walked once, then released. */
export interface StoreExport {
  readonly version: number;
  readonly executed: Position;
  readonly spaces: readonly Space[];
  release(): void;
}

export class TransactionalStore {
  readonly #transactions = new Map<string, Transaction>();
  readonly #execution: Execution;
  readonly #collector: VersionCollector;
  #lastId = 0;
  #commits = 0;
  #checkpointing = false;

  protected constructor(
    protected readonly core: Core,
    protected readonly options: z.output<typeof StoreOptions>,
    protected readonly parts: StoreParts,
    protected readonly snapshots: OpenSnapshots,
    protected readonly checkpointer: Checkpointer,
  ) {
    this.#execution = new Execution(core, parts.protocol(core));
    this.#collector = parts.collector(core, snapshots);
    snapshots.onGivenUp = (id) => this.#transactions.delete(id);
  }

  /** Recovers what the disk has. Throws DecodeError for wrong options, RecoveryError or CorruptionError for a disk that it must not start from. */
  static async open(ports: StorePorts, options: StoreOptions = {}, parts: StoreParts = storeParts): Promise<TransactionalStore> {
    const settled = validated(StoreOptions, options, "the options of the store");
    const newStoreId = () => settled.storeId ?? Buffer.from(ports.random?.bytes(16) ?? "store").toString("hex");
    const { state, end, checkpoint } = await parts.recovery(ports, newStoreId).recover();
    if (settled.storeId !== undefined && settled.storeId !== end.storeId)
      throw new StoreError(`the disk has the store ${end.storeId}, not ${settled.storeId}`);
    const durability = { mode: settled.durability, batchRecords: settled.batchRecords, batchMs: settled.batchMs };
    const vectors = parts.vectors();
    vectors.rebuildAll(state);
    const core: Core = {
      state,
      wal: parts.wal(ports, end, durability, settled.segmentBytes),
      vectors,
      publication: parts.publication(state.managerVersion),
      branchLocks: new Map(),
      gate: new Gate(),
      steps: ports.steps,
      logger: ports.logger,
    };
    const snapshots = new OpenSnapshots(ports.clock, settled.maxTransactionAgeMs);
    ports.logger.log("info", "store opened", {
      storeId: end.storeId,
      version: state.managerVersion,
      position: state.executed.position,
      checkpoint,
    });
    return new TransactionalStore(core, settled, parts, snapshots, parts.checkpointer(core, ports.disk, snapshots, checkpoint));
  }

  /** Up to where the replicated log is executed: the position of the last transaction, with its index among those of one position. */
  get executed(): Position {
    return this.core.state.executed;
  }
  get position(): number {
    return this.core.state.executed.position;
  }
  /** The version that new snapshots take. */
  get version(): number {
    return this.core.publication.storeVersion;
  }
  get storeId(): string {
    return this.core.wal.storeId;
  }

  /** Throws StoreError if there is no such branch. */
  begin(branch: string = mainBranch): Transaction {
    const { chains } = this.branch(branch);
    const id = this.newId("t");
    this.snapshots.open(id, this.version, true);
    const host = {
      steps: this.core.steps,
      checkOpen: (of: string) => this.snapshots.checkOpen(of),
      end: (of: string) => {
        this.snapshots.end(of);
        this.#transactions.delete(of);
      },
      commit: (of: string, prepared: Prepared) => this.run(of, prepared, undefined),
    };
    const transaction = this.parts.transaction(host, id, branch, this.version, chains);
    this.#transactions.set(id, transaction);
    return transaction;
  }

  /**
   * Validates and commits. With a position, calls must come in the order of the positions, one after the other: every
   * store that gets the same calls comes to the same outcomes and versions. Throws DecodeError for what is no prepared
   * transaction, StoreError for a position that was executed before, PoisonedError if the log has failed.
   */
  async commitPrepared(prepared: unknown, at?: { readonly position: number; readonly index?: number }): Promise<Outcome> {
    return this.execute(validated(Prepared, prepared, "a prepared transaction"), at);
  }

  /** The same for what is known to be a prepared transaction. */
  async execute(prepared: Prepared, at?: { readonly position: number; readonly index?: number }): Promise<Outcome> {
    if (at !== undefined && !(Number.isSafeInteger(at.position) && at.position > 0))
      throw new StoreError("positions are whole numbers from 1 on");
    return this.run(this.newId("p"), prepared, at && { position: at.position, index: at.index ?? 0 });
  }

  /** With `from`, the new branch begins with the newest state of that one. */
  async createBranch(name: string, options: { readonly from?: string } = {}): Promise<Outcome> {
    return this.commitPrepared(this.prepareBranch(name, options));
  }

  /** The creation of a branch as a prepared transaction, for a replicated store. Throws StoreError for what is no name. */
  prepareBranch(name: string, { from }: { readonly from?: string } = {}): Prepared {
    checkName("branch", name);
    const writes: Prepared["writes"] = [[pairKey(name), encodeOrigin(from ?? null)]];
    return { branch: branchesBranch, snapshot: this.version, reads: [], scans: [], writes, collections: [], vectors: [] };
  }

  /** The same for its deletion. Transactions that are open on it can still read, and not commit. */
  prepareBranchDeletion(name: string): Prepared {
    checkName("branch", name);
    const writes: Prepared["writes"] = [[pairKey(name), null]];
    return { branch: branchesBranch, snapshot: this.version, reads: [], scans: [], writes, collections: [], vectors: [] };
  }

  branches(): readonly string[] {
    return [...this.core.state.branches.keys()].filter((name) => name !== branchesBranch).sort();
  }

  /** The `k` nearest of a collection, of the newest published state. Throws StoreError. */
  searchVectors(branch: string, collection: string, query: Float32Array | readonly number[], k: number): readonly SearchHit[] {
    if (!Number.isSafeInteger(k) || k < 1 || k > 10_000) throw new StoreError("a search is for 1 to 10000 vectors");
    return this.core.vectors.search(this.branch(branch), branch, collection, Float32Array.from(query), k, this.version);
  }

  /** All that was committed so far survives a crash of the machine when it resolves; not with durability `none`. */
  async sync(): Promise<void> {
    await this.core.wal.sync();
  }
  async checkpoint(): Promise<number> {
    return this.checkpointer.checkpoint();
  }
  /** Drops versions that no open snapshot can read; says how many. */
  async collectVersions(): Promise<number> {
    return this.#collector.collect();
  }

  /** A branch at a version, the newest by default. Throws StoreError for a version that is not published, or may be collected. */
  exportBranch(name: string, version: number = this.version): BranchExport {
    const branch = this.branch(name);
    if (version > this.version) throw new StoreError(`version ${version} is not published: the newest is ${this.version}`);
    if (version < this.snapshots.lowest(this.version))
      throw new StoreError(`version ${version} may be collected: keep a transaction open at it`);
    const id = this.newId("e");
    this.snapshots.open(id, version, false);
    const count = [...branchKeys(branch, version)].length;
    const release = () => this.snapshots.end(id);
    return { branch: name, version, count, pairs: released(branchPairs(branch, version), release), release };
  }

  /** Puts the pairs in place of the branch, or makes it one; atomic, also in a crash. Throws StoreError for what cannot be pairs of a branch. */
  async importBranch(
    name: string,
    pairs: Iterable<Pair> | AsyncIterable<Pair>,
    at: { readonly version: number; readonly position?: number; readonly index?: number },
  ): Promise<void> {
    checkName("branch", name);
    const restored = newBranch();
    for await (const pair of pairs) loadPair(restored, pair, at.version, `the import of branch ${name}`);
    await this.checkpointer.replace((old) => withBranch(old, name, restored, at));
  }

  /** The whole store, at a moment when no commit is under way. */
  async exportSpaces(): Promise<StoreExport> {
    const { core } = this;
    return core.gate.whileEmpty(() => {
      const id = this.newId("e");
      const { state } = core;
      this.snapshots.open(id, state.managerVersion, false);
      const release = () => this.snapshots.end(id);
      return Promise.resolve({
        version: state.managerVersion,
        executed: state.executed,
        spaces: spacesOf(state, state.managerVersion),
        release,
      });
    });
  }

  /** Puts a whole store in place of this one; atomic, also in a crash. Throws StoreError or DecodeError, and then nothing is changed. */
  async importSpaces(spaces: Iterable<Space> | AsyncIterable<Space>): Promise<void> {
    const state = await loadSpaces(spaces);
    await this.checkpointer.replace(() => state);
  }

  observe(): Observation {
    const { core, snapshots, checkpointer } = this;
    return observation({ core, snapshots, checkpointer, execution: this.#execution, transactions: this.#transactions });
  }

  /** Waits for a checkpoint that is under way, and syncs what is logged. Nothing is committed afterwards. */
  async close(): Promise<void> {
    try {
      await this.checkpointer.whenIdle();
      if (this.core.wal.isUsable) await this.core.wal.sync();
    } finally {
      this.core.wal.close();
    }
  }

  protected async run(id: string, prepared: Prepared, executes: Position | undefined): Promise<Outcome> {
    const outcome = await this.#execution.execute(id, prepared, executes);
    if (outcome.status === "committed") this.maintain();
    return outcome;
  }

  /** In the background; a failure is logged, and tried again later. */
  protected maintain(): void {
    const { collectCommits, checkpointSegments } = this.options;
    this.#commits += 1;
    if (collectCommits > 0 && this.#commits % collectCommits === 0) void this.collectVersions();
    const behind = this.core.wal.nextIndex - 1 - Math.max(1, this.checkpointer.index);
    if (checkpointSegments === 0 || behind < checkpointSegments || this.#checkpointing) return;
    this.#checkpointing = true;
    this.checkpoint()
      .catch((error: unknown) => this.core.logger.log("error", "checkpoint failed", { error: messageOf(error) }))
      .finally(() => (this.#checkpointing = false));
  }

  protected branch(name: string): Branch {
    const branch = this.core.state.branch(name);
    if (branch === undefined) throw new StoreError(`there is no branch ${JSON.stringify(name)}`);
    return branch;
  }

  protected newId(kind: string): string {
    this.#lastId += 1;
    return `${kind}${this.#lastId}`;
  }
}

/** The same pairs, and then, or when the walk is given up, the end of the export. */
async function* released(pairs: Iterable<Pair>, release: () => void): AsyncGenerator<Pair> {
  try {
    for (const pair of pairs) yield await Promise.resolve(pair);
  } finally {
    release();
  }
}

const withBranch = (
  old: StoreState,
  name: string,
  branch: Branch,
  at: { readonly version: number; readonly position?: number; readonly index?: number },
): StoreState => {
  const state = new StoreState();
  for (const [other, kept] of old.branches) state.branches.set(other, kept);
  state.loadClients(old.clients);
  state.managerVersion = Math.max(old.managerVersion, at.version);
  state.executed = old.executed;
  if (at.position !== undefined) state.advance({ position: at.position, index: at.index ?? 0 });
  state.branches.set(name, branch);
  if (old.branches.has(name)) return state;
  // The old state stays as it is: it may have to go on.
  const names = newBranch();
  for (const [key, chain] of old.branches.get(branchesBranch)?.chains.entries() ?? []) names.chains.set(key, chain);
  state.branches.set(branchesBranch, names);
  state.apply(branchesBranch, pairKey(name), { version: state.managerVersion, value: encodeOrigin(null) });
  return state;
};
