/**
 * The restore of one space from a snapshot: its key-value pairs and its tree side by side. Per chunk two threads: the tree's
 * adds the leaves and checks the range proof, then hands what is frozen to a write that goes on while the next chunk is added;
 * the other waits for the check, writes the values, then its progress. After a failure of any kind the object is of no more
 * use: a new one opens what is on disk and goes on from there. The names of the steps are those of the actions in the protocol.
 *
 * Where it goes on: at the first chunk that one of its sides does not have all of; a side that has nothing begins at the start.
 */
import { DecodeError, validated } from "../codec.ts";
import type { Steps, Table } from "../ports.ts";
import {
  BadChunkError,
  BadManifestError,
  OtherClusterError,
  RestoreFailedError,
  SnapshotError,
  UnopenableError,
  messageOf,
} from "./errors.ts";
import { KvSide } from "./kv-side.ts";
import type { KvSideState } from "./kv-side.ts";
import type { Frontier } from "./merkle/frontier.ts";
import { bitsOf } from "./merkle/hash.ts";
import type { Hash } from "./merkle/hash.ts";
import { proves } from "./merkle/range-proof.ts";
import { readChunk } from "./offered-chunk.ts";
import type { OfferedChunk } from "./offered-chunk.ts";
import { manifestSchema } from "./snapshot.ts";
import type { Manifest } from "./snapshot.ts";
import { TreeSide } from "./tree-side.ts";
import type { TreeSideState } from "./tree-side.ts";

export type RestoreMode = "default" | "keysOnly" | "treeOnly";

export interface RestoreTables {
  readonly kv: Table;
  readonly tree: Table;
}
export interface RestoreOptions {
  readonly clusterId: string;
  readonly manifest: Manifest;
  readonly tables: RestoreTables;
  readonly steps: Steps;
  readonly mode?: RestoreMode;
  /** A chunk is written in this many shards at most, by the first bits of the key hash: a power of two up to 256. */
  readonly shards?: number;
}

export type RestorePc = "down" | "ready" | "adding" | "failed" | "finishing" | "rooting" | "finishFailed" | "finished" | "unopenable";
export interface RestoreState {
  readonly mode: RestoreMode;
  readonly pc: RestorePc;
  /** The chunk that is being added or comes next, from 0; the number of chunks when only finish is left. */
  readonly at: number;
  readonly kv: KvSideState;
  readonly tree: TreeSideState;
}

/** What the check of a chunk gives: the tree after its last leaf. Rejects when the chunk is refused. */
export interface Check {
  readonly passed: Promise<Frontier>;
  readonly pass: (frontier: Frontier) => void;
  readonly refuse: (error: unknown) => void;
}
const newCheck = (): Check => {
  let pass: Check["pass"] | undefined;
  let refuse: Check["refuse"] | undefined;
  const passed = new Promise<Frontier>((resolve, reject) => ([pass, refuse] = [resolve, reject]));
  /** Whoever awaits it sees the error; nobody may be left to. */
  passed.catch(() => undefined);
  return { passed, pass: (frontier) => pass?.(frontier), refuse: (error) => refuse?.(error) };
};

export class Restore {
  protected pc: RestorePc = "down";
  protected at = 0;
  protected readonly manifest: Manifest;
  protected readonly mode: RestoreMode;
  protected readonly steps: Steps;
  protected readonly kv: KvSide;
  protected readonly tree: TreeSide;

  /** Throws DecodeError for a malformed manifest, OtherClusterError. */
  constructor({ clusterId, manifest, tables, steps, mode = "default", shards = 16 }: RestoreOptions) {
    this.manifest = validated(manifestSchema, manifest, "the manifest");
    if (this.manifest.clusterId !== clusterId) {
      throw new OtherClusterError(`the snapshot of ${this.manifest.space} is of cluster ${this.manifest.clusterId}, this is ${clusterId}`);
    }
    if (![1, 2, 4, 8, 16, 32, 64, 128, 256].includes(shards))
      throw new RangeError(`shards must be a power of two up to 256, not ${shards}`);
    const shardBits = Math.log2(shards);
    const shardOf = (hash: Hash): number => parseInt(`0${bitsOf(hash.slice(0, 2)).slice(0, shardBits)}`, 2);
    this.mode = mode;
    this.steps = steps;
    this.kv = this.newKvSide(tables.kv, shardOf);
    this.tree = this.newTreeSide(tables.tree, shardOf);
  }

  protected newKvSide(table: Table, shardOf: (hash: Hash) => number): KvSide {
    return new KvSide(table, this.manifest, shardOf);
  }
  protected newTreeSide(table: Table, shardOf: (hash: Hash) => number): TreeSide {
    return new TreeSide(table, this.manifest, shardOf, this.steps);
  }

  observe(): RestoreState {
    return { mode: this.mode, pc: this.pc, at: this.at, kv: this.kv.observe(), tree: this.tree.observe() };
  }

  /** The chunk that comes next; undefined when only finish is left. */
  get nextChunk(): number | undefined {
    return this.at < this.manifest.chunkEnds.length ? this.at : undefined;
  }

  /** Reads what is on disk. Throws OtherSnapshotError, UnopenableError. */
  async open(): Promise<void> {
    this.mustBe("down");
    await this.step("Open");
    try {
      if (this.hasKv) await this.kv.open();
      if (this.hasTree) await this.tree.open();
    } catch (error) {
      this.pc = "unopenable";
      if (error instanceof DecodeError) throw new UnopenableError(error.message, { cause: error });
      throw error;
    }
    const point = this.resumePoint();
    const next = point === undefined ? 0 : this.manifest.chunkEnds.findIndex((end) => end > point);
    this.at = next === -1 ? this.manifest.chunkEnds.length : next;
    this.pc = "ready";
  }

  /** The key hash up to which nothing is left to do; undefined for the start. */
  protected resumePoint(): Hash | undefined {
    const [kv, tree] = [this.kv.progress, this.tree.previous];
    if (!this.hasTree) return kv;
    if (!this.hasKv) return tree;
    if (kv === undefined || tree === undefined) return undefined;
    return kv < tree ? kv : tree;
  }

  /** Adds the chunk that comes next. Throws BadChunkError, BadManifestError, RestoreFailedError; then the object is of no more use. */
  async addChunk(given: unknown): Promise<void> {
    this.mustBe("ready");
    await this.step("FetchChunk", { chunk: this.at });
    this.pc = "adding";
    try {
      await this.addWithBothSides(readChunk(this.manifest, this.at, given));
    } catch (error) {
      this.pc = "failed";
      throw this.asFailure(error);
    }
    this.at += 1;
    this.pc = "ready";
  }

  protected async addWithBothSides(chunk: OfferedChunk): Promise<void> {
    const check = newCheck();
    if (this.hasKv) this.kv.pc = "start";
    if (this.hasTree) this.tree.begin();
    const ends = await Promise.allSettled([
      this.hasKv ? this.kvThread(chunk, check) : undefined,
      this.hasTree ? this.treeThread(chunk, check) : undefined,
    ]);
    await this.step("Join");
    this.kv.pc = "idle";
    this.tree.end();
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  protected async treeThread(chunk: OfferedChunk, check: Check): Promise<void> {
    await this.step("TreeAdd");
    let isNew: boolean;
    try {
      const frontier = await this.tree.add(chunk);
      isNew = this.tree.observe().pc === "hand";
      check.pass(frontier);
    } catch (error) {
      check.refuse(error);
      throw error;
    }
    if (isNew) await this.tree.hand();
  }

  protected async kvThread(chunk: OfferedChunk, check: Check): Promise<void> {
    try {
      await this.mayWriteKv(chunk, check);
    } catch (error) {
      await this.step("KvAborts");
      this.kv.pc = "aborted";
      /** The tree's thread reports why. */
      if (this.hasTree) return;
      throw error;
    }
    if (this.kv.has(chunk.last)) {
      await this.step("KvSkip");
    } else {
      await this.step("KvValues");
      await this.kv.writeValues(chunk);
      this.kv.pc = "progress";
      await this.step("KvProgress");
      await this.kv.writeProgress(chunk, await this.frontierAfter(chunk, check));
    }
    this.kv.pc = "done";
  }

  /** The tree's thread checks the chunk; when there is none, it is checked against what is below the progress. */
  protected async mayWriteKv(chunk: OfferedChunk, check: Check): Promise<void> {
    if (!this.hasTree) this.checkWithoutTree(chunk, check);
    await check.passed;
  }

  protected frontierAfter(_chunk: OfferedChunk, check: Check): Promise<Frontier> {
    return check.passed;
  }

  protected checkWithoutTree(chunk: OfferedChunk, check: Check): void {
    const frontier = this.kv.frontier;
    for (const leaf of chunk.leaves) if (!this.kv.has(leaf.keyHash)) frontier.add(leaf);
    if (proves(frontier, chunk.proof, this.manifest.root)) check.pass(frontier);
    else
      check.refuse(
        new BadChunkError(`the range proof of chunk ${chunk.index} of ${this.manifest.space} does not lead to root ${this.manifest.root}`),
      );
  }

  /** When every chunk is added. Throws RestoreFailedError, BadManifestError; then the object is of no more use. */
  async finish(): Promise<void> {
    this.mustBe("ready");
    if (this.nextChunk !== undefined) throw new RestoreFailedError(`chunk ${this.nextChunk} of ${this.manifest.space} comes before finish`);
    await this.step("BeginFinish");
    this.pc = "finishing";
    try {
      const failure = await this.tree.wait();
      if (failure !== undefined) throw this.asFailure(failure);
      this.checkFinished();
      if (this.hasTree) await this.finishTree();
    } catch (error) {
      await this.step("FinishFails");
      this.pc = "finishFailed";
      throw this.asFailure(error);
    }
    this.pc = "finished";
  }

  protected async finishTree(): Promise<void> {
    await this.step("FinishNodes");
    await this.tree.writeRest();
    this.pc = "rooting";
    await this.step("FinishRoot");
    await this.tree.writeRoot();
  }

  /** Before the root is written: the root, and what was counted. */
  protected checkFinished(): void {
    if (this.hasKv) this.kv.checkFinished();
    if (this.hasTree && this.tree.root() !== this.manifest.root) {
      throw new BadManifestError(
        `the tree of ${this.manifest.space} has root ${this.tree.root()}, not ${this.manifest.root}, after the last chunk of the manifest`,
      );
    }
  }

  /** Ends the running write, so that another object may be opened. To be called after a failure, too. */
  async abandon(): Promise<void> {
    await this.tree.stop();
    if (this.pc !== "finished") this.pc = "down";
  }

  protected get hasKv(): boolean {
    return this.mode !== "treeOnly";
  }
  protected get hasTree(): boolean {
    return this.mode !== "keysOnly";
  }

  protected async step(name: string, args?: Readonly<Record<string, unknown>>): Promise<void> {
    const pause = this.steps.reached(name, args);
    if (pause) await pause;
  }

  private mustBe(pc: RestorePc): void {
    if (this.pc !== pc) throw new RestoreFailedError(`the restore of ${this.manifest.space} is ${this.pc}, not ${pc}; open a new one`);
  }

  /** What a table or the wiring throws is wrapped. */
  private asFailure(error: unknown): SnapshotError {
    if (error instanceof SnapshotError) return error;
    return new RestoreFailedError(`the restore of ${this.manifest.space} failed: ${messageOf(error)}`, { cause: error });
  }
}
