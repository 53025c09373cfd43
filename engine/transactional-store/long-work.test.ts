/** The thread is not held by one transaction, however large, nor by what is collected after it. */
import { expect, test } from "vitest";
import { open, ports } from "./example-store.ts";
import { pairKey } from "./keys.ts";
import type { Prepared } from "./prepared.ts";

const keys = 60_000;
const writesOf = (value: number): Prepared["writes"] =>
  Array.from({ length: keys }, (_, i) => [pairKey(`key ${String(i)}`), Uint8Array.of(value)]);

/** How often others had their turn while the work was done. */
const turnsDuring = async (work: () => Promise<unknown>): Promise<number> => {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await work();
  isDone = true;
  return turns;
};

test("a transaction of 60,000 writes lets others have their turn, and is seen as a whole", async () => {
  const store = await open(ports(), { collectCommits: 0 });
  const prepared = { branch: "main", snapshot: 0, reads: [], scans: [], collections: [], vectors: [] };
  await store.execute({ ...prepared, writes: writesOf(1) });
  const seen = new Set<string>();
  const look = async (): Promise<void> => {
    const t = store.begin();
    const [first, last] = [await t.get("key 0"), await t.get(`key ${String(keys - 1)}`)];
    seen.add(`${String(first?.[0])} ${String(last?.[0])}`);
    t.abort();
  };
  const over = new AbortController();
  const readers = (async () => {
    while (!over.signal.aborted) {
      await look();
      await new Promise(setImmediate);
    }
  })();
  expect(await turnsDuring(() => store.execute({ ...prepared, writes: writesOf(2) }))).toBeGreaterThan(20);
  await look();
  over.abort();
  await readers;
  expect([...seen]).toEqual(["1 1", "2 2"]);
  expect(await turnsDuring(() => store.collectVersions())).toBeGreaterThan(20);
});
