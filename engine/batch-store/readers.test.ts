import { describe, expect, it } from "vitest";
import { bytes, Cluster, optionsOf, outcomeOf, release, rowKey } from "./example-cluster.ts";
import type { ClusterOptions } from "./example-cluster.ts";
import { Keys } from "./proof.ts";
import type { ProofOfStore } from "./proof.ts";

const transactions = [bytes("a")];

/** A batch of replica 1 with a proof by 1 and 2; replica 3 has heard nothing. */
const certified = async (options: ClusterOptions = {}, expiry = 5): Promise<{ cluster: Cluster; proof: ProofOfStore; digest: string }> => {
  const cluster = await Cluster.open(options);
  const submission = cluster.store(1).submit(transactions, { expiry });
  await cluster.settle();
  await cluster.deliverAll((to) => to === 3);
  const proof = await submission;
  return { cluster, proof, digest: proof.digest };
};
const requests = (cluster: Cluster): readonly number[] => cluster.network.messages().map(({ to }) => to);

describe("fetching", () => {
  it("answers from the cache without a message", async () => {
    const { cluster, proof, digest } = await certified();
    expect(await cluster.store(2).fetch(digest, proof)).toEqual({ author: 1, batchId: proof.batchId, transactions });
    expect(requests(cluster)).toEqual([]);
  });

  it("answers from the row after a crash of the machine, in this epoch and in a new one", async () => {
    const { cluster, proof, digest } = await certified({ config: { quota: { memoryBytes: 0 } } });
    for (const epoch of [1, 2]) {
      const store = await cluster.restart(2, "M", { epoch });
      expect(store.observe()).toMatchObject({ epoch, cache: { [digest]: { mode: "row only" } } });
      expect(await store.fetch(digest, proof)).toMatchObject({ transactions });
    }
    expect(requests(cluster)).toEqual([]);
  });

  it("asks the signers, one after the other, and persists what comes", async () => {
    const { cluster, proof, digest } = await certified();
    const fetched = outcomeOf(cluster.store(3).fetch(digest, proof));
    await cluster.settle();
    const [first] = requests(cluster);
    expect([1, 2]).toContain(first);
    await cluster.deliverAll(() => true);
    cluster.member(3).clock.advance(500);
    expect(requests(cluster)).toEqual([first === 1 ? 2 : 1]);
    await cluster.deliverAll();
    expect(fetched.value).toMatchObject({ transactions });
    expect(cluster.member(3).table.crash("M")[0]?.rows.has(rowKey(digest))).toBe(true);
    expect(cluster.member(3).clock.timers()).toEqual([]);
    expect(cluster.store(3).observe()).toMatchObject({ subscriptions: [], notified: { [digest]: { expiry: 5 } } });
    expect(cluster.store(3).observe().signed).toEqual({});
  });

  it("is answered when the fetched row is durable, not before", async () => {
    const { cluster, proof, digest } = await certified();
    cluster.member(3).table.hold();
    const fetched = outcomeOf(cluster.store(3).fetch(digest, proof));
    await cluster.settle();
    await cluster.deliverAll();
    expect([cluster.store(3).observe().cache[digest]?.expiry, fetched]).toEqual([5, {}]);
    cluster.member(3).table.releaseAll();
    await cluster.settle();
    expect(fetched.value).toMatchObject({ transactions });
  });

  it("goes on at once when a signer does not have it, and begins a new round only after a while", async () => {
    const { cluster, proof, digest } = await certified();
    for (const replica of [1, 2]) await cluster.store(replica).endEpoch(2);
    await cluster.settle();
    const fetched = outcomeOf(cluster.store(3).fetch(digest, proof, { timeoutMs: 1200 }));
    await cluster.settle();
    await cluster.deliverAll();
    expect([requests(cluster), fetched]).toEqual([[], {}]);
    cluster.member(3).clock.advance(500);
    expect(requests(cluster)).toHaveLength(1);
    await cluster.deliverAll();
    cluster.member(3).clock.advance(700);
    await cluster.settle();
    expect(fetched.error).toMatchObject({ code: "timeout" });
    expect(fetched.error?.message).toMatch(/did not come within 1200 ms: replicas (1, 2|2, 1) were asked/);
  });

  it("stores a batch that has a proof beyond the author's quota", async () => {
    const { cluster, proof, digest } = await certified({ config: { quota: { batches: 1 } } });
    const other = cluster.store(1).submit([bytes("b")], { expiry: 5 });
    await expect(other).rejects.toMatchObject({ code: "quota" });
    await cluster.store(3).advanceCertifiedTime(1);
    const filler = { author: 1, batchId: { nonce: "f".repeat(16), number: 0 }, transactions };
    cluster.store(3).receive(1, { type: "BatchMsg", epoch: 1, batches: [{ batch: filler, expiry: 5 }] });
    await cluster.settle();
    const fetched = outcomeOf(cluster.store(3).fetch(digest, proof));
    await cluster.settle();
    await cluster.deliverAll();
    expect(fetched.value).toMatchObject({ transactions });
    expect(cluster.store(3).observe().balances[1]?.batches).toBe(-1);
  });

  it("does not take another batch for the one that it asked for", async () => {
    const { cluster, proof, digest } = await certified();
    const fetched = outcomeOf(cluster.store(3).fetch(digest, proof));
    await cluster.settle();
    const asked = requests(cluster)[0] ?? 0;
    const batch = { author: 1, batchId: proof.batchId, transactions: [bytes("forged")] };
    cluster.store(3).receive(asked, { type: "BatchResponse", digest, batch });
    await cluster.settle();
    expect(cluster.store(3).observe().cache).toEqual({});
    expect(cluster.member(3).logged).toContain("batch of another digest received");
    await cluster.deliverAll();
    expect(fetched.value).toMatchObject({ transactions });
  });

  it("ignores a batch that nobody asked for", async () => {
    const { cluster, proof, digest } = await certified();
    cluster.store(3).receive(1, { type: "BatchResponse", digest, batch: { author: 1, batchId: proof.batchId, transactions } });
    await cluster.settle();
    expect([cluster.store(3).observe().cache, cluster.store(3).observe().rows]).toEqual([{}, {}]);
  });

  it("shares one request among several readers, and ends it with the last of them", async () => {
    const { cluster, proof, digest } = await certified();
    const aborts = [1, 2].map(() => new AbortController());
    const readers = aborts.map(({ signal }) => outcomeOf(cluster.store(3).fetch(digest, proof, { signal })));
    await cluster.settle();
    expect(requests(cluster)).toHaveLength(1);
    for (const abort of aborts) abort.abort();
    await cluster.settle();
    for (const { error } of readers) expect(error).toMatchObject({ code: "aborted" });
    await cluster.deliverAll(() => true);
    cluster.member(3).clock.advance(500);
    expect([requests(cluster), cluster.member(3).clock.timers()]).toEqual([[], []]);
  });

  it("is refused for an expired batch that is not here, a proof of another batch, and a proof that does not hold", async () => {
    const { cluster, proof, digest } = await certified();
    const store = cluster.store(3);
    await expect(store.fetch("0".repeat(64), proof)).rejects.toMatchObject({ code: "invalid" });
    await expect(store.fetch(digest, { ...proof, signatures: proof.signatures.slice(1) })).rejects.toMatchObject({ code: "invalid" });
    await store.advanceCertifiedTime(5);
    await expect(store.fetch(digest, proof)).rejects.toMatchObject({ code: "expired" });
  });

  it("is limited in number", async () => {
    const { cluster, proof, digest } = await certified({ config: { limits: { maxFetches: 1 } } });
    void outcomeOf(cluster.store(3).fetch(digest, proof));
    await cluster.settle();
    const statement = { ...proof, digest: "1".repeat(64) };
    const signatures = [1, 2].map((signer) => ({ signer, signature: new Keys({ ...optionsOf(signer), quorum: 2 }).sign(statement) }));
    await expect(cluster.store(3).fetch(statement.digest, { ...statement, signatures })).rejects.toMatchObject({ code: "limit" });
  });
});

describe("a subscriber", () => {
  it("that looks between the insertion and the row is not answered from the cache", async () => {
    const { cluster, digest } = await certified();
    cluster.member(3).steps.hold((step) => step === "Put");
    cluster.member(1).clock.advance(200);
    const reader = outcomeOf(cluster.store(3).subscribe(digest));
    const prolonged = cluster.store(1).prolong(digest, { expiry: 7 });
    await cluster.settle();
    await cluster.deliverAll();
    await prolonged;
    expect([cluster.store(3).observe().cache[digest]?.expiry, reader]).toEqual([7, {}]);
    await release(cluster, 3, "Put");
    expect(reader.value).toMatchObject({ transactions });
  });

  it("that registers before its look misses nothing: the row may come in between", async () => {
    const { cluster, proof, digest } = await certified();
    cluster.member(3).steps.hold((step) => step === "Recheck" || step === "NotifyOfDurable");
    const reader = outcomeOf(cluster.store(3).subscribe(digest));
    void outcomeOf(cluster.store(3).fetch(digest, proof));
    await cluster.settle();
    await cluster.deliverAll();
    expect(cluster.store(3).observe().subscriptions).toMatchObject([{ phases: ["registered", "registered"] }]);
    await release(cluster, 3, "NotifyOfDurable");
    expect(reader.value).toMatchObject({ transactions });
  });

  it("is told when the store is closed, and when its time is up", async () => {
    const { cluster, digest } = await certified();
    const late = outcomeOf(cluster.store(3).subscribe(digest, { timeoutMs: 5 }));
    const open = outcomeOf(cluster.store(3).subscribe(digest));
    cluster.member(3).clock.advance(5);
    await cluster.store(3).close();
    await cluster.settle();
    expect(late.error).toMatchObject({ code: "timeout" });
    expect(open.error).toMatchObject({ code: "closed" });
    expect(cluster.member(3).clock.timers()).toEqual([]);
  });

  it("that is refused asks no signer", async () => {
    const { cluster, proof, digest } = await certified({ config: { limits: { maxSubscribers: 1 } } });
    void outcomeOf(cluster.store(3).subscribe("0".repeat(64)));
    await expect(cluster.store(3).fetch(digest, proof)).rejects.toMatchObject({ code: "limit" });
    expect([requests(cluster), cluster.member(3).clock.timers().length]).toEqual([[], 1]);
  });

  it("is one of a limited number", async () => {
    const { cluster, digest } = await certified({ config: { limits: { maxSubscribers: 1 } } });
    void outcomeOf(cluster.store(3).subscribe(digest));
    await expect(cluster.store(3).subscribe("0".repeat(64))).rejects.toMatchObject({ code: "limit" });
  });
});
