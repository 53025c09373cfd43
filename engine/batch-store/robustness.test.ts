/** Bad frames, replays and floods: nothing is signed or stored for them, nothing is thrown, and memory stays bounded. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configured } from "./config.ts";
import { digestOf } from "./batch.ts";
import type { Batch } from "./batch.ts";
import { bytes, Cluster, optionsOf, outcomeOf } from "./example-cluster.ts";
import type { BatchMessage } from "./messages.ts";
import { Keys } from "./proof.ts";

const nonce = "0".repeat(16);
const batchOf = (number: number, author = 1): Batch & { transactions: Uint8Array[] } => ({
  author,
  batchId: { nonce, number },
  transactions: [bytes(`${number}`)],
});
const message = (number: number, expiry = 5): BatchMessage => ({
  type: "BatchMsg",
  epoch: 1,
  batches: [{ batch: batchOf(number), expiry }],
});
/** All that persists; not the counts of what was dropped. */
const stored = (cluster: Cluster, replica: number): unknown => ({ ...cluster.store(replica).observe(), dropped: undefined });

describe("bad messages", () => {
  it("of any kind change nothing", async () => {
    const cluster = await Cluster.open();
    const before = stored(cluster, 2);
    const nearly = fc.record(
      {
        type: fc.constantFrom("BatchMsg", "BatchSigned", "BatchRefused", "BatchRequest", "BatchResponse", "Other"),
        epoch: fc.anything(),
        batches: fc.anything(),
        signatures: fc.anything(),
        digest: fc.anything(),
      },
      { requiredKeys: ["type"] },
    );
    const messages = fc.sample(fc.oneof(fc.anything(), nearly), { numRuns: 300, seed: 1 });
    for (const m of messages) cluster.store(2).receive(1, m);
    await cluster.settle();
    expect(stored(cluster, 2)).toEqual(before);
    expect(cluster.store(2).observe().dropped.malformed).toBe(300);
    expect(cluster.network.messages()).toEqual([]);
  });

  it("from itself, from nobody, or from beyond the cluster are dropped", async () => {
    const cluster = await Cluster.open();
    for (const from of [2, 0, -1, 4, 1.5, NaN]) cluster.store(2).receive(from, message(1));
    await cluster.settle();
    expect(cluster.store(2).observe()).toMatchObject({ dropped: { malformed: 6 } });
    expect(cluster.store(2).observe().cache).toEqual({});
  });

  it("of too many or too large batches are refused", async () => {
    const cluster = await Cluster.open({ config: { limits: { maxBatchBytes: 300 } } });
    const batches = Array.from({ length: 65 }, (_, i) => ({ batch: batchOf(i), expiry: 5 }));
    cluster.store(2).receive(1, { type: "BatchMsg", epoch: 1, batches });
    expect(cluster.store(2).observe().dropped.malformed).toBe(1);
    const large = { ...batchOf(1), transactions: [new Uint8Array(100)] };
    cluster.store(2).receive(1, { type: "BatchMsg", epoch: 1, batches: [{ batch: large, expiry: 5 }] });
    await cluster.settle();
    expect(cluster.network.messages().map((m) => m.message)).toMatchObject([
      { type: "BatchRefused", digest: digestOf(large), reason: "limit" },
    ]);
    expect(stored(cluster, 2)).toHaveProperty("cache", {});
  });
});

describe("signatures that prove nothing here", () => {
  const attempt = async (
    cluster: Cluster,
    signed: { cluster?: string; epoch?: number; expiry?: number; signer?: number },
  ): Promise<number> => {
    const outcome = outcomeOf(cluster.store(1).submit([bytes("a")], { expiry: 5 }));
    await cluster.settle();
    const [pending] = cluster.store(1).observe().submissions;
    const digest = pending?.digest ?? expect.fail();
    const { batchId } = cluster.store(1).observe().cache[digest] ?? expect.fail();
    const keys = new Keys({ ...optionsOf(signed.signer ?? 2), cluster: signed.cluster ?? "example", quorum: 2 });
    const signature = keys.sign({ epoch: signed.epoch ?? 1, digest, expiry: signed.expiry ?? 5, author: 1, batchId });
    cluster.store(1).receive(2, { type: "BatchSigned", epoch: 1, signatures: [{ digest, expiry: 5, signature }] });
    await cluster.settle();
    return outcome.value?.signatures.length ?? cluster.store(1).observe().submissions.at(-1)?.signers.length ?? 0;
  };

  it("are of another cluster, another epoch, another expiry, or another replica", async () => {
    for (const signed of [{ cluster: "another" }, { epoch: 2 }, { expiry: 6 }, { signer: 3 }]) {
      const cluster = await Cluster.open();
      expect(await attempt(cluster, signed), JSON.stringify(signed)).toBe(1);
      expect(cluster.member(1).logged).toContain("signature not valid");
    }
    expect(await attempt(await Cluster.open(), {})).toBe(2);
  });

  it("were replayed from before the end of an epoch", async () => {
    const cluster = await Cluster.open();
    const first = cluster.store(1).submit([bytes("a")], { expiry: 5 });
    await cluster.settle();
    for (const { id, to } of cluster.network.messages()) if (to === 2) cluster.network.deliver(id);
    await cluster.settle();
    const old = cluster.network.messages().find(({ to }) => to === 1)?.message;
    await cluster.deliverAll();
    const { digest } = await first;
    await cluster.store(1).endEpoch(2);
    await cluster.settle();
    await expect(cluster.store(1).prolong(digest, { expiry: 5 })).rejects.toMatchObject({ code: "invalid" });
    cluster.store(1).receive(2, old);
    await cluster.settle();
    expect(cluster.store(1).observe()).toMatchObject({ submissions: [] });
    expect(cluster.store(1).observe().signed).toEqual({});
  });

  it("come twice from one replica: they count once", async () => {
    const cluster = await Cluster.open({ size: 5 });
    const outcome = outcomeOf(cluster.store(1).submit([bytes("a")], { expiry: 5 }));
    await cluster.settle();
    for (const { id, to } of cluster.network.messages())
      if (to === 2) cluster.network.duplicate(id);
      else cluster.network.drop(id);
    await cluster.deliverAll();
    expect(outcome).toEqual({});
    expect(cluster.store(1).observe().submissions).toMatchObject([{ signers: [1, 2] }]);
  });
});

describe("floods", () => {
  it("of batches end at the quota of their author", async () => {
    const cluster = await Cluster.open({ config: { quota: { batches: 20 } } });
    for (let i = 0; i < 100; i++) {
      cluster.store(2).receive(1, message(i));
      await cluster.settle();
    }
    expect(Object.keys(cluster.store(2).observe().cache)).toHaveLength(20);
  });

  it("of batches while the disk is slow end at the number of messages that may be pending", async () => {
    const cluster = await Cluster.open({ config: { limits: { maxPendingPerPeer: 8 } } });
    cluster.member(2).table.hold();
    for (let i = 0; i < 100; i++) cluster.store(2).receive(1, message(i));
    await cluster.settle();
    expect(cluster.store(2).observe().dropped.tooMany).toBe(92);
    cluster.member(2).table.releaseAll();
    await cluster.settle();
    expect(Object.keys(cluster.store(2).observe().cache)).toHaveLength(8);
    cluster.store(2).receive(1, message(200));
    await cluster.settle();
    expect(Object.keys(cluster.store(2).observe().cache)).toHaveLength(9);
  });

  it("of requests are answered at the rate that one peer may have", async () => {
    const cluster = await Cluster.open({ config: { limits: { requestsPerSecond: 10, requestBurst: 5 } } });
    const request = (from: number): void => cluster.store(2).receive(from, { type: "BatchRequest", digest: "0".repeat(64) });
    for (let i = 0; i < 50; i++) request(1);
    await cluster.settle();
    expect(cluster.network.messages()).toHaveLength(5);
    request(3);
    await cluster.settle();
    expect(cluster.network.messages()).toHaveLength(6);
    cluster.member(2).clock.advance(200);
    for (let i = 0; i < 50; i++) request(1);
    await cluster.settle();
    expect(cluster.network.messages()).toHaveLength(8);
  });

  it("leave nothing behind when all has expired", async () => {
    const cluster = await Cluster.open();
    for (let time = 1; time <= 20; time++) {
      const proof = outcomeOf(cluster.store(1).submit([bytes(`${time}`)], { expiry: time }));
      await cluster.settle();
      await cluster.deliverAll();
      await cluster.store(3).fetch(proof.value?.digest ?? "", proof.value ?? expect.fail());
      for (const replica of [1, 2, 3]) await cluster.store(replica).advanceCertifiedTime(time);
    }
    for (const replica of [1, 2, 3]) {
      expect(cluster.store(replica).observe()).toMatchObject({
        cache: {},
        rows: {},
        durableRows: {},
        timers: [],
        locks: [],
        signed: {},
        notified: {},
      });
      expect([...cluster.member(replica).table.image().rows.keys()].sort()).toEqual(["batch-id", "state"]);
      expect(cluster.member(replica).clock.timers()).toEqual([]);
    }
  });
});

describe("a closed store", () => {
  it("refuses all work, ignores messages, and waits for the write that is under way", async () => {
    const cluster = await Cluster.open();
    const store = cluster.store(1);
    cluster.member(1).table.hold();
    const submission = outcomeOf(store.submit([bytes("a")], { expiry: 5 }));
    await cluster.settle();
    const closed = outcomeOf(store.close().then(() => "closed"));
    await cluster.settle();
    expect(submission.error).toMatchObject({ code: "closed" });
    expect(closed).toEqual({});
    cluster.member(1).table.releaseAll();
    await cluster.settle();
    expect(closed.value).toBe("closed");
    await expect(store.submit([bytes("b")], { expiry: 5 })).rejects.toMatchObject({ code: "closed" });
    await expect(store.advanceCertifiedTime(1)).rejects.toMatchObject({ code: "closed" });
    await expect(store.subscribe("0".repeat(64))).rejects.toMatchObject({ code: "closed" });
    await expect(store.close()).resolves.toBeUndefined();
  });
});

describe("the configuration", () => {
  it("has safe defaults", () => {
    expect(configured(optionsOf(1, 5))).toMatchObject({ quorum: 3, epoch: 1, graceTime: 0 });
  });

  it("is refused with a reason", () => {
    const bad: [object, RegExp][] = [
      [{ replica: 4 }, /malformed at replica: expected at most the number of public keys/],
      [{ quorum: 1 }, /malformed at quorum: expected more than half/],
      [{ quorum: 4 }, /malformed at quorum: .*no more than there are/],
      [{ publicKeys: [optionsOf(1).publicKeys[0], optionsOf(1).publicKeys[0]] }, /malformed at publicKeys: expected different keys/],
      [{ unknown: 1 }, /malformed at its root/],
      [{ limits: { maxTransactions: 0 } }, /malformed at limits.maxTransactions/],
    ];
    for (const [more, why] of bad) expect(() => configured({ ...optionsOf(1), ...more })).toThrow(why);
  });
});
