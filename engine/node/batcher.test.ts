import { describe, expect, it } from "vitest";
import { ControlledClock } from "../wiring/controlled/clock.ts";
import { Batcher, Overloaded } from "./batcher.ts";
import type { BatcherLimits } from "./batcher.ts";

const bytes = (n: number): Uint8Array => new Uint8Array(n);
const limits = { maxTransactions: 3, maxBytes: 10, maxInFlight: 1, maxWaiting: 6, maxWaitingBytes: 100, maxGatherMs: 20 };

describe("a batcher", () => {
  const held = (changed: Partial<BatcherLimits> = {}) => {
    const sent: { readonly sizes: number[]; readonly finish: () => void; readonly fail: (e: Error) => void }[] = [];
    const clock = new ControlledClock();
    const batcher = new Batcher({ ...limits, ...changed }, clock, (ts) => {
      const sizes = ts.map((t) => t.length);
      return new Promise<readonly number[]>((resolve, fail) => sent.push({ sizes, finish: () => resolve(sizes), fail }));
    });
    const submit = (...lengths: readonly number[]): void => {
      for (const n of lengths) void batcher.submit(bytes(n));
    };
    const finished = async (batch: number): Promise<void> => {
      sent[batch]?.finish();
      await new Promise(setImmediate);
    };
    return { sent, batcher, clock, submit, finished, sizes: () => sent.map((s) => s.sizes) };
  };

  it("sends at once when idle, and together what came meanwhile", async () => {
    const { sent, batcher } = held();
    const all = [1, 2, 3, 4, 5].map((n) => batcher.submit(bytes(n)));
    expect(sent.map((s) => s.sizes)).toEqual([[1]]);
    sent[0]?.finish();
    expect(await all[0]).toBe(1);
    await new Promise(setImmediate);
    expect(sent.map((s) => s.sizes)).toEqual([[1], [2, 3, 4]]);
    sent[1]?.finish();
    expect(await all[3]).toBe(4);
    await new Promise(setImmediate);
    sent[2]?.finish();
    await all[4];
    expect(batcher.counters()).toMatchObject({ waiting: 0 });
  });

  it("sends a second batch beside the first as soon as it is full", async () => {
    const { sent, submit, finished, sizes } = held({ maxInFlight: 2, maxWaiting: 9 });
    submit(1, 2, 2);
    expect(sizes()).toEqual([[1]]);
    submit(2);
    expect(sizes()).toEqual([[1], [2, 2, 2]]);
    submit(3, 3, 3, 3);
    expect(sent).toHaveLength(2);
    await finished(0);
    expect(sizes()).toEqual([[1], [2, 2, 2], [3, 3, 3]]);
    await finished(1);
    expect(sent).toHaveLength(3);
    await finished(2);
    expect(sizes()).toEqual([[1], [2, 2, 2], [3, 3, 3], [3]]);
  });

  it("waits for those who were answered, half as long as their batch took, so that they go with those who wait", async () => {
    const { clock, submit, finished, sizes } = held();
    submit(1, 2);
    clock.advance(10);
    await finished(0);
    expect(sizes()).toEqual([[1]]);
    submit(3);
    expect(sizes()).toEqual([[1], [2, 3]]);
    clock.advance(10);
    await finished(1);
    submit(4);
    clock.advance(4);
    expect(sizes()).toHaveLength(2);
    clock.advance(1);
    expect(sizes()).toEqual([[1], [2, 3], [4]]);
  });

  it("waits neither for one who is alone, nor when a batch is full, nor after a failure, nor for long", async () => {
    const alone = held();
    for (const n of [0, 1]) {
      alone.submit(1);
      expect(alone.sent).toHaveLength(n + 1);
      alone.clock.advance(10);
      await alone.finished(n);
    }
    const full = held();
    full.submit(1, 2, 2, 2);
    full.clock.advance(10);
    await full.finished(0);
    expect(full.sizes()).toEqual([[1], [2, 2, 2]]);
    const failed = held();
    const first = failed.batcher.submit(bytes(1));
    failed.submit(2);
    failed.clock.advance(10);
    failed.sent[0]?.fail(new Error("no majority"));
    await expect(first).rejects.toThrow("no majority");
    await new Promise(setImmediate);
    expect(failed.sizes()).toEqual([[1], [2]]);
    const slow = held();
    slow.submit(1, 2);
    slow.clock.advance(1_000);
    await slow.finished(0);
    slow.clock.advance(20);
    expect(slow.sizes()).toEqual([[1], [2]]);
  });

  it("knows by the bytes, too, that a batch is full", () => {
    const { sent, batcher } = held({ maxInFlight: 2, maxTransactions: 100 });
    for (const n of [1, 4, 5]) void batcher.submit(bytes(n));
    expect(sent).toHaveLength(1);
    void batcher.submit(bytes(6));
    expect(sent.map((s) => s.sizes)).toEqual([[1], [4, 5]]);
  });

  it("keeps to the bytes of a batch", async () => {
    const { sent, batcher } = held();
    for (const n of [1, 6, 6, 4]) void batcher.submit(bytes(n));
    sent[0]?.finish();
    await new Promise(setImmediate);
    sent[1]?.finish();
    await new Promise(setImmediate);
    expect(sent.map((s) => s.sizes)).toEqual([[1], [6], [6, 4]]);
  });

  it("refuses what is too large and what is too much", async () => {
    const { batcher } = held();
    await expect(batcher.submit(bytes(11))).rejects.toThrow("larger than a batch may be (10)");
    for (let i = 0; i < 7; i++) void batcher.submit(bytes(1));
    await expect(batcher.submit(bytes(1))).rejects.toThrow(Overloaded);
  });

  it("refuses what would take too many bytes, and takes more when there is room again", async () => {
    const { sent, batcher } = held({ maxTransactions: 100, maxWaiting: 100, maxWaitingBytes: 20 });
    void batcher.submit(bytes(1));
    for (const n of [9, 9]) void batcher.submit(bytes(n));
    await expect(batcher.submit(bytes(3))).rejects.toThrow(/2 transactions of 18 bytes wait already, .*; try again later/);
    expect(batcher.counters()).toEqual({ waiting: 2, waitingBytes: 18, inFlight: 1 });
    sent[0]?.finish();
    await new Promise(setImmediate);
    void batcher.submit(bytes(3));
    expect(batcher.counters().waitingBytes).toBe(12);
  });

  it("tells all of a batch when it fails, and goes on", async () => {
    const { sent, batcher } = held();
    const first = batcher.submit(bytes(1));
    const second = batcher.submit(bytes(2));
    sent[0]?.fail(new Error("no majority"));
    await expect(first).rejects.toThrow("no majority");
    await new Promise(setImmediate);
    sent[1]?.finish();
    await expect(second).resolves.toBe(2);
  });
});
