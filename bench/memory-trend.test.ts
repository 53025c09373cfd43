import { describe, expect, it } from "vitest";
import { memoryTrend } from "./memory-trend.ts";
import type { MemorySample } from "./memory-trend.ts";

const mebibyte = 2 ** 20;
const leak = 1024;
/** Numbers from 0 to 1 that are the same in every run. */
const chance = (seed: number): (() => number) => {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
};
interface Shape {
  readonly seed?: number;
  readonly samples?: number;
  readonly operationsPerSample?: number;
  /** For each operation: never given back, and given back at the next collection. */
  readonly kept?: number;
  readonly garbage?: number;
  /** Collections come when there is so much garbage, or somewhat more. */
  readonly collectedAt?: number;
  readonly noise?: number;
}

/** A saw: a collector that comes by chance, on what is always there and what leaks. */
const series = (shape: Shape): readonly MemorySample[] => {
  const { seed = 1, samples = 200, operationsPerSample = 1_000, kept = 0, garbage = 8_192, collectedAt = 40 * mebibyte } = shape;
  const { noise = 2 * mebibyte } = shape;
  const random = chance(seed);
  let [waste, limit] = [0, collectedAt];
  return Array.from({ length: samples }, (_, i) => {
    const operations = (i + 1) * operationsPerSample;
    waste += garbage * operationsPerSample;
    if (waste > limit) [waste, limit] = [0, collectedAt * (0.7 + 0.6 * random())];
    return { operations, bytes: 120 * mebibyte + kept * operations + waste + noise * random() };
  });
};
const seeds = Array.from({ length: 50 }, (_, i) => i + 1);
const verdicts = (shape: Shape) => new Set(seeds.map((seed) => memoryTrend(series({ ...shape, seed }), leak).verdict));

describe("the trend of memory", () => {
  it("is flat where a collector swings by a third of it", () => {
    expect(verdicts({})).toEqual(new Set(["flat"]));
  });

  it("grows with a leak of 1 KiB for each operation", () => {
    expect(verdicts({ kept: 1_024 })).toEqual(new Set(["grows"]));
  });

  it("is never called flat with such a leak, however short the time and large the noise", () => {
    for (const samples of [12, 20, 50])
      for (const noise of [2 * mebibyte, 60 * mebibyte]) expect(verdicts({ kept: 1_200, samples, noise })).not.toContain("flat");
  });

  it("cannot be told of a short time with large swings", () => {
    expect(verdicts({ samples: 12, operationsPerSample: 300, noise: 80 * mebibyte })).toContain("too short to tell");
  });

  it("finds how much is kept", () => {
    const { bytesPerOperation, error } = memoryTrend(series({ kept: 5_000 }), leak);
    expect(Math.abs(bytesPerOperation - 5_000)).toBeLessThan(error);
  });

  it("is not turned by one stretch that is far off", () => {
    const samples = series({ noise: 0 }).map((s, i) => (i > 100 && i < 120 ? { ...s, bytes: s.bytes + 20 * mebibyte } : s));
    expect(memoryTrend(samples, leak).verdict).toBe("flat");
  });

  it("is flat where memory is given back", () => {
    expect(verdicts({ kept: -2_000, noise: mebibyte })).toEqual(new Set(["flat"]));
  });

  it("refuses to judge by a few samples", () => {
    expect(() => memoryTrend(series({ samples: 11 }), leak)).toThrow("a trend needs 12 samples, not 11");
  });
});
