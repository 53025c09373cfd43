import { describe, expect, it } from "vitest";
import { digestOf } from "./batch.ts";
import type { Batch } from "./batch.ts";
import { bytes, Cluster, release, rowKey } from "./example-cluster.ts";
import type { BatchMessage } from "./messages.ts";

const batch: Batch = { author: 1, batchId: { nonce: "0".repeat(16), number: 1 }, transactions: [bytes("a")] };
const digest = digestOf(batch);
const other: Batch = { ...batch, batchId: { nonce: "0".repeat(16), number: 2 } };

const message = (expiry: number, batches: readonly Batch[] = [batch], epoch = 1): BatchMessage => ({
  type: "BatchMsg",
  epoch,
  batches: batches.map((b) => ({ batch: { ...b, transactions: [...b.transactions] }, expiry })),
});

/** Replica 2 of a cluster in which only it works; what it has sent. */
const peer = async (options: ConstructorParameters<typeof Cluster>[0] = {}) => {
  const cluster = await Cluster.open(options);
  const receive = async (m: unknown, from = 1): Promise<void> => {
    cluster.store(2).receive(from, m);
    await cluster.settle();
  };
  const sent = (): readonly unknown[] => cluster.network.messages().map((m) => m.message);
  return { cluster, receive, sent, table: cluster.member(2).table, steps: cluster.member(2).steps, store: cluster.store(2) };
};
const signedOnly = { type: "BatchSigned", epoch: 1, signatures: [{ digest }] };

describe("the steps of a persist", () => {
  it("come in the order of the protocol, each with a place to stop", async () => {
    const { cluster, receive, steps, store } = await peer();
    steps.hold();
    await receive(message(5));
    const seen: string[] = [];
    for (let waiting = steps.waiting()[0]; waiting !== undefined; waiting = steps.waiting()[0]) {
      seen.push(waiting.step);
      expect(steps.waiting()).toHaveLength(1);
      await release(cluster, 2, waiting.step);
    }
    expect(seen).toEqual(["CheckExpiry", "Take", "Insert", "Put", "Send"]);
    expect(store.observe().signed).toEqual({ [digest]: { expiry: 5, epoch: 1 } });
  });

  it("hold the lock of the digest from Take to Insert, and no longer", async () => {
    const { cluster, receive, steps, store } = await peer();
    steps.hold((step) => step === "Insert" || step === "Put");
    await receive(message(5));
    expect(store.observe()).toMatchObject({ locks: [digest], balances: { 1: { batches: 9999 } } });
    expect(store.observe().cache).toEqual({});
    await receive(message(7));
    expect(steps.waiting()).toHaveLength(1);
    await release(cluster, 2, "Insert");
    expect(new Set(steps.waiting().map(({ step, args }) => `${step} ${String(args["expiry"])}`))).toEqual(new Set(["Put 5", "Insert 7"]));
    await release(cluster, 2, "Insert");
    expect(store.observe()).toMatchObject({
      locks: [],
      cache: { [digest]: { expiry: 7 } },
      balances: { 1: { batches: 9999 } },
      timers: [5, 7],
    });
  });

  it("leave a row with a later expiry alone, however late the earlier put comes", async () => {
    const { cluster, receive, steps, store, sent } = await peer();
    steps.hold((step, args) => step === "Put" && args["expiry"] === 5);
    await receive(message(5));
    await receive(message(7));
    await release(cluster, 2, "Put");
    expect(store.observe().durableRows[digest]?.expiry).toBe(7);
    expect(sent()).toHaveLength(2);
  });
});

describe("a signature", () => {
  it("leaves when the row is durable, not before", async () => {
    const { cluster, receive, table, sent } = await peer();
    table.hold();
    await receive(message(5));
    expect(table.pending()).toMatchObject([{ kind: "write", sync: true, writes: [{ put: rowKey(digest) }] }]);
    expect(sent()).toEqual([]);
    table.releaseAll();
    await cluster.settle();
    expect(sent()).toMatchObject([signedOnly]);
    expect(table.crash("M")[0]?.rows.has(rowKey(digest))).toBe(true);
  });

  it("of a second persist waits for the first one's row, also while that is not even put", async () => {
    const { cluster, receive, table, steps, sent, store } = await peer();
    table.hold();
    steps.hold((step) => step === "Put");
    await receive(message(5));
    await receive(message(4));
    expect(store.observe().cache[digest]?.expiry).toBe(5);
    expect([table.pending(), sent()]).toEqual([[], []]);
    await release(cluster, 2, "Put");
    expect([table.pending().length, sent()]).toEqual([1, []]);
    table.releaseAll();
    await cluster.settle();
    expect(sent()).toMatchObject([signedOnly, signedOnly]);
  });

  it("is not given for a list before all of the list is done", async () => {
    const { cluster, receive, table, steps, sent } = await peer();
    steps.hold((step, args) => step === "Put" && args["digest"] === digest);
    await receive(message(5, [batch, other]));
    expect(table.crash("M")[0]?.rows.has(rowKey(digestOf(other)))).toBe(true);
    expect(sent()).toEqual([]);
    await release(cluster, 2, "Put");
    expect(sent()).toMatchObject([{ type: "BatchSigned", signatures: [{ digest }, { digest: digestOf(other) }] }]);
  });

  it("is sent for those of a list that could be stored; the author hears why the others were not", async () => {
    const { receive, sent } = await peer({ config: { quota: { batches: 1 } } });
    await receive(message(5, [batch, other]));
    expect(sent()).toMatchObject([
      { type: "BatchRefused", digest: digestOf(other), expiry: 5, reason: "quota" },
      { ...signedOnly, signatures: [{ digest }] },
    ]);
  });

  it("is not given for an expired batch, for one of another epoch, or for one that another made", async () => {
    const { receive, sent, store } = await peer();
    await store.advanceCertifiedTime(5);
    await receive(message(5));
    expect(sent()).toMatchObject([{ type: "BatchRefused", reason: "expired" }]);
    await receive(message(6, [batch], 2));
    await receive(message(6), 3);
    expect(sent()).toHaveLength(1);
    expect(store.observe()).toMatchObject({ dropped: { impostor: 1 } });
    expect([store.observe().cache, store.observe().rows]).toEqual([{}, {}]);
  });
});

describe("a signature that is made", () => {
  it("is not sent any more when the epoch has ended", async () => {
    const { cluster, receive, sent, steps, store } = await peer();
    steps.hold((step) => step === "Send");
    await receive(message(5));
    await store.endEpoch(2);
    await release(cluster, 2, "Send");
    expect(sent()).toEqual([]);
    expect(store.observe().signed).toEqual({});
  });
});

describe("several persists", () => {
  it("share a sync: those that come while a write is under way go into the next", async () => {
    const { cluster, receive, table, sent } = await peer();
    table.hold();
    await receive(message(5));
    const others = Array.from({ length: 5 }, (_, i) => ({ ...batch, batchId: { nonce: "0".repeat(16), number: i + 10 } }));
    for (const b of others) await receive(message(5, [b]));
    expect(table.pending()).toHaveLength(1);
    table.complete(table.pending()[0]?.id ?? 0);
    await cluster.settle();
    expect(table.pending()).toMatchObject([{ writes: others.map((b) => ({ put: rowKey(digestOf(b)) })), sync: true }]);
    table.releaseAll();
    await cluster.settle();
    expect(sent()).toHaveLength(6);
  });
});

describe("a failed write", () => {
  it("gives no signature, and poisons the store", async () => {
    const { cluster, receive, table, sent, store } = await peer();
    table.hold();
    await receive(message(5));
    await receive(message(5, [other]));
    table.fail(table.pending()[0]?.id ?? 0, "ENOSPC");
    await cluster.settle();
    expect([sent(), table.pending(), store.observe().isPoisoned]).toEqual([[], [], true]);
    table.releaseAll();
    for (const refused of [store.submit([bytes("b")], { expiry: 5 }), store.advanceCertifiedTime(1), store.endEpoch(2)])
      await expect(refused).rejects.toMatchObject({ code: "poisoned", message: expect.stringContaining("ENOSPC") as string });
    await receive(message(5, [other]));
    expect(sent()).toEqual([]);
  });

  it("is over after a restart", async () => {
    const { cluster, receive, table, sent } = await peer();
    table.arm({ code: "EIO", matches: (call) => call.kind === "write" });
    await receive(message(5));
    const store = await cluster.restart(2, "M");
    expect(store.observe()).toMatchObject({ isPoisoned: false });
    expect(store.observe().cache).toEqual({});
    store.receive(1, message(5));
    await cluster.settle();
    expect(sent()).toMatchObject([signedOnly]);
  });
});

describe("quotas", () => {
  it("keep metadata only of what is over the memory quota; the payload is served from the row", async () => {
    const { cluster, receive, store, sent } = await peer({ config: { quota: { memoryBytes: 300 } } });
    await receive(message(5, [batch, other]));
    expect(
      Object.values(store.observe().cache)
        .map(({ mode }) => mode)
        .sort(),
    ).toEqual(["memory", "row only"]);
    for (const b of [batch, other]) {
      for (const { id } of cluster.network.messages()) cluster.network.drop(id);
      await receive({ type: "BatchRequest", digest: digestOf(b) }, 3);
      expect(sent()).toMatchObject([{ type: "BatchResponse", batch: { batchId: b.batchId } }]);
    }
  });

  it("are per author", async () => {
    const { receive, store } = await peer({ config: { quota: { batches: 1 } } });
    await receive(message(5));
    await receive(message(5, [other]));
    await receive(message(5, [{ ...batch, author: 3 }]), 3);
    expect(
      Object.values(store.observe().cache)
        .map(({ author }) => author)
        .sort(),
    ).toEqual([1, 3]);
    expect(store.observe().balances).toMatchObject({ 1: { batches: 0 }, 3: { batches: 0 } });
  });

  it("let a held batch be prolonged although they are used up", async () => {
    const { receive, sent } = await peer({ config: { quota: { batches: 1 } } });
    await receive(message(5));
    await receive(message(8));
    expect(sent()).toMatchObject([signedOnly, { ...signedOnly, signatures: [{ expiry: 8 }] }]);
  });

  it("are as before after a restart, and full again when all has expired", async () => {
    const { cluster, receive, store } = await peer();
    await receive(message(5, [batch, other]));
    const { balances } = store.observe();
    const restarted = await cluster.restart(2, "M");
    expect(restarted.observe().balances).toEqual(balances);
    await restarted.advanceCertifiedTime(5);
    expect(restarted.observe().balances).toEqual({ 1: { batches: 10_000, dbBytes: 2 ** 30, memoryBytes: 2 ** 27 } });
  });

  it("keep what is stored, also if a start allows less", async () => {
    const { cluster, receive } = await peer();
    await receive(message(5, [batch, other]));
    const restarted = await cluster.restart(2, "M", { quota: { batches: 1, dbBytes: 1, memoryBytes: 0 } });
    expect(Object.values(restarted.observe().cache).map(({ mode }) => mode)).toEqual(["row only", "row only"]);
    expect(restarted.observe().balances).toMatchObject({ 1: { batches: -1 } });
  });
});
