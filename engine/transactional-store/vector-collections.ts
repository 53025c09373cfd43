/**
 * Vector collections: their definitions and vectors are records of a branch like all others; the indexes here are
 * made from the records, and changed under the branch's lock in the commit that changes the record. A key has one id
 * for as long as it has a record, so that nothing is left behind in the index when it is written again.
 * A search answers from the newest published state: a change that is in the index, but not published, is passed over,
 * and the key's published vector compared instead.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import { StoreError } from "./errors.ts";
import { collectionKey, parseKey, vectorKey } from "./keys.ts";
import { Bytes } from "./record.ts";
import type { Branch, StoreState } from "./state.ts";
import { HnswIndex, distance } from "./vector-index.ts";
import type { Metric, VectorIndex } from "./vector-index.ts";
import { readAt } from "./version-chain.ts";
import type { Entry } from "./version-chain.ts";

export const maxDimension = 8192;
export const CollectionDefinition = z.strictObject({
  dimension: z.number().int().min(1).max(maxDimension),
  metric: z.enum(["cos", "l2sq", "ip"]),
});
export type CollectionDefinition = z.infer<typeof CollectionDefinition>;
const VectorRecord = z.strictObject({ id: z.number().int().positive(), vector: Bytes });

export const encodeVector = (vector: Float32Array): Uint8Array => {
  const bytes = new Uint8Array(vector.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [i, x] of vector.entries()) view.setFloat32(i * 4, x, true);
  return bytes;
};
export const decodeVector = (bytes: Uint8Array): Float32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getFloat32(i * 4, true));
};
export const encodeDefinition = (definition: CollectionDefinition): Uint8Array => encode(definition);
export const decodeDefinition = (bytes: Uint8Array, what: string): CollectionDefinition => decode(CollectionDefinition, bytes, what);
export const encodeVectorRecord = (id: number, vector: Uint8Array): Uint8Array => encode({ id, vector });
export const decodeVectorRecord = (bytes: Uint8Array, what: string) => decode(VectorRecord, bytes, what);

/**
 * Of the sum of a vector's squares. Distances are computed in 32 bits: no two vectors up to the first are so far apart that theirs
 * is infinite, and none from the second on is so short that its direction is lost.
 */
const mostSquares = (2 - 2 ** -23) * 2 ** 125;
const leastSquares = 2 ** -100;

/** Why the vector cannot be in the collection; undefined if it can. */
export const wrongVector = (vector: Float32Array, { dimension, metric }: CollectionDefinition): string | undefined => {
  if (vector.length !== dimension) return `the vector has ${vector.length} dimensions, the collection ${dimension}`;
  if (!vector.every(Number.isFinite)) return "the vector has a number that is not finite";
  if (metric === "cos" && vector.every((x) => x === 0)) return "a vector of zeros has no direction to compare";
  const squares = vector.reduce((sum, x) => sum + x * x, 0);
  if (squares > mostSquares) return `the vector is longer than ${Math.sqrt(mostSquares).toExponential(1)}: distances would be infinite`;
  if (metric === "cos" && squares < leastSquares) return `the vector is shorter than 2^-50: its direction would be lost`;
  return undefined;
};

export interface SearchHit {
  readonly key: string;
  readonly distance: number;
}

class Collection {
  readonly index: VectorIndex;
  readonly ids = new Map<string, number>();
  readonly keys = new Map<number, string>();
  /** The newest change of a key, as long as it may not be published. */
  readonly changes = new Map<string, number>();

  constructor(
    readonly definition: CollectionDefinition,
    newIndex: NewIndex,
  ) {
    this.index = newIndex(definition.metric, definition.dimension);
  }

  change(key: string, entry: Entry, what: string): void {
    this.changes.set(key, entry.version);
    const old = this.ids.get(key);
    if (old !== undefined) {
      this.index.remove(old);
      this.keys.delete(old);
      this.ids.delete(key);
    }
    if (entry.value === undefined) return;
    const { id, vector } = decodeVectorRecord(entry.value, what);
    this.index.add(id, decodeVector(vector));
    this.ids.set(key, id);
    this.keys.set(id, key);
  }
}

export type NewIndex = (metric: Metric, dimension: number) => VectorIndex;
export const newHnswIndex: NewIndex = (metric, dimension) => new HnswIndex(metric, dimension);

export class VectorCollections {
  readonly #branches = new Map<string, Map<string, Collection>>();

  constructor(protected readonly newIndex: NewIndex = newHnswIndex) {}

  /** All indexes of a branch anew, from its records: after recovery, an import, or a fork. */
  rebuild(name: string, branch: Branch): void {
    this.#branches.set(name, new Map());
    for (const [key, [newest]] of branch.chains.entries("c")) {
      const parsed = parseKey(key);
      if (newest === undefined || parsed === undefined) continue;
      if (parsed.kind === "pair") continue;
      this.change(name, key, newest);
      if (parsed.kind === "vector") this.#find(name, parsed.collection)?.changes.clear();
    }
  }

  /** The branch is deleted. */
  forget(name: string): void {
    this.#branches.delete(name);
  }

  rebuildAll(state: StoreState): void {
    this.#branches.clear();
    for (const [name, branch] of state.branches) this.rebuild(name, branch);
  }

  /** The record under an internal key was written: the index follows. */
  change(branch: string, key: string, entry: Entry): void {
    const parsed = parseKey(key);
    if (parsed === undefined || parsed.kind === "pair") return;
    const what = `the record of ${JSON.stringify(key)} on branch ${branch}`;
    const collections = this.#branches.get(branch) ?? new Map<string, Collection>();
    this.#branches.set(branch, collections);
    if (parsed.kind === "vector") collections.get(parsed.collection)?.change(parsed.key, entry, what);
    else if (entry.value !== undefined && !collections.has(parsed.collection))
      collections.set(parsed.collection, new Collection(decodeDefinition(entry.value, what), this.newIndex));
  }

  /** The `k` nearest at the published version, the nearest first, equally near ones in the order of their keys. Throws StoreError. */
  search(branch: Branch, name: string, collection: string, query: Float32Array, k: number, published: number): readonly SearchHit[] {
    const found = readAt(branch.chains.get(collectionKey(collection)), published);
    const indexed = this.#find(name, collection);
    if (found?.value === undefined || indexed === undefined)
      throw new StoreError(`branch ${name} has no collection ${JSON.stringify(collection)}`);
    const { definition, index, keys, changes } = indexed;
    const wrong = wrongVector(query, definition);
    if (wrong !== undefined) throw new StoreError(wrong);
    for (const [key, version] of changes) if (version <= published) changes.delete(key);
    const hits = index.search(query, k + changes.size);
    // Deletions can cut the graph into parts of which a search meets one: then all are compared.
    const isCut = hits.length < Math.min(k + changes.size, index.size);
    const settled = isCut
      ? [...keys.values()].flatMap((key) => (changes.has(key) ? [] : this.#compared(branch, collection, definition, query, key, published)))
      : hits.flatMap((hit): SearchHit[] => {
          const key = keys.get(hit.id);
          return key === undefined || changes.has(key) ? [] : [{ key, distance: hit.distance }];
        });
    const unsettled = [...changes.keys()].flatMap((key) => this.#compared(branch, collection, definition, query, key, published));
    return [...settled, ...unsettled].sort((a, b) => a.distance - b.distance || (a.key < b.key ? -1 : 1)).slice(0, k);
  }

  /** The published vector of a key, if it has one, compared with the query. */
  #compared(
    branch: Branch,
    collection: string,
    { metric }: CollectionDefinition,
    query: Float32Array,
    key: string,
    published: number,
  ): readonly SearchHit[] {
    const entry = readAt(branch.chains.get(vectorKey(collection, key)), published);
    if (entry?.value === undefined) return [];
    const { vector } = decodeVectorRecord(entry.value, `the record of vector ${JSON.stringify(key)}`);
    return [{ key, distance: distance(metric, query, decodeVector(vector)) }];
  }

  /** Per collection of a branch: which id each key has in the index. */
  observe(branch: string) {
    return Object.fromEntries(
      [...(this.#branches.get(branch) ?? [])].map(([name, { ids, index }]) => [
        name,
        { size: index.size, ids: Object.fromEntries([...ids].sort(([a], [b]) => (a < b ? -1 : 1))) },
      ]),
    );
  }

  #find(branch: string, collection: string): Collection | undefined {
    return this.#branches.get(branch)?.get(collection);
  }
}
