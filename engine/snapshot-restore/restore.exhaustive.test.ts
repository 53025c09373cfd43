/** The searches of restore.test.ts in larger bounds: more and smaller chunks, every bad chunk, faults of every kind together. */
import { expect, it } from "vitest";
import { pairsOf, snapshotOf } from "./fixtures/example-snapshot.ts";
import { badChunks, searchFaults } from "./fixtures/restore-oracle.ts";

const keys = Array.from({ length: 12 }, (_, i) => `key ${i}`);

it.each(["default", "keysOnly", "treeOnly"] as const)(
  "four chunks of three, and eight of one, with crashes and a failed write: %s",
  async (mode) => {
    for (const [count, chunkPairs] of [
      [12, 3],
      [8, 1],
    ] as const) {
      const { wrong } = await searchFaults(await snapshotOf(pairsOf(keys.slice(0, count)), chunkPairs), { failing: true, mode });
      expect(wrong).toEqual([]);
    }
  },
);

it("every bad chunk, with crashes and a failed write", async () => {
  const snapshot = await snapshotOf(pairsOf(keys.slice(0, 6)));
  const bad = snapshot.chunks.flatMap((chunk, i) => badChunks(chunk).map(([, b]) => [i, b] as const));
  const { wrong } = await searchFaults(snapshot, { failing: true, bad });
  expect(wrong).toEqual([]);
});
