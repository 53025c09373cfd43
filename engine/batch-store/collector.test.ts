import { describe, expect, it } from "vitest";
import { encode } from "../codec.ts";
import { digestOf } from "./batch.ts";
import { bytes, Cluster, outcomeOf, release, rowKey } from "./example-cluster.ts";
import type { ClusterOptions } from "./example-cluster.ts";

const one = async (options: ClusterOptions = {}) => {
  const cluster = await Cluster.open({ size: 1, ...options });
  const submit = async (expiry: number, payload = "a"): Promise<string> =>
    (await cluster.store(1).submit([bytes(payload)], { expiry })).digest;
  return { cluster, submit, store: cluster.store(1), table: cluster.member(1).table, steps: cluster.member(1).steps };
};

describe("certified time", () => {
  it("never goes back, not even in a crash of the machine", async () => {
    const { cluster, store } = await one();
    await store.advanceCertifiedTime(5);
    await store.advanceCertifiedTime(3);
    expect(store.observe().certifiedTime).toBe(5);
    expect((await cluster.restart(1, "M")).observe().certifiedTime).toBe(5);
  });

  it("is written once, however often it is told", async () => {
    const { store, table } = await one();
    await store.advanceCertifiedTime(5);
    let writes = 0;
    table.watch((call) => (writes += call.kind === "write" ? 1 : 0));
    await store.advanceCertifiedTime(5);
    expect(writes).toBe(0);
    await store.advanceCertifiedTime(6);
    expect(writes).toBe(1);
  });

  it("is durable when the advance resolves, not before", async () => {
    const { cluster, store, table } = await one();
    table.hold();
    const advanced = outcomeOf(store.advanceCertifiedTime(5).then(() => "advanced"));
    await cluster.settle();
    expect([store.observe().certifiedTime, advanced]).toEqual([5, {}]);
    table.releaseAll();
    await cluster.settle();
    expect(advanced.value).toBe("advanced");
  });

  it("is a whole number", async () => {
    const { store } = await one();
    for (const time of [-1, 1.5, NaN, 2 ** 53]) await expect(store.advanceCertifiedTime(time)).rejects.toMatchObject({ code: "invalid" });
  });

  it("takes what has expired out of the cache, gives its quota back, and deletes its row; nothing else", async () => {
    const { submit, store, table } = await one();
    const [expired, kept] = [await submit(5), await submit(6, "b")];
    await store.advanceCertifiedTime(5);
    expect(Object.keys(store.observe().cache)).toEqual([kept]);
    expect([table.image().rows.has(rowKey(expired)), table.image().rows.has(rowKey(kept))]).toEqual([false, true]);
    expect(store.observe()).toMatchObject({ balances: { 1: { batches: 9999 } }, timers: [6], signed: { [kept]: { expiry: 6 } } });
    expect(store.observe().signed).not.toHaveProperty(expired);
  });

  it("passes the steps of the protocol in their order", async () => {
    const { cluster, submit, store, steps } = await one();
    await submit(5);
    steps.hold();
    void store.advanceCertifiedTime(5);
    await cluster.settle();
    const seen: string[] = [];
    for (let waiting = steps.waiting()[0]; waiting !== undefined; waiting = steps.waiting()[0]) {
      seen.push(waiting.step);
      await release(cluster, 1, waiting.step);
    }
    expect(seen).toEqual(["AdvanceTime", "ExpireCache", "FreeRemoved", "DeleteRow"]);
  });

  it("keeps a batch for the grace time beyond its expiry, and signs nothing for it", async () => {
    const { submit, store } = await one({ config: { graceTime: 2 } });
    const digest = await submit(5);
    await store.advanceCertifiedTime(6);
    expect(Object.keys(store.observe().cache)).toEqual([digest]);
    await expect(store.prolong(digest, { expiry: 6 })).rejects.toMatchObject({ code: "expired" });
    await store.advanceCertifiedTime(7);
    expect([store.observe().cache, store.observe().rows]).toEqual([{}, {}]);
  });

  it("leaves alone what was prolonged before the deletion came to its row", async () => {
    const { cluster, submit, store, table, steps } = await one();
    const digest = await submit(5);
    steps.hold((step) => step === "DeleteRow");
    void store.advanceCertifiedTime(5);
    await cluster.settle();
    expect(store.observe()).toMatchObject({ collector: "delete", rows: { [digest]: { expiry: 5 } } });
    expect(store.observe().cache).toEqual({});
    await store.prolong(digest, { expiry: 9 });
    await release(cluster, 1, "DeleteRow");
    expect(table.crash("M")[0]?.rows.has(rowKey(digest))).toBe(true);
    expect((await cluster.restart(1, "M")).observe().cache[digest]?.expiry).toBe(9);
  });

  it("removes, the next time, a row that was put after its entry had been collected", async () => {
    const { cluster, store, table, steps } = await one();
    steps.hold((step) => step === "Put");
    const late = outcomeOf(store.submit([bytes("a")], { expiry: 5 }));
    await cluster.settle();
    await store.advanceCertifiedTime(5);
    await release(cluster, 1, "Put");
    const digest = late.value?.digest ?? expect.fail();
    expect([table.image().rows.has(rowKey(digest)), store.observe().cache]).toEqual([true, {}]);
    await store.advanceCertifiedTime(6);
    expect([table.image().rows.has(rowKey(digest)), store.observe().rows]).toEqual([false, {}]);
  });

  it("tells those that wait for a row when that is deleted", async () => {
    const { cluster, submit, store, steps } = await one();
    const digest = await submit(5);
    steps.hold((step, args) => step === "DeleteRow" || (step === "Put" && args["expiry"] === 6));
    void store.advanceCertifiedTime(5);
    await cluster.settle();
    const prolonged = outcomeOf(store.prolong(digest, { expiry: 6 }));
    await cluster.settle();
    await release(cluster, 1, "DeleteRow");
    expect(store.observe().rows).toEqual({});
    await release(cluster, 1, "Put");
    expect(prolonged.value).toMatchObject({ digest, expiry: 6 });
    expect(store.observe().durableRows[digest]?.expiry).toBe(6);
  });
});

describe("the end of an epoch", () => {
  it("drops what belongs to the epoch, also from the disk, and survives a crash", async () => {
    const { cluster, submit, store, table } = await one();
    const digest = await submit(5);
    await store.endEpoch(2);
    await cluster.settle();
    expect(store.observe()).toMatchObject({
      epoch: 2,
      releasedBefore: 2,
      cache: {},
      rows: {},
      signed: {},
      balances: { 1: { batches: 10_000 } },
    });
    expect(table.image().rows.has(rowKey(digest))).toBe(false);
    const again = (await cluster.restart(1, "M")).observe();
    expect(again).toMatchObject({ epoch: 2 });
    expect(again.cache).toEqual({});
  });

  it("is not undone by a crash before its deletions: the next start does not load the rows, and deletes them", async () => {
    const { cluster, submit, store, steps } = await one();
    const digest = await submit(5);
    steps.hold((step) => step === "ListOldRows");
    await store.endEpoch(2);
    const restarted = await cluster.restart(1, "M");
    expect(restarted.observe()).toMatchObject({ epoch: 2 });
    expect(restarted.observe().cache).toEqual({});
    expect(cluster.member(1).table.image().rows.has(rowKey(digest))).toBe(false);
  });

  it("deletes no row that was persisted again in the new epoch", async () => {
    const { cluster, store, table, steps } = await one();
    const transactions = [bytes("a")];
    const first = await store.submit(transactions, { expiry: 5 });
    steps.hold((step) => step === "DeleteListed");
    await store.endEpoch(2);
    await cluster.settle();
    const again = outcomeOf(store.prolong(first.digest, { expiry: 4 }));
    await cluster.settle();
    expect(again.value).toMatchObject({ digest: first.digest, epoch: 2 });
    await release(cluster, 1, "DeleteListed");
    expect(table.crash("M")[0]?.rows.has(rowKey(first.digest))).toBe(true);
    expect(store.observe().durableRows[first.digest]).toMatchObject({ epoch: 2, expiry: 4 });
  });

  it("ends once, however many say so at the same time", async () => {
    const { cluster, store } = await one();
    await Promise.all([store.endEpoch(3), store.endEpoch(2), store.endEpoch(3)]);
    expect(store.observe().epoch).toBe(3);
    expect(cluster.member(1).events.filter(({ act }) => act === "EndEpoch")).toHaveLength(1);
  });

  it("ends persists and submissions of the epoch: they are not signed for, and what they took is given back", async () => {
    for (const step of ["CheckExpiry", "Take", "Insert", "Put", "SendBatch"]) {
      const { cluster, store, steps } = await one({ size: 3 });
      steps.hold((reached) => reached === step);
      const outcome = outcomeOf(store.submit([bytes("a")], { expiry: 5 }));
      await cluster.settle();
      const ended = store.endEpoch(2);
      await cluster.settle();
      steps.releaseAll();
      await ended;
      await cluster.settle();
      await cluster.deliverAll();
      expect(outcome.error, step).toMatchObject({ code: "epoch" });
      expect(store.observe(), step).toMatchObject({ locks: [], submissions: [] });
      expect([store.observe().cache, store.observe().rows, store.observe().signed], step).toEqual([{}, {}, {}]);
      for (const balance of Object.values(store.observe().balances)) expect(balance.batches, step).toBe(10_000);
    }
  });

  it("ends a second persist that waits for the first one's row, also when that row is prolonged in the new epoch", async () => {
    const { cluster, store, steps } = await one();
    const { digest } = await store.submit([bytes("a")], { expiry: 9 });
    steps.hold((step) => step === "WaitForRow" || step === "DeleteListed");
    const waiting = outcomeOf(store.prolong(digest, { expiry: 5 }));
    await cluster.settle();
    await store.endEpoch(2);
    const prolonged = outcomeOf(store.prolong(digest, { expiry: 9 }));
    await cluster.settle();
    await release(cluster, 1, "WaitForRow");
    expect(waiting.error).toMatchObject({ code: "epoch" });
    expect(prolonged.value).toMatchObject({ epoch: 2, expiry: 9 });
    expect(store.observe().signed).toEqual({ [digest]: { expiry: 9, epoch: 2 } });
  });

  it("must be followed by a later epoch, and makes proofs of earlier ones worthless", async () => {
    const { store } = await one();
    const proof = await store.submit([bytes("a")], { expiry: 5 });
    await expect(store.endEpoch(1)).rejects.toMatchObject({ code: "epoch" });
    await store.endEpoch(3);
    expect(() => store.verifyProof(proof)).toThrow(/is of epoch 1: the epoch is 3/);
  });
});

describe("a start", () => {
  it("in an epoch that began while the replica was down serves what it signed, until it expires", async () => {
    const { cluster, submit } = await one();
    const digest = await submit(5);
    const store = await cluster.restart(1, "M", { epoch: 2 });
    expect(store.observe()).toMatchObject({ epoch: 2, releasedBefore: 0, cache: { [digest]: { epoch: 1 } } });
    await store.advanceCertifiedTime(5);
    expect([store.observe().cache, store.observe().rows]).toEqual([{}, {}]);
  });

  it("in a later epoch keeps a batch until the latest expiry that was signed, in whichever epoch", async () => {
    const { cluster, submit } = await one();
    const digest = await submit(9);
    const store = await cluster.restart(1, "M", { epoch: 2 });
    expect(await store.prolong(digest, { expiry: 5 })).toMatchObject({ epoch: 2, expiry: 5 });
    await store.advanceCertifiedTime(5);
    const { cache, durableRows } = store.observe();
    expect([cache[digest], durableRows[digest]]).toMatchObject([
      { expiry: 9, epoch: 2 },
      { expiry: 9, epoch: 2 },
    ]);
    expect((await cluster.restart(1, "M")).observe().cache[digest]).toMatchObject({ expiry: 9, epoch: 2 });
  });

  it("does not go back to an earlier epoch", async () => {
    const { cluster, store } = await one();
    await store.endEpoch(4);
    expect((await cluster.restart(1, "P", { epoch: 2 })).observe().epoch).toBe(4);
  });

  it("deletes rows that expired", async () => {
    const { cluster, submit, store, steps } = await one();
    const digest = await submit(5);
    steps.hold((step) => step === "ExpireCache");
    void store.advanceCertifiedTime(5);
    await cluster.settle();
    const restarted = await cluster.restart(1, "M");
    expect(restarted.observe()).toMatchObject({ certifiedTime: 5 });
    expect([restarted.observe().cache, restarted.observe().rows]).toEqual([{}, {}]);
    expect(cluster.member(1).table.image().rows.has(rowKey(digest))).toBe(false);
  });

  it("makes the first write before it loads anything, and synced: what lies in the page cache is durable then", async () => {
    const { cluster, submit } = await one();
    await submit(5);
    const image = cluster.crash(1, "P");
    const { table } = cluster.start(1, image);
    table.hold((call) => call.kind !== "get");
    await cluster.settle();
    const seen: unknown[] = [];
    for (let call = table.pending()[0]; call !== undefined; call = table.pending()[0]) {
      seen.push(call.kind === "write" ? { sync: call.sync, keys: call.writes.map((w) => ("put" in w ? w.put : "")) } : call.kind);
      table.complete(call.id);
      await cluster.settle();
    }
    expect(seen).toEqual([{ sync: true, keys: ["state"] }, { sync: true, keys: ["batch-id"] }, "entries"]);
  });

  it("leaves corrupt rows alone, says so, and serves the others", async () => {
    const { cluster, submit } = await one();
    const [good, flipped, garbage] = [await submit(5), await submit(5, "b"), await submit(5, "c")];
    const rows = new Map(cluster.crash(1, "P").rows);
    const batch = { author: 1, batchId: { nonce: "0".repeat(16), number: 0 }, transactions: [bytes("x")] };
    rows.set(rowKey(flipped), encode({ version: 1, batch, expiry: 5, epoch: 1 }));
    rows.set(rowKey(garbage), Uint8Array.of(0xc1));
    rows.set("batch/short", encode({ version: 1, batch, expiry: 5, epoch: 1 }));
    expect(digestOf(batch)).not.toBe(flipped);
    const member = cluster.start(1, { rows });
    await cluster.settle();
    expect(Object.keys(cluster.store(1).observe().cache)).toEqual([good]);
    expect(member.logged.filter((event) => event === "corrupt row left alone")).toHaveLength(3);
  });

  it("refuses the table of another replica, of another cluster, and a state that is no state", async () => {
    const { cluster } = await one({ size: 3 });
    const image = cluster.crash(2, "P");
    const cases: [Parameters<Cluster["start"]>, RegExp][] = [
      [[1, image], /belongs to replica 2 of cluster example, not to replica 1/],
      [[2, image, { cluster: "another" }], /belongs to replica 2 of cluster example, not to replica 2 of another/],
      [[2, { rows: new Map([["state", bytes("?!")]]) }], /The state row of the batch store is/],
      [[2, { rows: new Map([["batch-id", bytes("?!")]]) }], /The row of the batch ids is/],
    ];
    for (const [start, why] of cases) {
      const member = cluster.start(...start);
      await cluster.settle();
      expect(member.store).toBeUndefined();
      expect(String(member.failure)).toMatch(why);
    }
  });
});
