/**
 * The tree's side of a restore: adds a chunk's leaves to the tree in memory, checks the range proof, hands what is frozen to the
 * asynchronous write. Leaves that are already on disk are skipped, but the chunk is checked whole: the key-value side may not
 * have its pairs yet. Memory changes before the proof is checked, so after a refusal the object is of no more use.
 */
import type { Steps, Table } from "../ports.ts";
import { BadChunkError, BadManifestError, OtherSnapshotError, RestoreFailedError, UnopenableError, messageOf } from "./errors.ts";
import { Frontier } from "./merkle/frontier.ts";
import type { FrontierValue, FrozenNode } from "./merkle/frontier.ts";
import type { Hash, Leaf } from "./merkle/hash.ts";
import { proves } from "./merkle/range-proof.ts";
import type { OfferedChunk } from "./offered-chunk.ts";
import type { Manifest } from "./snapshot.ts";
import { TreeRows } from "./tree-rows.ts";
import { TreeWriter } from "./tree-writer.ts";
import type { WriterState } from "./tree-writer.ts";

export interface TreeSideState extends WriterState {
  readonly pc: "idle" | "add" | "hand" | "done" | "refused" | "failed";
  /** The key hash of the last leaf added. */
  readonly previous: Hash | null;
  /** The key hash of the last leaf that was handed to a write. */
  readonly handed: Hash | null;
  /** The tree was finished when it was opened. */
  readonly isComplete: boolean;
  /** The leaf at `previous` and the hashes on the left of its path. */
  readonly frontier: FrontierValue;
}

export class TreeSide {
  protected pc: TreeSideState["pc"] = "idle";
  protected frontier = Frontier.empty();
  protected handed: Hash | undefined;
  protected isComplete = false;
  /** Frozen and not yet handed over. */
  protected frozen: FrozenNode[] = [];
  protected readonly rows: TreeRows;
  protected readonly writer: TreeWriter;

  constructor(
    table: Table,
    protected readonly manifest: Manifest,
    shardOf: (hash: Hash) => number,
    protected readonly steps: Steps,
  ) {
    this.rows = new TreeRows(table, manifest);
    this.writer = new TreeWriter((frozen) => this.rows.writeNodes(frozen), shardOf, steps);
  }

  get previous(): Hash | undefined {
    return this.frontier.last?.keyHash;
  }

  observe(): TreeSideState {
    const { pc, previous = null, handed = null, isComplete } = this;
    return { pc, previous, handed, isComplete, frontier: this.frontier.value(), ...this.writer.observe() };
  }

  /** Rebuilds the unfinished part of the tree from the rightmost leaf on disk. Throws OtherSnapshotError, UnopenableError, DecodeError. */
  async open(): Promise<void> {
    await this.rows.checkOwner();
    const root = await this.rows.root();
    if (root !== undefined && root !== this.manifest.root) {
      throw new OtherSnapshotError(`the tree of ${this.manifest.space} is finished with root ${root}, not ${this.manifest.root}`);
    }
    this.isComplete = root !== undefined;
    const rightmost = await this.rows.rightmostLeaf();
    if (rightmost !== undefined) {
      const frontier = await this.rows.frontierAt(rightmost);
      if (frontier === undefined)
        throw new UnopenableError(
          `the rightmost leaf of the tree of ${this.manifest.space} is not on the path of its key hash ${rightmost}`,
        );
      this.frontier = frontier;
    }
    this.handed = rightmost;
  }

  /** Returns the tree after the chunk's last leaf. Throws BadChunkError, BadManifestError. */
  async add(chunk: OfferedChunk): Promise<Frontier> {
    const { previous } = this;
    this.addFresh(chunk.leaves.filter((leaf) => previous === undefined || leaf.keyHash > previous));
    const skips = previous !== undefined && (chunk.after === undefined || previous > chunk.after);
    const proven = skips ? await this.frontierIfWholeIsProven(chunk) : this.frontierIfProven(this.frontier, chunk);
    if (proven === undefined) {
      this.pc = "refused";
      throw new BadChunkError(
        `the range proof of chunk ${chunk.index} of ${this.manifest.space} does not lead to root ${this.manifest.root}`,
      );
    }
    this.pc = previous !== undefined && previous >= chunk.last ? "done" : "hand";
    return proven;
  }

  /** Nodes of a leaf that was on disk when the restore was opened are there too: they were one write. */
  protected addFresh(fresh: readonly Leaf[]): void {
    for (const leaf of fresh)
      this.frozen.push(...this.frontier.add(leaf).filter((node) => this.handed === undefined || node.last > this.handed));
  }

  protected frontierIfProven(frontier: Frontier, chunk: OfferedChunk): Frontier | undefined {
    return proves(frontier, chunk.proof, this.manifest.root) ? Frontier.of(frontier.value()) : undefined;
  }

  /** Of a chunk that the tree has a part of: checked from its beginning, with what is on disk on the left of it. */
  protected async frontierIfWholeIsProven(chunk: OfferedChunk): Promise<Frontier | undefined> {
    const whole = chunk.after === undefined ? Frontier.empty() : await this.rows.frontierAt(chunk.after);
    if (whole === undefined)
      throw new BadManifestError(
        `chunk ${chunk.index} of ${this.manifest.space} begins after ${chunk.after}, which the tree has no leaf of`,
      );
    for (const leaf of chunk.leaves) whole.add(leaf);
    return this.frontierIfProven(whole, chunk);
  }

  /** Waits for the write before, and hands over what is frozen. Throws RestoreFailedError when the write before has failed. */
  async hand(): Promise<void> {
    const failure = await this.writer.wait();
    const pause = this.steps.reached(failure === undefined ? "TreeHand" : "TreeWaitFails");
    if (pause) await pause;
    if (failure !== undefined) {
      this.writer.forget();
      this.pc = "failed";
      throw new RestoreFailedError(`a write of the tree of ${this.manifest.space} failed: ${messageOf(failure)}`, { cause: failure });
    }
    this.handFrozen();
    this.pc = "done";
  }

  protected handFrozen(): void {
    const last = this.frozen.at(-1);
    if (last === undefined) return;
    this.writer.hand(this.frozen);
    this.frozen = [];
    this.handed = last.last;
  }

  begin(): void {
    this.pc = "add";
  }
  end(): void {
    this.pc = "idle";
  }

  /** The error of the last write, when it has ended. */
  wait(): Promise<unknown> {
    return this.writer.wait();
  }
  stop(): Promise<void> {
    return this.writer.stop();
  }

  root(): Hash {
    return this.frontier.root();
  }

  /** What is frozen at the end, the rest of the right-most path, in one write. */
  async writeRest(): Promise<void> {
    if (this.isComplete) return;
    this.frozen.push(...this.frontier.end().filter((node) => this.handed === undefined || node.last > this.handed));
    if (this.frozen.length > 0) await this.rows.writeNodes(this.frozen);
    this.frozen = [];
    this.handed = this.previous;
  }

  async writeRoot(): Promise<void> {
    if (!this.isComplete) await this.rows.writeRoot(this.root());
  }
}
