/**
 * The key-value side of a restore: the values of a chunk in shards, in parallel and in any order, each synced; then one record
 * with the progress, the usage so far, and the tree's frontier there, which is what a later chunk is checked against when there
 * is no tree. Values beyond the progress are written again. What the record counts cannot be counted twice.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import type { Table, Write } from "../ports.ts";
import { BadManifestError } from "./errors.ts";
import { Frontier, frontierSchema } from "./merkle/frontier.ts";
import type { Hash } from "./merkle/hash.ts";
import type { OfferedChunk } from "./offered-chunk.ts";
import { RowOwner, rowsOf } from "./rows.ts";
import { bytesOf, usageSchema } from "./snapshot.ts";
import type { Manifest, Pair, Usage } from "./snapshot.ts";

export interface KvSideState {
  readonly pc: "idle" | "start" | "progress" | "done" | "aborted";
  /** The last key hash in the progress record. */
  readonly progress: Hash | null;
  readonly usage: Usage;
}

const progressSchema = z.strictObject({ usage: usageSchema, frontier: frontierSchema });

export class KvSide {
  pc: KvSideState["pc"] = "idle";
  protected usage: Usage = { count: 0, bytes: 0 };
  protected atProgress = Frontier.empty();
  protected readonly prefix: string;
  protected readonly owner: RowOwner;

  constructor(
    protected readonly table: Table,
    protected readonly manifest: Manifest,
    protected readonly shardOf: (hash: Hash) => number,
  ) {
    this.prefix = rowsOf("kv", manifest.space);
    this.owner = new RowOwner(table, "kv", manifest);
  }

  get progress(): Hash | undefined {
    return this.atProgress.last?.keyHash;
  }
  /** The tree of the pairs up to the progress; a copy. */
  get frontier(): Frontier {
    return Frontier.of(this.atProgress.value());
  }

  observe(): KvSideState {
    return { pc: this.pc, progress: this.progress ?? null, usage: this.usage };
  }

  /** Throws OtherSnapshotError, DecodeError. */
  async open(): Promise<void> {
    await this.owner.check();
    const row = `${this.prefix}progress`;
    const bytes = await this.table.get(row);
    if (bytes === undefined) return;
    const record = decode(progressSchema, bytes, `row ${row}`);
    this.usage = record.usage;
    this.atProgress = Frontier.of(record.frontier);
  }

  has(hash: Hash): boolean {
    return this.progress !== undefined && this.progress >= hash;
  }

  /** What the side has yet to write of a chunk. */
  protected fresh(chunk: OfferedChunk): readonly (readonly [Hash, Pair])[] {
    return chunk.pairs.flatMap((pair, i) => {
      const hash = chunk.leaves[i]?.keyHash;
      return hash === undefined || this.has(hash) ? [] : [[hash, pair] as const];
    });
  }

  /** All shards come to an end, also when one fails. */
  async writeValues(chunk: OfferedChunk): Promise<void> {
    const shards = new Map<number, Write[]>();
    for (const [hash, [key, value]] of this.fresh(chunk)) {
      const shard = this.shardOf(hash);
      const writes = shards.get(shard) ?? [this.owner.claim()];
      shards.set(shard, writes);
      writes.push({ put: `${this.prefix}pair/${key}`, value });
    }
    const ends = await Promise.allSettled([...shards.values()].map((writes) => this.table.write(writes, { sync: true })));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  /** `frontier` is the tree after the chunk's last leaf. */
  async writeProgress(chunk: OfferedChunk, frontier: Frontier): Promise<void> {
    const fresh = this.fresh(chunk);
    const usage = { count: this.usage.count + fresh.length, bytes: fresh.reduce((sum, [, pair]) => sum + bytesOf(pair), this.usage.bytes) };
    const record = encode({ usage, frontier: frontier.value() });
    await this.table.write([this.owner.claim(), { put: `${this.prefix}progress`, value: record }], { sync: true });
    this.usage = usage;
    this.atProgress = frontier;
  }

  /** At the end: everything is there, and as much as the manifest says. Throws BadManifestError. */
  checkFinished(): void {
    const { space, root, count, bytes } = this.manifest;
    if (this.atProgress.root() !== root) {
      throw new BadManifestError(
        `the pairs of ${space} have root ${this.atProgress.root()}, not ${root}, after the last chunk of the manifest`,
      );
    }
    if (this.usage.count !== count || this.usage.bytes !== bytes) {
      throw new BadManifestError(
        `${space} has ${this.usage.count} pairs of ${this.usage.bytes} bytes, by the manifest ${count} of ${bytes}`,
      );
    }
  }
}
