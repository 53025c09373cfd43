/** What validation refuses of a prepared transaction, which may come from anywhere, and what a refusal leaves behind: nothing. */
import { describe, expect, test } from "vitest";
import { bytes, open, ports, reopen } from "./example-store.ts";
import { branchesBranch, pairKey } from "./keys.ts";
import { maxValueBytes } from "./prepared.ts";
import type { Prepared } from "./prepared.ts";
import { encodeOrigin } from "./state.ts";
import type { TransactionalStore } from "./transactional-store.ts";

const prepared = (over: Partial<Prepared>): Prepared => {
  return { branch: "main", snapshot: 0, reads: [], scans: [], writes: [], collections: [], vectors: [], ...over };
};
const reasonOf = async (store: TransactionalStore, over: Partial<Prepared>): Promise<string> => {
  const outcome = await store.commitPrepared(prepared(over));
  return outcome.status === "refused" ? `${outcome.reason}: ${outcome.detail}` : outcome.status;
};
const definition = { dimension: 2, metric: "l2sq" } as const;
const vector = new Uint8Array(Float32Array.of(1, 0).buffer);

describe("on the branch of the branches, a commit is refused", () => {
  const opens = (name: string, from: string | null): Partial<Prepared> => {
    return { branch: branchesBranch, writes: [[pairKey(name), encodeOrigin(from)]] };
  };
  test("that opens what cannot be a branch, what is one, or what has no origin", async () => {
    const store = await open(ports());
    expect(await reasonOf(store, opens("no/name", null))).toBe('noBranch: "no/name" cannot be a branch');
    expect(await reasonOf(store, { branch: branchesBranch, writes: [[pairKey("x"), bytes("no record")]] })).toContain("cannot be a branch");
    expect(await reasonOf(store, opens("main", null))).toBe("branchExists: the branch main exists");
    expect(await reasonOf(store, opens("x", branchesBranch))).toContain('no branch "$branches" to fork');
    expect(await reasonOf(store, opens("x", "nowhere"))).toContain('no branch "nowhere" to fork');
    expect(await reasonOf(store, opens("x", "main"))).toBe("committed");
    expect(await reasonOf(store, opens("y", null))).toBe("committed");
    expect(store.branches()).toEqual(["main", "x", "y"]);
  });

  test("that deletes a branch, or has vectors or collections", async () => {
    const store = await open(ports());
    expect(await reasonOf(store, { branch: branchesBranch, writes: [[pairKey("main"), null]] })).toContain("cannot be deleted");
    const [vectors, collections] = [[{ collection: "v", key: "a", vector }], [{ name: "v", definition }]];
    expect(await reasonOf(store, { branch: branchesBranch, vectors })).toContain("noCollection: branches are pairs");
    expect(await reasonOf(store, { branch: branchesBranch, collections })).toContain("noCollection: branches are pairs");
  });
});

describe("a commit is refused", () => {
  test("on a branch that there is not, which leaves no lock behind", async () => {
    const store = await open(ports());
    const writes: Prepared["writes"] = [[pairKey("a"), bytes("1")]];
    expect(await reasonOf(store, { branch: "nowhere", writes })).toBe('noBranch: there is no branch "nowhere"');
    expect(Object.keys(store.observe().branchLock)).not.toContain("nowhere");
    expect(await reasonOf(store, { writes })).toBe("committed");
    expect(Object.keys(store.observe().branchLock)).toContain("main");
  });

  test("that is too large, by all its keys and values", async () => {
    const store = await open(ports());
    const value = new Uint8Array(maxValueBytes);
    const [first, second] = [pairKey("a"), pairKey("b")];
    expect(
      await reasonOf(store, {
        writes: [
          [first, value],
          [second, value],
        ],
      }),
    ).toMatch(/^tooLarge: the transaction has 33554444 bytes/);
    // Three bytes for each unit of a key, so that the keys alone are too much.
    const writes: Prepared["writes"] = [
      [first, value],
      [second, value.subarray(6)],
    ];
    expect(await reasonOf(store, { writes })).toContain("has 33554438 bytes");
  });

  test("that changes the definition of a collection; the same one again is none", async () => {
    const store = await open(ports());
    const defines = (d: { dimension: number; metric: "l2sq" | "cos" }): Promise<string> =>
      reasonOf(store, { collections: [{ name: "v", definition: d }] });
    expect(await defines(definition)).toBe("committed");
    expect(await defines(definition)).toBe("committed");
    expect(await defines({ dimension: 3, metric: "l2sq" })).toContain("the collection v has dimension 2 and metric l2sq already");
    expect(await defines({ dimension: 2, metric: "cos" })).toContain("badVector");
  });

  test("that has vectors of no collection of its branch, or wrong ones", async () => {
    const store = await open(ports());
    const vectors = [{ collection: "v", key: "a", vector }];
    expect(await reasonOf(store, { vectors })).toBe("noCollection: branch main has no collection v");
    expect(await reasonOf(store, { vectors: [{ collection: "v", key: "a", vector: null }] })).toContain("noCollection");
    const collections = [{ name: "v", definition: { ...definition, dimension: 3 } }];
    expect(await reasonOf(store, { collections, vectors })).toContain("badVector");
    expect(await reasonOf(store, { collections: [{ name: "v", definition }], vectors })).toBe("committed");
    expect(await reasonOf(store, { vectors: [{ collection: "v", key: "a", vector: null }] })).toBe("committed");
  });
});

test("vectors of one commit, of several, and of a store that was opened again have ids of their own, and keep them", async () => {
  const of = ports();
  const store = await open(of);
  const insert = (s: TransactionalStore, ...keys: readonly string[]): Promise<string> =>
    reasonOf(s, { collections: [{ name: "v", definition }], vectors: keys.map((key) => ({ collection: "v", key, vector })) });
  await insert(store, "a", "b");
  await insert(store, "b", "c", "d");
  const again = await reopen(of.disk.image());
  await insert(again, "a", "e");
  expect(again.observe().vectors["main"]?.["v"]?.size).toBe(5);
  expect(again.searchVectors("main", "v", [0, 0], 10).map((hit) => hit.key)).toEqual(["a", "b", "c", "d", "e"]);
});
