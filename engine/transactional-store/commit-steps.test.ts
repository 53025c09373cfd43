/** Transactions that are held between two steps, while others go on: the interleavings that the design must survive. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settle } from "../wiring/controlled/settle.ts";
import { bytes, contents, open, ports, put, reopen, scanned } from "./example-store.ts";
import type { TestPorts } from "./example-store.ts";
import type { Prepared } from "./prepared.ts";
import type { Outcome } from "./record.ts";
import { encodeOrigin } from "./state.ts";

const commitOrder = ["Lock", "Validate", "Allocate", "Append", "Sync", "Apply", "Apply", "Finish", "Acknowledge"];
const rest = (of: TestPorts): Promise<void> => settle(of.disk, of.steps, of.clock);
/** Lets the transaction go on by one step, and says which. */
const stepOf = async (of: TestPorts, transaction: string): Promise<string | undefined> => {
  const waiting = of.steps.waiting().find((w) => w.args["transaction"] === transaction);
  if (waiting === undefined) return undefined;
  of.steps.release(waiting.id);
  await rest(of);
  return waiting.step;
};

test("a commit goes through its steps one by one, and is visible when it is finished", async () => {
  const of = ports();
  const store = await open(of);
  const t = store.begin();
  t.put("a", bytes("1"));
  t.put("b", bytes("1"));
  of.steps.hold((step) => step !== "Scan");
  const outcome = t.commit();
  const passed: (string | undefined)[] = [];
  for (let i = 0; i < 7; i++) {
    await rest(of);
    passed.push(await stepOf(of, t.id));
    expect(await contents(store)).toEqual({});
    expect(store.observe().pending).toEqual(i < 2 ? [] : [1]);
  }
  passed.push(await stepOf(of, t.id));
  expect(await contents(store)).toEqual({ a: "1", b: "1" });
  expect(store.observe().branchLock["main"]).toEqual({ owner: null, waiting: [] });
  passed.push(await stepOf(of, t.id));
  expect(passed).toEqual(commitOrder);
  expect(await outcome).toEqual({ status: "committed", version: 1 });
});

test("a version is not published, nor acknowledged, before the lower ones of other branches", async () => {
  const of = ports();
  const store = await open(of);
  await store.createBranch("side");
  of.steps.hold((step, { branch }) => step === "Apply" && branch === "main");
  let isAcknowledged = false;
  const low = put(store, { a: "1", b: "1" });
  await rest(of);
  const high = put(store, { a: "2" }, "side").then((o) => ((isAcknowledged = true), o));
  await rest(of);
  expect(store.observe().committing.map((c) => [c.version, c.at])).toEqual([
    [2, "logged"],
    [3, "finished"],
  ]);
  const reader = store.begin("side");
  expect([isAcknowledged, store.version, await scanned(reader)]).toEqual([false, 1, {}]);
  of.steps.releaseAll();
  expect([await low, await high]).toEqual([
    { status: "committed", version: 2 },
    { status: "committed", version: 3 },
  ]);
  expect(await scanned(reader)).toEqual({});
  expect(await contents(store, "side")).toEqual({ a: "2" });
});

test("commits of one branch wait for each other, and the second is validated against the first", async () => {
  const of = ports();
  const store = await open(of);
  const [first, second] = [store.begin(), store.begin()];
  for (const t of [first, second]) {
    await t.get("a");
    t.put("a", bytes(t.id));
  }
  of.steps.hold((step, { transaction }) => step === "Append" && transaction === first.id);
  const outcomes = [first.commit(), second.commit()];
  await rest(of);
  expect(store.observe().branchLock["main"]).toEqual({ owner: first.id, waiting: [second.id] });
  of.steps.releaseAll();
  expect((await Promise.all(outcomes)).map((o) => o.status)).toEqual(["committed", "refused"]);
});

test("a fork waits for the commit that is under way on its origin, and has all of it", async () => {
  const of = ports();
  const store = await open(of);
  of.steps.hold((step, { key }) => step === "Apply" && key === "kb");
  const commit = put(store, { a: "1", b: "1" });
  await rest(of);
  const fork = store.createBranch("fork", { from: "main" });
  await rest(of);
  expect(store.branches()).toEqual(["main"]);
  of.steps.releaseAll();
  expect(await Promise.all([commit, fork])).toEqual([
    { status: "committed", version: 1 },
    { status: "committed", version: 2 },
  ]);
  expect(await contents(store, "fork")).toEqual({ a: "1", b: "1" });
});

test.each<[string, string, Prepared["writes"], readonly string[]]>([
  ["a commit, whatever its values look like,", "main", [["ka", encodeOrigin("side")]], ["main"]],
  ["a branch without an origin", "$branches", [["kx", encodeOrigin(null)]], ["$branches"]],
  ["what is no branch", "$branches", [["kx", bytes("no record")]], ["$branches"]],
  ["the deletion of a branch", "$branches", [["kside", null]], ["$branches", "side"]],
  ["two forks of one branch", "$branches", ["kx", "ky"].map((key) => [key, encodeOrigin("side")]), ["$branches", "side"]],
])("%s takes the lock of its branch, and those of the origins and of what is deleted only", async (_, branch, writes, locks) => {
  const of = ports();
  const store = await open(of);
  await store.createBranch("side");
  of.steps.hold((step) => step === "Validate");
  const outcome = store.commitPrepared({ branch, snapshot: 0, reads: [], scans: [], writes, collections: [], vectors: [] });
  await rest(of);
  const held = Object.entries(store.observe().branchLock).filter(([, lock]) => lock.owner !== null);
  expect(held.map(([name]) => name)).toEqual(locks);
  of.steps.releaseAll();
  await outcome;
});

test("commits that wait for the same sync share it", async () => {
  const of = ports();
  const store = await open(of);
  const names = ["b1", "b2", "b3", "b4"];
  for (const name of names) await store.createBranch(name);
  let syncs = 0;
  of.disk.watch((call) => (syncs += call.kind === "sync" ? 1 : 0));
  of.disk.hold((call) => call.kind === "sync");
  const outcomes = names.map((name) => put(store, { a: "1" }, name));
  await rest(of);
  expect(of.disk.pending().length).toBe(1);
  of.disk.releaseAll();
  await Promise.all(outcomes);
  expect(syncs).toBe(2);
});

test("a checkpoint waits for commits between allocation and apply, and holds what was logged before", async () => {
  const of = ports();
  const store = await open(of);
  await put(store, { a: "1" });
  of.steps.hold((step) => step === "Apply" || step === "WriteCopy");
  const commit = put(store, { b: "2" });
  await rest(of);
  const checkpoint = store.checkpoint();
  await rest(of);
  expect(store.observe().checkpoint.step).toBe("none");
  expect(of.steps.waiting().map((w) => w.step)).toEqual(["Apply"]);
  for (const { id } of of.steps.waiting()) of.steps.release(id);
  await rest(of);
  expect(await commit).toMatchObject({ status: "committed" });
  expect(store.observe().checkpoint.step).toBe("copied");
  // The copy does not have what is committed while it is written, and the log does.
  of.steps.hold((step) => step === "Publish");
  await put(store, { a: "3", b: null });
  for (const { id } of of.steps.waiting()) of.steps.release(id);
  await rest(of);
  of.steps.releaseAll();
  await checkpoint;
  expect(await contents(await reopen(of.disk.image()))).toEqual({ a: "3" });
});

test("one collection of versions is under way at a time, and the next one may begin when it has ended", async () => {
  const of = ports();
  const store = await open(of);
  await put(store, { a: "1" });
  await put(store, { a: "2" });
  of.steps.hold((step) => step === "Drop");
  const first = store.collectVersions();
  await rest(of);
  expect(await store.collectVersions()).toBe(0);
  expect(of.steps.waiting().map((w) => [w.step, w.args])).toEqual([["Drop", { branch: "$branches", minimum: 2 }]]);
  of.steps.releaseAll();
  expect(await first).toBe(1);
  await put(store, { a: "3" });
  expect(await store.collectVersions()).toBe(1);
});

describe("any interleaving of commits and readers on two branches", () => {
  const branches = ["main", "side"] as const;
  test("is serialisable: counters lose no increment, snapshots are whole, and recovery has the same", async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(1000)), fc.integer({ min: 3, max: 6 }), async (choices, count) => {
        const of = ports();
        const store = await open(of, { segmentBytes: 400 });
        await store.createBranch("side");
        of.steps.hold();
        const increment = async (branch: string): Promise<Outcome> => {
          const t = store.begin(branch);
          const [[, value] = ["", bytes("0")]] = await t.scan({ from: "x", to: "y" });
          const next = bytes(`${Number(Buffer.from(value).toString()) + 1}`);
          t.put("x", next);
          t.put("z", next);
          return t.commit();
        };
        const read = async (branch: string): Promise<readonly unknown[]> => {
          const t = store.begin(branch);
          const both = [await t.get("x"), await t.get("z"), await t.get("x")];
          t.abort();
          return both;
        };
        const work = Array.from({ length: count }, (_, i) => branches[i % 2] ?? "main");
        const commits = work.map((b) => increment(b).then((o) => ({ b, o })));
        const reads = work.map(read);
        const background = [store.checkpoint(), store.collectVersions()];
        await rest(of);
        for (let waiting = of.steps.waiting(); waiting.length > 0; waiting = of.steps.waiting()) {
          of.steps.release(waiting[(choices.next().value ?? 0) % waiting.length]?.id ?? 0);
          await rest(of);
        }
        of.steps.releaseAll();
        for (const [x, z, again] of await Promise.all(reads)) expect([z, again]).toEqual([x, x]);
        await Promise.all(background);
        const outcomes = await Promise.all(commits);
        const recovered = await reopen(of.disk.crash("M0").images[0] ?? { files: new Map() });
        for (const branch of branches) {
          const committed = outcomes.filter(({ b, o }) => b === branch && o.status === "committed").length;
          expect(committed).toBeGreaterThan(0);
          expect(await contents(store, branch)).toEqual({ x: `${committed}`, z: `${committed}` });
          expect(await contents(recovered, branch)).toEqual({ x: `${committed}`, z: `${committed}` });
        }
        expect(store.observe()).toMatchObject({ pending: [], committing: [], betweenAllocationAndApply: 0 });
      }),
      { numRuns: 25 },
    );
  });
});
