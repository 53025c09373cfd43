import { describe, expect, it } from "vitest";
import { bytes, Cluster, outcomeOf, rowKey } from "./example-cluster.ts";

const transactions = [bytes("a"), bytes("b")];

describe("submitting", () => {
  it("gives a proof that all replicas accept, for a batch that a quorum has on its disks", async () => {
    const cluster = await Cluster.open();
    const submission = cluster.store(1).submit(transactions, { expiry: 5 });
    await cluster.settle();
    await cluster.deliverAll((to, type) => to === 3 && type === "BatchMsg");
    const proof = await submission;
    expect(proof).toMatchObject({ author: 1, expiry: 5, epoch: 1, batchId: { number: 0 } });
    expect(proof.signatures.map(({ signer }) => signer)).toEqual([1, 2]);
    for (const replica of [1, 2, 3]) expect(cluster.store(replica).verifyProof(proof)).toEqual(proof);
    for (const replica of [1, 2]) expect(cluster.member(replica).table.crash("M")[0]?.rows.has(rowKey(proof.digest))).toBe(true);
    expect(cluster.store(1).observe()).toMatchObject({ submissions: [], signed: { [proof.digest]: { expiry: 5, epoch: 1 } } });
  });

  it("is written down, action by action, on each replica", async () => {
    const cluster = await Cluster.open();
    for (const { events } of cluster.members.values()) events.length = 0;
    const submission = cluster.store(1).submit(transactions, { expiry: 5 });
    await cluster.settle();
    await cluster.deliverAll((to) => to === 3);
    const { digest } = await submission;
    const acts = (replica: number): readonly string[] => cluster.member(replica).events.map(({ act }) => act);
    expect(acts(1)).toEqual(["CheckExpiry", "Insert", "SendBatch", "Put", "FormProof"]);
    expect(acts(2)).toEqual(["CheckExpiry", "Insert", "Put", "Send"]);
    expect(cluster.member(2).events.map(({ post }) => post)).toEqual([
      { certifiedTime: 0, epoch: 1, cache: null, row: null, isDurable: false },
      { certifiedTime: 0, epoch: 1, cache: 5, row: null, isDurable: false },
      { certifiedTime: 0, epoch: 1, cache: 5, row: 5, isDurable: true },
      { certifiedTime: 0, epoch: 1, cache: 5, row: 5, isDurable: true },
    ]);
    expect(cluster.member(2).events.at(-1)?.args).toEqual({ to: 1, digest, expiry: 5 });
  });

  it("sends the batch again to those that have not answered, and to no others", async () => {
    const cluster = await Cluster.open();
    const submission = cluster.store(1).submit(transactions, { expiry: 5 });
    await cluster.settle();
    await cluster.deliverAll(() => true);
    cluster.member(1).clock.advance(200);
    expect(cluster.network.messages().map(({ to }) => to)).toEqual([2, 3]);
    await cluster.deliverAll((to) => to === 3);
    expect((await submission).signatures.map(({ signer }) => signer)).toEqual([1, 2]);
    cluster.member(1).clock.advance(10_000);
    expect(cluster.network.messages()).toEqual([]);
    expect(cluster.member(1).clock.timers()).toEqual([]);
  });

  it("says who has signed and who has not when the time is up", async () => {
    const cluster = await Cluster.open({ size: 5 });
    const outcome = outcomeOf(cluster.store(1).submit(transactions, { expiry: 5, timeoutMs: 1000 }));
    await cluster.settle();
    await cluster.deliverAll((to) => to > 2);
    cluster.member(1).clock.advance(999);
    await cluster.settle();
    expect(outcome).toEqual({});
    cluster.member(1).clock.advance(1);
    await cluster.settle();
    expect(outcome.error).toMatchObject({ code: "timeout" });
    expect(outcome.error?.message).toContain("signed by 1, 2; no answer from 3, 4, 5. A quorum is 3.");
  });

  it("ends when it is aborted", async () => {
    const cluster = await Cluster.open();
    const abort = new AbortController();
    const outcome = outcomeOf(cluster.store(1).submit(transactions, { expiry: 5, signal: abort.signal }));
    await cluster.settle();
    abort.abort();
    await cluster.settle();
    expect(outcome.error).toMatchObject({ code: "aborted" });
    expect(cluster.member(1).clock.timers()).toEqual([]);
  });

  it("ends when so many have refused that no quorum is left", async () => {
    const cluster = await Cluster.open();
    for (const replica of [2, 3]) await cluster.store(replica).advanceCertifiedTime(5);
    const outcome = outcomeOf(cluster.store(1).submit(transactions, { expiry: 5 }));
    await cluster.settle();
    await cluster.deliverAll();
    expect(outcome.error).toMatchObject({ code: "refused" });
    expect(outcome.error?.message).toContain("refused by 2 (expired); refused by 3 (expired)");
  });

  it("is refused here for what is over a limit or expired, and takes no quota then", async () => {
    const limits = { maxTransactions: 2, maxBatchBytes: 400, maxLifetime: 10 };
    const cluster = await Cluster.open({ config: { limits } });
    const store = cluster.store(1);
    await expect(store.submit([], { expiry: 5 })).rejects.toMatchObject({ code: "limit" });
    await expect(store.submit([bytes("a"), bytes("b"), bytes("c")], { expiry: 5 })).rejects.toMatchObject({ code: "limit" });
    await expect(store.submit([new Uint8Array(200)], { expiry: 5 })).rejects.toMatchObject({ code: "limit" });
    await expect(store.submit(transactions, { expiry: 0 })).rejects.toMatchObject({ code: "expired" });
    await store.advanceCertifiedTime(1);
    await expect(store.submit(transactions, { expiry: 12 })).rejects.toMatchObject({ code: "limit" });
    expect(store.observe()).toMatchObject({ submissions: [] });
    expect([store.observe().cache, store.observe().rows, store.observe().balances]).toEqual([{}, {}, {}]);
    expect(cluster.network.messages()).toEqual([]);
    void outcomeOf(store.submit(transactions, { expiry: 11 }));
    await cluster.settle();
    expect(Object.values(store.observe().cache)).toMatchObject([{ expiry: 11 }]);
  });

  it("is limited in number", async () => {
    const cluster = await Cluster.open({ config: { limits: { maxSubmissions: 2 } } });
    const first = [1, 2].map((i) => cluster.store(1).submit([bytes(`${i}`)], { expiry: 5 }));
    await expect(cluster.store(1).submit(transactions, { expiry: 5 })).rejects.toMatchObject({ code: "limit" });
    await cluster.settle();
    await cluster.deliverAll();
    await Promise.all(first);
    const again = cluster.store(1).submit(transactions, { expiry: 5 });
    await cluster.settle();
    await cluster.deliverAll();
    expect((await again).author).toBe(1);
  });

  it("works alone in a cluster of one", async () => {
    const cluster = await Cluster.open({ size: 1 });
    const proof = await cluster.store(1).submit(transactions, { expiry: 5 });
    expect(proof.signatures).toHaveLength(1);
    expect(await cluster.store(1).fetch(proof.digest, proof)).toEqual({ author: 1, batchId: proof.batchId, transactions });
  });

  it("needs as many signatures as the configured quorum", async () => {
    const cluster = await Cluster.open({ config: { quorum: 3 } });
    const outcome = outcomeOf(cluster.store(1).submit(transactions, { expiry: 5 }));
    await cluster.settle();
    await cluster.deliverAll((to) => to === 3);
    expect(outcome).toEqual({});
    cluster.member(1).clock.advance(200);
    await cluster.deliverAll();
    expect(outcome.value?.signatures.map(({ signer }) => signer)).toEqual([1, 2, 3]);
  });
});

describe("prolonging", () => {
  it("gives a proof with the later expiry under the same digest, which keeps the batch for longer", async () => {
    const cluster = await Cluster.open();
    const submit = cluster.store(1).submit(transactions, { expiry: 5 });
    await cluster.settle();
    await cluster.deliverAll();
    const { digest } = await submit;
    const prolong = cluster.store(1).prolong(digest, { expiry: 9 });
    await cluster.settle();
    await cluster.deliverAll();
    const proof = await prolong;
    expect(proof).toMatchObject({ digest, expiry: 9 });
    await cluster.store(2).advanceCertifiedTime(5);
    expect(cluster.store(2).observe().durableRows[digest]?.expiry).toBe(9);
    expect(await cluster.store(2).fetch(digest, proof)).toMatchObject({ transactions });
  });

  it("is for the author only, and for what is stored", async () => {
    const cluster = await Cluster.open();
    const submit = cluster.store(1).submit(transactions, { expiry: 5 });
    await cluster.settle();
    await cluster.deliverAll();
    const { digest } = await submit;
    await expect(cluster.store(2).prolong(digest, { expiry: 9 })).rejects.toMatchObject({ code: "invalid" });
    await expect(cluster.store(1).prolong("0".repeat(64), { expiry: 9 })).rejects.toMatchObject({ code: "invalid" });
  });
});

describe("batch ids", () => {
  it("do not repeat after a crash of the machine, and go on under the same nonce", async () => {
    const cluster = await Cluster.open({ size: 1, config: { batchIdRange: 2 } });
    const ids: { nonce: string; number: number }[] = [];
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < round; i++) ids.push((await cluster.store(1).submit(transactions, { expiry: 5 })).batchId);
      await cluster.restart(1, "M");
    }
    expect(ids).toHaveLength(6);
    expect(new Set(ids.map(({ number }) => number)).size).toBe(6);
    expect(new Set(ids.map(({ nonce }) => nonce)).size).toBe(1);
  });

  it("wait until their range is durable, before anything is sent", async () => {
    const cluster = await Cluster.open({ config: { batchIdRange: 1 } });
    const first = cluster.store(1).submit(transactions, { expiry: 5 });
    await cluster.settle();
    await cluster.deliverAll();
    await first;
    cluster.member(1).table.hold();
    void cluster.store(1).submit(transactions, { expiry: 5 });
    await cluster.settle();
    expect(cluster.network.messages()).toEqual([]);
    expect(cluster.member(1).table.pending()).toMatchObject([{ kind: "write", sync: true, writes: [{ put: "batch-id" }] }]);
    cluster.member(1).table.complete(cluster.member(1).table.pending()[0]?.id ?? 0);
    await cluster.settle();
    expect(cluster.network.messages()).toHaveLength(2);
  });
});
