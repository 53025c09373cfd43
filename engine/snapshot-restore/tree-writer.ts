/**
 * The asynchronous write behind the tree: at most one at a time, its shards one after the other in the order of the keys, each
 * atomic and synced, so that what a crash or a failure leaves is a prefix. A failed write stays noted until it is forgotten.
 */
import type { Steps } from "../ports.ts";
import type { FrozenNode } from "./merkle/frontier.ts";
import type { Hash } from "./merkle/hash.ts";

export interface WriterState {
  readonly write: "none" | "pending" | "failed";
  /** The key hashes of the first and the last leaf that are yet to be written. */
  readonly from: Hash | null;
  readonly to: Hash | null;
}

/** A run of nodes in one shard, in the order in which they froze. A node belongs to the shard of the last leaf below it. */
const shardsOf = (frozen: readonly FrozenNode[], shardOf: (hash: Hash) => number): FrozenNode[][] => {
  const shards: FrozenNode[][] = [];
  for (const node of frozen) {
    const before = shards.at(-1);
    if (before?.[0] !== undefined && shardOf(before[0].last) === shardOf(node.last)) before.push(node);
    else shards.push([node]);
  }
  return shards;
};

export class TreeWriter {
  private write: WriterState["write"] = "none";
  private shards: FrozenNode[][] = [];
  private running: Promise<void> = Promise.resolve();
  private error: unknown;
  private isStopped = false;
  private readonly stopped: Promise<void>;
  private tellStopped: (() => void) | undefined;

  constructor(
    private readonly writeNodes: (frozen: readonly FrozenNode[]) => Promise<void>,
    private readonly shardOf: (hash: Hash) => number,
    private readonly steps: Steps,
  ) {
    this.stopped = new Promise((resolve) => (this.tellStopped = resolve));
  }

  observe(): WriterState {
    return { write: this.write, from: this.shards[0]?.[0]?.last ?? null, to: this.shards.at(-1)?.at(-1)?.last ?? null };
  }

  /** When no write is running. Returns the error of the last one, if it failed. */
  async wait(): Promise<unknown> {
    await this.running;
    return this.write === "failed" ? this.error : undefined;
  }

  /** The failure of the last write has been seen. */
  forget(): void {
    if (this.write === "failed") this.write = "none";
  }

  /** Begins a write. There must be none. */
  hand(frozen: readonly FrozenNode[]): void {
    this.shards = shardsOf(frozen, this.shardOf);
    this.write = "pending";
    this.running = this.writeShards();
  }

  /** Cuts the running write off before its next shard; resolves when none is being written. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.tellStopped?.();
    await this.running;
  }

  private async writeShards(): Promise<void> {
    try {
      for (let shard = this.shards[0]; shard !== undefined; shard = this.shards[0]) {
        const pause = this.steps.reached("WriteShard", { from: shard[0]?.last, to: shard.at(-1)?.last });
        if (pause) await Promise.race([pause, this.stopped]);
        if (this.isStopped) return;
        await this.writeNodes(shard);
        this.shards = this.shards.slice(1);
      }
      this.write = "none";
    } catch (error) {
      this.error = error;
      this.shards = [];
      this.write = "failed";
    }
  }
}
