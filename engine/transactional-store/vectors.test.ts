import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settle } from "../wiring/controlled/settle.ts";
import { byHand, open, ports, reopen } from "./example-store.ts";
import { storeParts } from "./transactional-store.ts";
import type { TransactionalStore } from "./transactional-store.ts";
import { VectorCollections } from "./vector-collections.ts";
import { HnswIndex, distance } from "./vector-index.ts";
import type { Metric, VectorIndex } from "./vector-index.ts";

const collection = async (store: TransactionalStore, metric: Metric, dimension = 2): Promise<void> => {
  const t = store.begin();
  t.createCollection("v", { dimension, metric });
  expect(await t.commit()).toMatchObject({ status: "committed" });
};
const insert = async (store: TransactionalStore, vectors: Readonly<Record<string, readonly number[] | null>>) => {
  const t = store.begin();
  for (const [key, vector] of Object.entries(vectors)) {
    if (vector === null) await t.deleteVector("v", key);
    else await t.insertVector("v", key, vector);
  }
  return t.commit();
};
const keys = (store: TransactionalStore, query: readonly number[], k = 10): readonly string[] =>
  store.searchVectors("main", "v", query, k).map((h) => h.key);

describe("vectors", () => {
  test("are found by distance, replaced under their key, and deleted", async () => {
    const of = ports();
    const store = await open(of);
    await collection(store, "l2sq");
    await insert(store, { near: [1, 0], far: [9, 0], middle: [4, 0] });
    expect(store.searchVectors("main", "v", [0, 0], 2)).toEqual([
      { key: "near", distance: 1 },
      { key: "middle", distance: 16 },
    ]);
    await insert(store, { near: [20, 0], far: null });
    expect(keys(store, [0, 0])).toEqual(["middle", "near"]);
    const ids = store.observe().vectors["main"];
    const recovered = await reopen(of.disk.image());
    expect(keys(recovered, [0, 0])).toEqual(["middle", "near"]);
    expect(recovered.observe().vectors["main"]).toEqual(ids);
    const t = recovered.begin();
    expect(await t.getVector("v", "near")).toEqual(Float32Array.of(20, 0));
    expect(await t.getVector("v", "far")).toBe(undefined);
  });

  test("are committed with the pairs of their transaction, or not at all", async () => {
    const of = ports();
    const store = await open(of);
    await collection(store, "cos");
    const [first, second] = [store.begin(), store.begin()];
    for (const t of [first, second]) {
      await t.get("document");
      t.put("document", new TextEncoder().encode(t.id));
      await t.insertVector("v", "document", t === first ? [1, 0] : [0, 1]);
    }
    expect([(await first.commit()).status, (await second.commit()).status]).toEqual(["committed", "refused"]);
    expect(store.searchVectors("main", "v", [1, 0], 5)).toEqual([{ key: "document", distance: 0 }]);
    of.disk.arm({ matches: (c) => c.kind === "append", code: "EIO" });
    await expect(insert(store, { lost: [1, 0] })).rejects.toThrow("EIO");
    expect(keys(store, [1, 0])).toEqual(["document"]);
    expect(keys(await reopen(of.disk.image()), [1, 0])).toEqual(["document"]);
  });

  test("that cannot be in the collection are refused, also from outside", async () => {
    const store = await open(ports());
    await collection(store, "cos");
    await expect(insert(store, { a: [1] })).rejects.toThrow("the vector has 1 dimensions, the collection 2");
    await expect(insert(store, { a: [1, Number.NaN] })).rejects.toThrow("not finite");
    await expect(insert(store, { a: [1e39, 0] })).rejects.toThrow("not finite");
    await expect(insert(store, { a: [0, 0] })).rejects.toThrow("zeros");
    expect(() => keys(store, [1, 2, 3])).toThrow("3 dimensions");
    expect(() => store.searchVectors("main", "w", [1, 2], 1)).toThrow('no collection "w"');
    const t = store.begin();
    await t.insertVector("v", "a", [1, 1]);
    const prepared = t.prepare();
    const vector = new Uint8Array(12);
    expect(await store.commitPrepared({ ...prepared, reads: [], vectors: [{ collection: "v", key: "a", vector }] })).toMatchObject({
      reason: "badVector",
    });
    expect(await store.commitPrepared({ ...prepared, reads: [], vectors: [{ collection: "w", key: "a", vector }] })).toMatchObject({
      reason: "noCollection",
    });
    const cut = store.commitPrepared({ ...prepared, reads: [], vectors: [{ collection: "v", key: "a", vector: new Uint8Array(6) }] });
    await expect(cut).rejects.toThrow("malformed at vectors.0.vector: is no vector of 32-bit floats");
    const other = store.begin();
    other.createCollection("v", { dimension: 3, metric: "cos" });
    expect(await other.commit()).toMatchObject({ status: "refused", reason: "badVector" });
  });

  test("are searched at the published version, whatever is in the index", async () => {
    const of = ports();
    const store = await open(of);
    await collection(store, "l2sq");
    await insert(store, { moved: [1, 0], gone: [2, 0], stays: [3, 0] });
    of.steps.hold((step) => step === "Finish");
    const commit = insert(store, { moved: [9, 0], gone: null, fresh: [0, 0] });
    await settle(of.disk, of.steps);
    expect(store.observe().committing[0]?.at).toBe("logged");
    expect(store.observe().vectors["main"]?.["v"]?.size).toBe(3);
    expect(store.searchVectors("main", "v", [0, 0], 3)).toEqual([
      { key: "moved", distance: 1 },
      { key: "gone", distance: 4 },
      { key: "stays", distance: 9 },
    ]);
    of.steps.releaseAll();
    await commit;
    expect(keys(store, [0, 0])).toEqual(["fresh", "stays", "moved"]);
  });

  test("of a fork are its own", async () => {
    const store = await open(ports());
    await collection(store, "l2sq");
    await insert(store, { a: [1, 0] });
    await store.createBranch("fork", { from: "main" });
    await insert(store, { a: [5, 0], b: [0, 0] });
    expect(store.searchVectors("fork", "v", [0, 0], 5)).toEqual([{ key: "a", distance: 1 }]);
  });

  test("stop the store if the index fails behind the log, until it is opened again", async () => {
    class Failing extends HnswIndex {
      override add(id: number, vector: Float32Array): void {
        if (vector[0] === 13) throw new Error("no memory");
        super.add(id, vector);
      }
    }
    const of = ports();
    const parts = { ...storeParts, vectors: () => new VectorCollections((metric, dimension) => new Failing(metric, dimension)) };
    const store = await open(of, {}, parts);
    await collection(store, "l2sq");
    await expect(insert(store, { a: [13, 0] })).rejects.toThrow("memory may differ from the disk: no memory");
    await expect(insert(store, { b: [1, 0] })).rejects.toThrow("until the store is opened again");
    expect(keys(await reopen(of.disk.image()), [0, 0])).toEqual(["a"]);
  });
});

/** Exact, one by one. */
class Exhaustive implements VectorIndex {
  readonly #vectors = new Map<number, Float32Array>();
  constructor(readonly metric: Metric) {}
  get size(): number {
    return this.#vectors.size;
  }
  add(id: number, vector: Float32Array): void {
    this.#vectors.set(id, vector);
  }
  remove(id: number): void {
    this.#vectors.delete(id);
  }
  search(query: Float32Array, k: number) {
    const all = [...this.#vectors].map(([id, v]) => ({ id, distance: distance(this.metric, query, v) }));
    return all.sort((a, b) => a.distance - b.distance).slice(0, k);
  }
}

test("the index finds what a comparison with every vector finds, through insertions, replacements, deletions and recovery", async () => {
  const number = fc.integer({ min: -50, max: 50 });
  const vector = fc.tuple(number, number, fc.integer({ min: 1, max: 50 }));
  const change = fc.tuple(fc.constantFrom("a", "b", "c", "d", "e", "f"), fc.option(vector, { freq: 4 }));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom<Metric>("cos", "l2sq", "ip"),
      fc.array(change, { maxLength: 30 }),
      vector,
      async (metric, changes, query) => {
        const of = ports();
        const exact = { ...storeParts, vectors: () => new VectorCollections((m) => new Exhaustive(m)) };
        const stores = [await open(of), await open(ports(), byHand, exact)] as const;
        for (const store of stores) {
          await collection(store, metric, 3);
          for (const [key, v] of changes) await insert(store, { [key]: v });
        }
        const expected = stores[1].searchVectors("main", "v", query, 6);
        for (const store of [stores[0], await reopen(of.disk.image())]) {
          const found = store.searchVectors("main", "v", query, 6);
          expect(found.map((h) => h.key).toSorted()).toEqual(expected.map((h) => h.key).toSorted());
          for (const [i, hit] of found.entries()) expect(Math.abs(hit.distance - (expected[i]?.distance ?? Number.NaN))).toBeLessThan(1e-3);
        }
      },
    ),
    { numRuns: 40 },
  );
});

describe("vectors whose distances could not be told", () => {
  const longest = Math.sqrt((2 - 2 ** -23) * 2 ** 125);
  test.each(["l2sq", "ip", "cos"] as const)("are refused (%s): a search compares numbers", async (metric) => {
    const store = await open(ports());
    await collection(store, metric);
    await expect(insert(store, { far: [3e38, 0] })).rejects.toThrow("distances would be infinite");
    await expect(insert(store, { far: [1.01 * longest, 0] })).rejects.toThrow("distances would be infinite");
    await insert(store, { far: [-0.999 * longest, 0], near: [1, 0] });
    const hits = store.searchVectors("main", "v", [0.999 * longest, 0], 10);
    expect(hits.map(({ key }) => key)).toEqual(["near", "far"]);
    expect(hits.every((hit) => Number.isFinite(hit.distance))).toBe(true);
    expect(() => store.searchVectors("main", "v", [3e38, 0], 10)).toThrow("distances would be infinite");
  });

  test("are refused when they are so short that their direction is lost", async () => {
    const store = await open(ports());
    await collection(store, "cos");
    await expect(insert(store, { short: [1e-30, 0] })).rejects.toThrow("its direction would be lost");
    await insert(store, { short: [0, 2 ** -50] });
    expect(store.searchVectors("main", "v", [2 ** -50, 0], 1)).toEqual([{ key: "short", distance: 1 }]);
  });
});

test("all vectors that are there are found, however many were written again and deleted before", async () => {
  const store = await open(ports());
  await collection(store, "l2sq");
  const numbers = Array.from({ length: 200 }, (_, i) => i);
  // Whole numbers in no order. With these the graph alone finds 122.
  const at = (i: number): readonly number[] => [(i * 182_137) % 211, (i * 104_729) % 199];
  for (const from of [0, 500, 1_000, 1_500]) await insert(store, Object.fromEntries(numbers.map((i) => [`key-${i}`, at(i + from)])));
  await insert(store, Object.fromEntries(numbers.slice(0, 52).map((i) => [`key-${i}`, null])));
  expect(keys(store, [100, 100], 1_000)).toHaveLength(148);
});
