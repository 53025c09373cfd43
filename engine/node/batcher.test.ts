import { describe, expect, it } from "vitest";
import { Batcher, Overloaded } from "./batcher.ts";
import type { BatcherLimits } from "./batcher.ts";

const bytes = (n: number): Uint8Array => new Uint8Array(n);
const limits = { maxTransactions: 3, maxBytes: 10, maxInFlight: 1, maxWaiting: 6 };

describe("a batcher", () => {
  const held = (changed: Partial<BatcherLimits> = {}) => {
    const sent: { readonly sizes: number[]; readonly finish: () => void; readonly fail: (e: Error) => void }[] = [];
    const batcher = new Batcher({ ...limits, ...changed }, (ts) => {
      const sizes = ts.map((t) => t.length);
      return new Promise<readonly number[]>((resolve, fail) => sent.push({ sizes, finish: () => resolve(sizes), fail }));
    });
    return { sent, batcher };
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
    const { sent, batcher } = held({ maxInFlight: 2 });
    const submit = (n: number): void => void batcher.submit(bytes(n));
    for (const n of [1, 2, 2]) submit(n);
    expect(sent.map((s) => s.sizes)).toEqual([[1]]);
    submit(2);
    expect(sent.map((s) => s.sizes)).toEqual([[1], [2, 2, 2]]);
    for (const n of [3, 3, 3, 3]) submit(n);
    expect(sent).toHaveLength(2);
    sent[0]?.finish();
    await new Promise(setImmediate);
    expect(sent.map((s) => s.sizes)).toEqual([[1], [2, 2, 2], [3, 3, 3]]);
    sent[1]?.finish();
    await new Promise(setImmediate);
    expect(sent).toHaveLength(3);
    sent[2]?.finish();
    await new Promise(setImmediate);
    expect(sent.map((s) => s.sizes)).toEqual([[1], [2, 2, 2], [3, 3, 3], [3]]);
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
