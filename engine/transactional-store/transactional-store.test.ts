import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytes, contents, open, ports, put, reopen, scanned, text } from "./example-store.ts";
import { compareKeys } from "./keys.ts";
import { isReadOnly } from "./prepared.ts";
import type { TransactionalStore } from "./transactional-store.ts";
import type { Transaction } from "./transaction.ts";

describe("a transaction", () => {
  test("sees its snapshot and its own writes, and others see it once it is committed", async () => {
    const store = await open(ports());
    await put(store, { a: "1", b: "2" });
    const t = store.begin();
    t.put("a", bytes("mine"));
    t.delete("b");
    t.put("c", bytes("new"));
    await put(store, { d: "late" });
    expect(await scanned(t)).toEqual({ a: "mine", c: "new" });
    expect(text(await t.get("d"))).toBe(undefined);
    expect(await contents(store)).toEqual({ a: "1", b: "2", d: "late" });
    t.abort();
    expect(await contents(store)).toEqual({ a: "1", b: "2", d: "late" });
    await expect(t.get("a")).rejects.toThrow("over");
  });

  test.each([
    ["a key that it read", (t: Transaction) => t.get("a"), { a: "other" }],
    ["an absent key that it read", (t: Transaction) => t.get("new"), { new: "1" }],
    ["a key that was deleted", (t: Transaction) => t.get("a"), { a: null }],
    ["a phantom in a range that it scanned", (t: Transaction) => t.scan({ from: "b", to: "d" }), { c: "phantom" }],
    ["a deletion in a range that it scanned", (t: Transaction) => t.scan({ from: "a", to: "b" }), { a: null }],
    ["the last key that a scan with a limit has found", (t: Transaction) => t.scan({ limit: 1 }), { a: "other" }],
    ["the last key of a scan, which was deleted", (t: Transaction) => t.scan({ limit: 1 }), { a: null }],
    ["a key before the last one of a scan with a limit", (t: Transaction) => t.scan({ limit: 1 }), { A: "before" }],
    ["a change in a range that it scanned", (t: Transaction) => t.scan(), { a: "other" }],
  ])("is refused for %s", async (_, read, change) => {
    const store = await open(ports());
    await put(store, { a: "1" });
    const t = store.begin();
    await read(t);
    await put(store, change);
    t.put("z", bytes("mine"));
    expect(await t.commit()).toMatchObject({ status: "refused", reason: "conflict" });
    expect(await contents(store)).not.toHaveProperty("z");
  });

  test("is not refused for what it did not look at", async () => {
    const store = await open(ports());
    await put(store, { a: "1", b: "1", c: "1" });
    const t = store.begin();
    await t.scan({ limit: 2 });
    await t.scan({ from: "x" });
    await t.get("a");
    await put(store, { c: "behind the limit", d: "before the range" });
    t.put("a", bytes("mine"));
    expect(await t.commit()).toEqual({ status: "committed", version: 3 });
    const blind = store.begin();
    await put(store, { a: "theirs" });
    blind.put("a", bytes("blind"));
    expect(await blind.commit()).toMatchObject({ status: "committed" });
  });

  test("that writes nothing takes no version", async () => {
    const store = await open(ports());
    await put(store, { a: "1" });
    const t = store.begin();
    await t.get("a");
    await put(store, { a: "2" });
    expect(await t.commit()).toEqual({ status: "committed", version: 1 });
    expect(store.version).toBe(2);
  });

  test("keeps its snapshot from the collector, until it is too old", async () => {
    const of = ports();
    const store = await open(of, { maxTransactionAgeMs: 1000 });
    await put(store, { a: "1", gone: "x" });
    const t = store.begin();
    await put(store, { a: "2", gone: null });
    await put(store, { a: "3" });
    expect(await store.collectVersions()).toBe(0);
    expect(await scanned(t)).toEqual({ a: "1", gone: "x" });
    of.clock.advance(1001);
    expect(await store.collectVersions()).toBe(4);
    await expect(t.get("a")).rejects.toThrow("given up: it was open for more than 1000 ms");
    expect(store.observe().chains["main"]).toEqual({ ka: [{ version: 3, is: "value" }] });
  });

  test("has limits", async () => {
    const store = await open(ports());
    const t = store.begin();
    expect(() => t.put("\ud800", bytes(""))).toThrow("well-formed");
    expect(() => t.put("k".repeat(5000), bytes(""))).toThrow("at most 4096");
    expect(() => store.begin("nowhere")).toThrow('no branch "nowhere"');
    await expect(t.scan({ limit: 0 })).rejects.toThrow("whole number");
    await expect(open(ports(), { batchMs: 0 })).rejects.toThrow("batchMs");
  });
});

describe("branches", () => {
  test("are isolated; a fork begins with what its origin has", async () => {
    const of = ports();
    const store = await open(of);
    await put(store, { a: "1", b: "1" });
    await put(store, { b: null });
    expect(await store.createBranch("empty")).toMatchObject({ status: "committed" });
    expect(await store.createBranch("fork", { from: "main" })).toMatchObject({ status: "committed" });
    await put(store, { a: "of the fork" }, "fork");
    await put(store, { c: "of main" });
    const expected = async (s: TransactionalStore): Promise<void> => {
      expect(s.branches()).toEqual(["empty", "fork", "main"]);
      expect(await contents(s, "empty")).toEqual({});
      expect(await contents(s, "fork")).toEqual({ a: "of the fork" });
      expect(await contents(s)).toEqual({ a: "1", c: "of main" });
    };
    await expected(store);
    await expected(await reopen(of.disk.image()));
    await store.checkpoint();
    await expected(await reopen(of.disk.image()));
    expect(await store.createBranch("fork")).toMatchObject({ status: "refused", reason: "branchExists" });
    expect(await store.createBranch("x", { from: "nowhere" })).toMatchObject({ status: "refused", reason: "noBranch" });
  });
});

type Operation =
  | { readonly do: "put" | "delete" | "get"; readonly of: number; readonly key: string }
  | { readonly do: "scan"; readonly of: number; readonly from: string; readonly to: string; readonly limit: number }
  | { readonly do: "commit" | "begin" | "abort"; readonly of: number }
  | { readonly do: "collect" | "checkpoint" | "reopen" };
const key = fc.constantFrom("a", "b", "c", "é", "\uffff", "😀");
const of = fc.nat(2);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom("put" as const, "delete" as const, "get" as const), of, key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("scan" as const), of, from: key, to: key, limit: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("commit" as const, "begin" as const, "abort" as const), of }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("collect" as const, "checkpoint" as const, "reopen" as const) }) },
);

/** One transaction of the oracle: a copy of the map as it was, and how each of its reads would be answered again. */
class Expected {
  readonly writes = new Map<string, string | undefined>();
  readonly reads: ((now: ReadonlyMap<string, string>) => string)[] = [];
  constructor(
    readonly snapshot: ReadonlyMap<string, string>,
    readonly transaction: Transaction,
  ) {}
  merged(): ReadonlyMap<string, string> {
    const all = new Map(this.snapshot);
    for (const [k, v] of this.writes) {
      if (v === undefined) all.delete(k);
      else all.set(k, v);
    }
    return all;
  }
  isCurrent(now: ReadonlyMap<string, string>): boolean {
    return this.reads.every((read) => read(now) === read(this.snapshot));
  }
}
const range = (map: ReadonlyMap<string, string>, from: string, to: string): readonly (readonly [string, string])[] =>
  [...map].filter(([k]) => compareKeys(k, from) >= 0 && compareKeys(k, to) < 0).sort(([a], [b]) => Buffer.compare(bytes(a), bytes(b)));

test("is a serial map with versions, whatever is done in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 60 }), async (operations) => {
      let ofDisk = ports();
      let store = await open(ofDisk, { segmentBytes: 300 });
      let committed: ReadonlyMap<string, string> = new Map();
      let serial = 0;
      const open3 = new Map<number, Expected>();
      const at = (n: number): Expected => {
        const found = open3.get(n) ?? new Expected(committed, store.begin());
        open3.set(n, found);
        return found;
      };
      for (const o of operations) {
        if ("key" in o) {
          const { transaction, writes, reads } = at(o.of);
          if (o.do === "get") {
            expect(text(await transaction.get(o.key))).toBe(at(o.of).merged().get(o.key));
            if (!writes.has(o.key)) reads.push((now) => now.get(o.key) ?? "");
            continue;
          }
          const value = o.do === "put" ? `${++serial}` : undefined;
          if (value === undefined) transaction.delete(o.key);
          else transaction.put(o.key, bytes(value));
          writes.set(o.key, value);
        } else if ("from" in o) {
          const { transaction, reads } = at(o.of);
          const wanted = range(at(o.of).merged(), o.from, o.to).slice(0, o.limit);
          const got = await transaction.scan({ from: o.from, to: o.to, limit: o.limit });
          expect(got.map(([k, v]) => [k, text(v)])).toEqual(wanted);
          const last = wanted.length === o.limit ? wanted.at(-1)?.[0] : undefined;
          reads.push((now) => JSON.stringify(range(now, o.from, o.to).filter(([k]) => last === undefined || compareKeys(k, last) <= 0)));
        } else if ("of" in o) {
          const expected = at(o.of);
          const { transaction, writes } = expected;
          if (o.do === "begin") continue;
          open3.delete(o.of);
          if (o.do === "abort") {
            transaction.abort();
            continue;
          }
          const isCurrent = writes.size === 0 || expected.isCurrent(committed);
          expect((await transaction.commit()).status).toBe(isCurrent ? "committed" : "refused");
          const changed = new Map(committed);
          for (const [k, v] of isCurrent ? writes : []) {
            if (v === undefined) changed.delete(k);
            else changed.set(k, v);
          }
          committed = changed;
        } else if (o.do === "collect") await store.collectVersions();
        else if (o.do === "checkpoint") await store.checkpoint();
        else {
          ofDisk = ports(ofDisk.disk);
          store = await open(ofDisk, { segmentBytes: 300 });
          open3.clear();
        }
      }
      expect(await contents(store)).toEqual(Object.fromEntries(committed));
    }),
    { numRuns: 150 },
  );
});

test("a prepared transaction is a plain value that any store executes alike", async () => {
  const first = await open(ports());
  const t = first.begin();
  await t.get("a");
  t.put("a", bytes("1"));
  const prepared = t.prepare({ client: "c", request: 1 });
  expect(isReadOnly(prepared)).toBe(false);
  await expect(first.commitPrepared({ ...prepared, writes: [["vx/y", bytes("")]] })).rejects.toThrow("no internal key of a pair");
  for (const half of [{ client: undefined }, { request: undefined }])
    await expect(first.commitPrepared({ ...prepared, ...half })).rejects.toThrow("client and request belong together");
  const second = await open(ports());
  for (const store of [first, second]) {
    expect(await store.commitPrepared(prepared, { position: 4 })).toEqual({ status: "committed", version: 1 });
    // The same request again is not executed again; another one that has read the same is refused.
    expect(await store.commitPrepared(prepared, { position: 5 })).toEqual({ status: "committed", version: 1 });
    expect(await store.commitPrepared({ ...prepared, request: 2 }, { position: 5, index: 1 })).toMatchObject({ reason: "conflict" });
    expect(await store.commitPrepared(prepared, { position: 6 })).toMatchObject({ reason: "staleRequest" });
    await expect(store.commitPrepared(prepared, { position: 6 })).rejects.toThrow("position 6.0 was executed before: the store is at 6.0");
    expect([store.position, store.version]).toEqual([6, 1]);
  }
});
