/**
 * A snapshot for an engine whose keys are those of the specs: numbered in hash order, each with a right and a wrong value.
 * Keys are searched for whose hashes begin with given bits, so that the tree has the shape that the specs speak of.
 */
import { ControlledTable } from "../../engine/wiring/controlled/table.ts";
import { EMPTY, bitsOf, hashOfKey, hashOfNode } from "../../engine/snapshot-restore/merkle/hash.ts";
import type { Hash, Leaf } from "../../engine/snapshot-restore/merkle/hash.ts";
import { leafOf } from "../../engine/snapshot-restore/snapshot.ts";
import type { Chunk, Manifest, Pair } from "../../engine/snapshot-restore/snapshot.ts";
import { SnapshotSource } from "../../engine/snapshot-restore/snapshot-source.ts";
import { HarnessError } from "../../conformance/driver.ts";

export type Content = "none" | "good" | "bad";
export const clusterId = "conformance";
export const space = "main";

interface NumberedKey {
  readonly good: Pair;
  readonly bad: Pair;
  readonly bits: string;
}

const keyWith = (prefix: string, number: number): NumberedKey => {
  for (let salt = 0; ; salt += 1) {
    const key = `key ${number}.${salt}`;
    const bits = bitsOf(hashOfKey(key));
    /** Both values have the same length, so that what the engine counts does not tell them apart. */
    if (bits.startsWith(prefix)) return { good: [key, Buffer.from("right")], bad: [key, Buffer.from("wrong")], bits };
  }
};

/** The root of the tree of some leaves with the same first `depth` bits, by definition. */
const rootOf = (leaves: readonly Leaf[], depth: number): Hash => {
  const [first] = leaves;
  if (first === undefined) return EMPTY;
  if (leaves.length === 1) return hashOfNode(first);
  const on = (bit: string) => leaves.filter((l) => bitsOf(l.keyHash)[depth] === bit);
  return hashOfNode({ left: rootOf(on("0"), depth + 1), right: rootOf(on("1"), depth + 1) });
};

/** What some leaves below a path may be: number of a key -> content. */
type Contents = ReadonlyMap<number, Content>;

export class NumberedSnapshot {
  private readonly numbers: ReadonlyMap<Hash, number>;
  /** Path -> hash of the node there -> what it stands for. */
  private readonly subtrees = new Map<string, ReadonlyMap<Hash, Contents>>();

  private constructor(
    private readonly keys: readonly NumberedKey[],
    private readonly ends: readonly number[],
    readonly manifest: Manifest,
    private readonly proofs: readonly Chunk["proof"][],
  ) {
    this.numbers = new Map(keys.map(({ good }, i) => [hashOfKey(good[0]), i + 1]));
  }

  /** A key for each prefix, in ascending order; `ends` are the last keys of the chunks. */
  static async of(prefixes: readonly string[], ends: readonly number[]): Promise<NumberedSnapshot> {
    const keys = prefixes.map((prefix, i) => keyWith(prefix, i + 1));
    // eslint-disable-next-line @typescript-eslint/require-await -- what is asynchronous here is the interface
    const pairs = async function* () {
      for (const { good } of keys) yield good;
    };
    const id = { clusterId, version: 1, position: 1 };
    const source = await SnapshotSource.take({ id, space, pairs: pairs(), scratch: new ControlledTable(), chunkBytes: 1e6, chunkPairs: 1 });
    const single = source.manifest();
    /** A range proof says what is on the right of the last key, wherever the range begins. */
    const lasts = await Promise.all(ends.map((end) => source.chunk(end - 1)));
    const chunkEnds = single.chunkEnds.filter((_, i) => ends.includes(i + 1));
    return new NumberedSnapshot(
      keys,
      ends,
      { ...single, chunkEnds },
      lasts.map((chunk) => chunk.proof),
    );
  }

  private key(number: number): NumberedKey {
    const key = this.keys[number - 1];
    if (key === undefined) throw new HarnessError(`the snapshot has no key ${number}`);
    return key;
  }
  get keyNumbers(): readonly number[] {
    return this.keys.map((_, i) => i + 1);
  }

  /** Chunks count from 0, as in the engine. */
  keysOfChunk(index: number): readonly number[] {
    const [after, end] = [this.ends[index - 1] ?? 0, this.ends[index]];
    return end === undefined ? [] : this.keyNumbers.filter((k) => k > after && k <= end);
  }
  /** `badKey` has the wrong value. */
  chunk(index: number, badKey?: number): Chunk {
    const pairs = this.keysOfChunk(index).map((k) => (k === badKey ? this.key(k).bad : this.key(k).good));
    return { index, pairs, proof: this.proofs[index] ?? [] };
  }

  /** The number of a key by its hash; 0 for none. */
  numberOf(hash: Hash | null | undefined): number {
    if (hash === null || hash === undefined) return 0;
    const number = this.numbers.get(hash);
    if (number === undefined) throw new HarnessError(`the engine has a key hash that no key of the snapshot has: ${hash}`);
    return number;
  }
  contentOfPair(number: number, value: Uint8Array | undefined): Content {
    if (value === undefined) return "none";
    return Buffer.from(value).equals(this.key(number).good[1]) ? "good" : "bad";
  }
  contentOfLeaf({ keyHash, valueHash }: Leaf): Content {
    return leafOf(this.key(this.numberOf(keyHash)).good).valueHash === valueHash ? "good" : "bad";
  }
  nameOf(number: number): string {
    return this.key(number).good[0];
  }
  bitsOf(number: number): string {
    return this.key(number).bits;
  }

  /** What the hash of a subtree stands for: the one choice of contents below its path that has this hash. */
  contentsBelow(path: string, hash: Hash): Contents {
    const known = this.subtrees.get(path) ?? this.subtreesAt(path);
    this.subtrees.set(path, known);
    const contents = known.get(hash);
    if (contents === undefined)
      throw new HarnessError(`the engine has a hash at ${path || "the root"} that no choice of values has: ${hash}`);
    return contents;
  }
  private subtreesAt(path: string): ReadonlyMap<Hash, Contents> {
    const below = this.keyNumbers.filter((k) => this.bitsOf(k).startsWith(path));
    let choices: readonly (readonly (readonly [number, Content])[])[] = [[]];
    for (const k of below)
      choices = choices.flatMap((choice) => (["none", "good", "bad"] as const).map((c) => [...choice, [k, c] as const]));
    return new Map(
      choices.map((choice) => {
        const leaves = choice.flatMap(([k, c]) => (c === "none" ? [] : [leafOf(this.key(k)[c])]));
        return [rootOf(leaves, path.length), new Map(choice)];
      }),
    );
  }
}

const bitsFor = (count: number): number => Math.ceil(Math.log2(count));
const binary = (value: number, bits: number): string => (bits === 0 ? "" : value.toString(2).padStart(bits, "0"));

/** The first bits of the key hashes of a chunk, which counts from 1: the path of the node over its two keys. */
export const chunkPath = (chunk: number, chunks: number): string => binary(chunk - 1, bitsFor(chunks));
/** So many shards that the keys of a chunk are one, and no others are with them. */
export const shardPerChunk = (chunks: number): number => 2 ** bitsFor(chunks);

const made = new Map<string, Promise<NumberedSnapshot>>();
const once = (name: string, make: () => Promise<NumberedSnapshot>): Promise<NumberedSnapshot> => {
  const snapshot = made.get(name) ?? make();
  made.set(name, snapshot);
  return snapshot;
};
const numbersTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Chunks of one key, or of two below an inner node of their own. */
export const chunkedSnapshot = (chunks: number, keysPerChunk: number): Promise<NumberedSnapshot> =>
  once(`${chunks} of ${keysPerChunk}`, () => {
    const suffixes = keysPerChunk === 1 ? [""] : ["0", "1"];
    const prefixes = numbersTo(chunks).flatMap((chunk) => suffixes.map((suffix) => chunkPath(chunk, chunks) + suffix));
    return NumberedSnapshot.of(
      prefixes,
      numbersTo(chunks).map((chunk) => chunk * keysPerChunk),
    );
  });

/** Every key in a shard of its own, in chunks that end with the given keys. */
export const scatteredSnapshot = async (
  ends: readonly number[],
): Promise<{ readonly snapshot: NumberedSnapshot; readonly shards: number }> => {
  const count = Math.max(0, ...ends);
  const bits = bitsFor(count);
  const prefixes = numbersTo(count).map((k) => binary(k - 1, bits));
  return { snapshot: await once(`ends ${ends.join()}`, () => NumberedSnapshot.of(prefixes, ends)), shards: 2 ** bits };
};
