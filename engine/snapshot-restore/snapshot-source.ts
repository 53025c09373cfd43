/**
 * A snapshot of one space, ready to be served. The pairs, in whatever order they come, are written to a scratch table by their
 * key hashes, which sorts them; one pass over that builds the tree and cuts the chunks. Memory: one batch of pairs, and for each
 * chunk a boundary and a proof (about 32 bytes times the depth of the tree). The scratch table is not synced: after a restart the
 * source is made anew. It is independent of the store from then on.
 */
import { decode, encode, validated } from "../codec.ts";
import type { Table, Write } from "../ports.ts";
import { Frontier } from "./merkle/frontier.ts";
import { hashOfKey, hashOfValue } from "./merkle/hash.ts";
import type { Hash } from "./merkle/hash.ts";
import { RangeProofs } from "./merkle/range-proof.ts";
import type { RangeProof } from "./merkle/range-proof.ts";
import { deleteRows } from "./rows.ts";
import { bytesOf, manifestSchema, maxChunkPairs, pairSchema } from "./snapshot.ts";
import type { Chunk, Manifest, Pair, SnapshotId } from "./snapshot.ts";

export interface SourceOptions {
  readonly id: SnapshotId;
  readonly space: string;
  /** Every pair of the space at the version, once each. */
  readonly pairs: AsyncIterable<Pair>;
  /** A table for scratch; all its rows are below `spoolRows`. */
  readonly scratch: Table;
  /** A chunk ends before it would exceed this; a pair that is larger is a chunk of its own. */
  readonly chunkBytes: number;
  readonly chunkPairs?: number;
}

/** What the rows of every source begin with, and those of one snapshot. */
export const spoolRows = "spool/";
export const spoolRowsOf = ({ version, position }: SnapshotId): string => `${spoolRows}${version}-${position}/`;

/** The rows of one space in a scratch table. */
class Spool {
  private readonly prefix: string;
  private readonly table: Table;
  private readonly batchBytes: number;

  constructor({ id, space, scratch, chunkBytes }: SourceOptions) {
    this.prefix = `${spoolRowsOf(id)}${encodeURIComponent(space)}/`;
    this.table = scratch;
    this.batchBytes = chunkBytes;
  }

  async fill(pairs: AsyncIterable<Pair>): Promise<void> {
    await this.clear();
    let writes: Write[] = [];
    let bytes = 0;
    for await (const given of pairs) {
      const pair = validated(pairSchema, given, "a pair of the snapshot");
      writes.push({ put: this.prefix + hashOfKey(pair[0]), value: encode(pair) });
      bytes += bytesOf(pair);
      if (bytes < this.batchBytes) continue;
      await this.table.write(writes, { sync: false });
      [writes, bytes] = [[], 0];
    }
    await this.table.write(writes, { sync: false });
  }

  /** In the order of the key hashes: after `start`, if it is given, up to and including `end`. */
  async *entries(start?: Hash, end?: Hash): AsyncGenerator<readonly [Hash, Pair]> {
    /** "/" sorts before every digit, "0" right after "/"; "g" after every digit. */
    const range = {
      from: this.prefix + (start === undefined ? "" : `${start}g`),
      to: end === undefined ? `${this.prefix}g` : `${this.prefix}${end}g`,
    };
    for await (const [row, bytes] of this.table.entries(range)) {
      yield [row.slice(this.prefix.length), decode(pairSchema, bytes, `row ${row} of the scratch table`)];
    }
  }

  clear(): Promise<void> {
    return deleteRows(this.table, this.prefix);
  }
}

export class SnapshotSource {
  private constructor(
    private readonly spool: Spool,
    private readonly description: Manifest,
    private readonly proofs: readonly RangeProof[],
  ) {}

  /** Reads all pairs. Throws DecodeError for a pair that is too large, and what the pairs or the table throw. */
  static async take(options: SourceOptions): Promise<SnapshotSource> {
    const spool = new Spool(options);
    await spool.fill(options.pairs);
    const { id, space, chunkBytes, chunkPairs = 4096 } = options;
    const [frontier, proofs] = [Frontier.empty(), new RangeProofs()];
    const usage = { count: 0, bytes: 0 };
    const open = { count: 0, bytes: 0 };
    const chunkEnds: Hash[] = [];
    const endChunk = (next: Hash | undefined): void => {
      const end = frontier.last;
      if (end === undefined) return;
      chunkEnds.push(end.keyHash);
      proofs.endRange(end.keyHash, next);
      [open.count, open.bytes] = [0, 0];
    };
    for await (const [keyHash, pair] of spool.entries()) {
      const bytes = bytesOf(pair);
      if (open.count > 0 && (open.bytes + bytes > chunkBytes || open.count >= Math.min(chunkPairs, maxChunkPairs))) endChunk(keyHash);
      proofs.freeze(frontier.add({ keyHash, valueHash: hashOfValue(pair[1]) }));
      for (const sum of [usage, open]) [sum.count, sum.bytes] = [sum.count + 1, sum.bytes + bytes];
    }
    endChunk(undefined);
    proofs.freeze(frontier.end());
    const manifest = { ...id, space, root: frontier.root(), ...usage, chunkEnds };
    return new SnapshotSource(spool, validated(manifestSchema, manifest, `the manifest of ${space}`), proofs.proofs());
  }

  manifest(): Manifest {
    return this.description;
  }

  /** From 0. Throws RangeError. */
  async chunk(index: number): Promise<Chunk> {
    const [end, proof] = [this.description.chunkEnds[index], this.proofs[index]];
    if (end === undefined || proof === undefined) {
      throw new RangeError(`there is no chunk ${index}; the snapshot of ${this.description.space} has ${this.proofs.length}`);
    }
    const pairs: Pair[] = [];
    for await (const [, pair] of this.spool.entries(this.description.chunkEnds[index - 1], end)) pairs.push(pair);
    return { index, pairs, proof };
  }

  /** Deletes the rows in the scratch table. */
  discard(): Promise<void> {
    return this.spool.clear();
  }
}
