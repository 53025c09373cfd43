import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BLOCK, HOLE, PairBatch, PairTable, TableFull, reservePairs } from "./pair-table.ts";

const pairs = fc.array(fc.tuple(fc.nat(20), fc.oneof(fc.nat(20), fc.constant(0xfffffffe))), { maxLength: 200 });
const variants = [false, true].flatMap((shared) => ([0, 1] as const).map((firstId) => ({ shared, firstId })));

/** What whoever owns a table alone does when it needs room. */
const grown = (table: PairTable): void => {
  table.rest(false);
  table.grow();
};

describe.each(variants)("a table of pairs (shared: $shared, first id $firstId)", ({ shared, firstId }) => {
  const table = (maxIds = 1024): PairTable => new PairTable(reservePairs(maxIds, { shared, firstId, slots: 16 }), grown);

  it("gives equal pairs equal ids, also after growing", () => {
    fc.assert(
      fc.property(pairs, (given) => {
        const t = table();
        const model = new Map<string, number>();
        for (const [a, b] of given) {
          const key = `${String(a)} ${String(b)}`;
          expect(t.find(a, b)).toBe(model.get(key) ?? -1);
          const id = t.intern(a, b);
          expect(t.fresh).toBe(!model.has(key));
          expect(id).toBe(model.get(key) ?? id);
          model.set(key, id);
        }
        expect(new Set(model.values()).size).toBe(model.size);
        expect(t.inserted).toBe(model.size);
        for (const [key, id] of model) {
          expect(`${String(t.data[2 * id])} ${String(t.data[2 * id + 1])}`).toBe(key);
          expect(t.find(...(key.split(" ").map(Number) as [number, number]))).toBe(id);
          expect(id).toBeGreaterThanOrEqual(firstId);
          expect(id).toBeLessThan(t.size);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("interns a batch as it interns its pairs one by one", () => {
    fc.assert(
      fc.property(pairs, pairs, (before, given) => {
        const [batched, one] = [table(), table()];
        for (const [a, b] of before) expect(batched.intern(a, b)).toBe(one.intern(a, b));
        const batch = new PairBatch(given.length);
        given.forEach(([a, b], i) => {
          batch.lefts[i] = a;
          batch.rights[i] = b;
        });
        batched.internBatch(batch, given.length);
        given.forEach(([a, b], i) => {
          expect(batch.ids[i]).toBe(one.intern(a, b));
          expect(batch.isNew[i]).toBe(one.fresh ? 1 : 0);
        });
        expect(batched.inserted).toBe(one.inserted);
      }),
      { numRuns: 50 },
    );
  });

  it("says when it is full", () => {
    const t = table(BLOCK);
    const fill = (from: number, to: number): void => {
      for (let i = from; i < to; i++) t.intern(i, i);
    };
    fill(0, BLOCK - firstId); // as many as it has ids for
    expect(() => fill(BLOCK, BLOCK + 1)).toThrow(TableFull);
    for (let i = 0; i < BLOCK - firstId; i++) expect(t.find(i, i)).toBe(i + firstId);
  });

  it("has no room where it may not grow, and keeps what it has", () => {
    const t = new PairTable(reservePairs(1024, { shared, firstId, slots: 256 }), () => {
      throw new TableFull();
    });
    const fill = (): void => {
      for (let i = 0; i < 1024; i++) t.intern(i, i);
    };
    expect(fill).toThrow(TableFull);
    expect(t.inserted).toBeGreaterThan(100);
    for (let i = 0; i < t.inserted; i++) expect(t.find(i, i)).toBe(i + firstId);
    expect(fill).toThrow(TableFull);
  });
});

it("two views of shared memory see each other's pairs, and what one leaves over is a hole", () => {
  const memory = reservePairs(1024, { shared: true, firstId: 0, slots: 256 });
  const [a, b] = [new PairTable(memory), new PairTable(memory)];
  const first = a.intern(7, 8);
  expect(b.intern(7, 8)).toBe(first);
  expect(b.fresh).toBe(false);
  const second = b.intern(8, 7);
  expect(Math.floor(second / BLOCK)).not.toBe(Math.floor(first / BLOCK));
  expect(a.find(8, 7)).toBe(second);
  a.rest(true);
  b.rest(true);
  expect(a.data[2 * (first + 1)]).toBe(HOLE);
  expect(a.size).toBe(2 * BLOCK);
  // The next pair starts a new block, so that ids follow the levels of a search.
  expect(a.intern(1, 1)).toBe(2 * BLOCK);
  a.rest(true);
  a.grow();
  b.resync();
  expect(b.capacity).toBe(a.capacity);
  expect([b.find(7, 8), b.find(8, 7), b.find(1, 1), b.find(2, 2)]).toEqual([first, second, 2 * BLOCK, -1]);
});

it("keeps a block for later where holes are not given up", () => {
  const t = new PairTable(reservePairs(1024, { shared: true, firstId: 1 }));
  const id = t.intern(3, 3);
  t.rest(false);
  expect(t.intern(4, 4)).toBe(id + 1);
});

it("threads that share a table rebuild it together", () => {
  const memory = reservePairs(1024, { shared: true, firstId: 0, slots: 256 });
  const [a, b] = [new PairTable(memory), new PairTable(memory)];
  const ids = Array.from({ length: 150 }, (_, i) => (i % 2 === 0 ? a : b).intern(i, 3 * i));
  a.rest(true);
  b.rest(true);
  const [from, to] = a.clearForGrowth();
  b.resync();
  const middle = from + 70;
  b.rebuild(middle, to);
  expect(a.find(0, 0)).toBe(-1);
  a.rebuild(from, middle);
  expect(ids.map((_, i) => b.find(i, 3 * i))).toEqual(ids);
  expect(ids.map((_, i) => a.intern(i, 3 * i))).toEqual(ids);
});
