import fc from "fast-check";
import { expect, test } from "vitest";
import { Publication } from "./publication.ts";

const versions = fc.integer({ min: 1, max: 6 }).chain((n) => {
  const all = Array.from({ length: n }, (_, i) => i + 1);
  return fc.shuffledSubarray(all, { minLength: n, maxLength: n });
});

test("new snapshots see all that has finished below the lowest unfinished commit, whoever finishes first", async () => {
  await fc.assert(
    fc.asyncProperty(versions, async (order) => {
      const publication = new Publication(0);
      const told = new Set<number>();
      for (let version = 1; version <= order.length; version++) {
        publication.allocated(version);
        void publication.whenPublished(version).then(() => told.add(version));
      }
      const unfinished = new Set(order);
      for (const version of order) {
        unfinished.delete(version);
        publication.finished(version, order.length);
        // All continuations that can run have run.
        await new Promise(setImmediate);
        const visible = Math.min(order.length + 1, ...unfinished) - 1;
        expect(publication.storeVersion).toBe(visible);
        expect([...told].sort()).toEqual(order.filter((v) => v <= visible).sort());
        expect(publication.pending).toEqual([...unfinished].sort());
      }
    }),
  );
});

test("after an import the version is the import's, even if it is lower; who waits for what is published does not wait", async () => {
  const publication = new Publication(7);
  await publication.whenPublished(7);
  publication.reset(3);
  expect(publication.storeVersion).toBe(3);
});
