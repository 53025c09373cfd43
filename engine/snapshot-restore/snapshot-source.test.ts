import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ControlledTable } from "../wiring/controlled/table.ts";
import { collect, id, pairsOf, snapshotOf, sorted, stream } from "./fixtures/example-snapshot.ts";
import { Frontier } from "./merkle/frontier.ts";
import { EMPTY } from "./merkle/hash.ts";
import { proves } from "./merkle/range-proof.ts";
import { SnapshotSource } from "./snapshot-source.ts";
import { bytesOf, chunkStart, leafOf, maxKeyBytes } from "./snapshot.ts";
import type { Pair } from "./snapshot.ts";

const sourceOf = (pairs: readonly Pair[], chunkBytes: number, scratch = new ControlledTable()) =>
  SnapshotSource.take({ id, space: "main", pairs: stream(pairs), scratch, chunkBytes });

const somePairs = fc
  .uniqueArray(fc.tuple(fc.string({ unit: "binary", maxLength: 8 }), fc.uint8Array({ maxLength: 30 })), {
    selector: ([key]) => key,
    maxLength: 25,
  })
  .map((pairs): readonly Pair[] => pairs);

describe("a snapshot of a space", () => {
  it("has every pair once, in chunks that are proven one after the other and are no larger than they may be", async () => {
    await fc.assert(
      fc.asyncProperty(somePairs, fc.integer({ min: 1, max: 200 }), async (pairs, chunkBytes) => {
        const source = await sourceOf(pairs, chunkBytes);
        const manifest = source.manifest();
        const frontier = Frontier.empty();
        const all: Pair[] = [];
        for (const [index, end] of manifest.chunkEnds.entries()) {
          const chunk = await source.chunk(index);
          const start = chunkStart(manifest, index);
          for (const pair of chunk.pairs) {
            const leaf = leafOf(pair);
            expect(start === undefined || leaf.keyHash > start).toBe(true);
            frontier.add(leaf);
          }
          expect(frontier.last?.keyHash).toBe(end);
          expect(proves(frontier, chunk.proof, manifest.root)).toBe(true);
          expect(chunk.pairs.length === 1 || chunk.pairs.reduce((sum, pair) => sum + bytesOf(pair), 0) <= chunkBytes).toBe(true);
          all.push(...chunk.pairs);
        }
        expect(sorted(all)).toEqual(sorted(pairs));
        expect(manifest).toMatchObject({
          ...id,
          space: "main",
          count: pairs.length,
          bytes: pairs.reduce((sum, pair) => sum + bytesOf(pair), 0),
        });
      }),
      { numRuns: 50 },
    );
  });

  it("is the same in whatever order the pairs come", async () => {
    const pairs = pairsOf(["a", "b", "c", "d", "e"]);
    const [one, other] = [await sourceOf(pairs, 20), await sourceOf([...pairs].reverse(), 20)];
    expect(one.manifest()).toEqual(other.manifest());
    expect(one.manifest().chunkEnds.length).toBeGreaterThan(1);
    expect(await one.chunk(1)).toEqual(await other.chunk(1));
  });

  it("of no pair has no chunk and the empty root", async () => {
    const { manifest } = await snapshotOf([]);
    expect(manifest).toMatchObject({ root: EMPTY, count: 0, bytes: 0, chunkEnds: [] });
  });

  it("takes no notice of what an earlier one left in the scratch table, and leaves nothing", async () => {
    const scratch = new ControlledTable();
    await sourceOf(pairsOf(["x", "y"]), 20, scratch);
    const source = await sourceOf(pairsOf(["a"]), 20, scratch);
    expect(source.manifest().count).toBe(1);
    await source.discard();
    expect(await collect(scratch.entries())).toEqual([]);
  });

  it("refuses a chunk that it has not, and a pair that is too large or not in UTF-8", async () => {
    const source = await sourceOf(pairsOf(["a"]), 20);
    for (const index of [1, -1, 0.5]) await expect(source.chunk(index)).rejects.toThrow(RangeError);
    await expect(sourceOf(pairsOf(["k".repeat(maxKeyBytes + 1)]), 20)).rejects.toThrow(`over ${maxKeyBytes} bytes`);
    await expect(sourceOf(pairsOf(["\ud800"]), 20)).rejects.toThrow("surrogate");
  });
});
