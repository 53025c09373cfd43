/** What validation refuses of a prepared transaction, which may come from anywhere, and what a refusal leaves behind: nothing. */
import { describe, expect, test } from "vitest";
import { settle } from "../wiring/controlled/settle.ts";
import { maxTransactionBytes } from "./commit-protocol.ts";
import { bytes, contents, open, ports, reopen } from "./example-store.ts";
import { branchesBranch, pairKey } from "./keys.ts";
import { maxValueBytes } from "./prepared.ts";
import type { Prepared } from "./prepared.ts";
import { encodeOrigin } from "./state.ts";
import type { TransactionalStore } from "./transactional-store.ts";
import { maxDimension } from "./vector-collections.ts";

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
    for (const name of ["no/name", "", ".hidden", "n".repeat(129)])
      expect(await reasonOf(store, opens(name, null))).toBe(`noBranch: "${name}" cannot be a branch`);
    expect(await reasonOf(store, { branch: branchesBranch, writes: [[pairKey("x"), bytes("no record")]] })).toContain("cannot be a branch");
    expect(await reasonOf(store, opens("main", null))).toBe("branchExists: the branch main exists");
    expect(await reasonOf(store, opens("x", branchesBranch))).toContain('no branch "$branches" to fork');
    expect(await reasonOf(store, opens("x", "nowhere"))).toContain('no branch "nowhere" to fork');
    expect(await reasonOf(store, opens("x", "main"))).toBe("committed");
    const longest = "n".repeat(128);
    expect(await reasonOf(store, opens(longest, null))).toBe("committed");
    expect(store.branches()).toEqual(["main", longest, "x"]);
  });

  test("that makes more than one branch, each of which may be a copy of a large one", async () => {
    const store = await open(ports());
    const origin = encodeOrigin("main");
    const two: Prepared["writes"] = [
      [pairKey("x"), origin],
      [pairKey("y"), origin],
    ];
    expect(await reasonOf(store, { branch: branchesBranch, writes: two })).toBe("tooLarge: a transaction makes one branch, not 2");
    expect(store.branches()).toEqual(["main"]);
  });

  test("that deletes the main branch or one that is not there, or has vectors or collections", async () => {
    const store = await open(ports());
    expect(await reasonOf(store, { branch: branchesBranch, writes: [[pairKey("main"), null]] })).toContain("main cannot be deleted");
    expect(await reasonOf(store, { branch: branchesBranch, writes: [[pairKey("x"), null]] })).toContain('there is no branch "x" to delete');
    expect(await reasonOf(store, { branch: branchesBranch, writes: [[pairKey(branchesBranch), null]] })).toContain("cannot be a branch");
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

  test("on a branch that there is not, also behind others that wait for the same lock", async () => {
    const of = ports();
    const store = await open(of);
    of.steps.hold((step) => step === "Validate");
    const outcomes: string[] = [];
    const writes: Prepared["writes"] = [[pairKey("a"), bytes("1")]];
    for (let i = 0; i < 3; i++) void reasonOf(store, { branch: "nowhere", writes }).then((reason) => outcomes.push(reason));
    await settle(of.disk, of.steps);
    expect(store.observe().branchLock["nowhere"]).toEqual({ owner: "p1", waiting: ["p2", "p3"] });
    of.steps.releaseAll();
    await settle(of.disk, of.steps);
    expect(outcomes).toEqual(Array.from({ length: 3 }, () => 'noBranch: there is no branch "nowhere"'));
    expect(store.observe().branchLock).toEqual({});
  });

  test("that was validated against a store which an import has replaced since", async () => {
    const of = ports();
    const store = await open(of);
    const exported = await store.exportSpaces();
    of.steps.hold((step) => step === "WriteCopy");
    const imported = store.importSpaces(exported.spaces);
    await settle(of.disk, of.steps);
    const outcome = reasonOf(store, { writes: [[pairKey("a"), bytes("1")]] });
    await settle(of.disk, of.steps);
    expect(store.observe().committing.map((c) => c.at)).toEqual(["validated"]);
    of.steps.releaseAll();
    await imported;
    exported.release();
    expect(await outcome).toBe("conflict: the store was replaced by an import");
    expect([await contents(store), store.version]).toEqual([{}, 0]);
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

  test("that is too large by one byte, pairs and vectors counted together", async () => {
    const store = await open(ports());
    const largest = new Uint8Array(4 * maxDimension);
    const vectors = Array.from({ length: 512 }, (_, i) => ({ collection: "v", key: `${1000 + i}`, vector: largest }));
    const ofVectors = 512 * (3 * 4 + largest.length);
    const withPair = (spare: number): Partial<Prepared> => {
      return { vectors, writes: [[pairKey(""), new Uint8Array(maxTransactionBytes - ofVectors - 3 + spare)]] };
    };
    // As large as can be, it comes to the next rule.
    expect(await reasonOf(store, withPair(0))).toBe("noCollection: branch main has no collection v");
    expect(await reasonOf(store, withPair(1))).toBe("tooLarge: the transaction has 33554433 bytes, the most is 33554432");
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
  // The version and the place in its commit: on disk, and in the spaces, which are the same bytes on every replica.
  const id = (version: number, place: number): number => version * 2 ** 16 + place;
  const ids = { a: id(1, 0), b: id(1, 1), c: id(2, 1), d: id(2, 2), e: id(3, 1) };
  expect(again.observe().vectors["main"]?.["v"]).toEqual({ size: 5, ids });
  expect(again.searchVectors("main", "v", [0, 0], 10).map((hit) => hit.key)).toEqual(["a", "b", "c", "d", "e"]);
});
