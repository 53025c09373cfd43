import { expect, it } from "vitest";
import { Quotas } from "./quota.ts";

const quota = { batches: 2, dbBytes: 100, memoryBytes: 60 };

it("a quota can be used up to its last batch and byte, and no further", () => {
  const quotas = new Quotas(quota);
  expect(quotas.take(1, 60, undefined, false).mode).toBe("memory");
  expect(() => quotas.take(1, 41, undefined, false)).toThrow(/40 bytes left/);
  expect(quotas.take(1, 40, undefined, false).mode).toBe("row only");
  expect(quotas.balanceOf(1)).toEqual({ batches: 0, dbBytes: 0, memoryBytes: 0 });
  expect(() => quotas.take(1, 0, undefined, false)).toThrow(/0 batches/);
  expect(quotas.balanceOf(2)).toEqual(quota);
});

it("what is held can be held longer, also when more is held than the quota allows; all that was taken comes back", () => {
  const quotas = new Quotas(quota);
  const shares = [50, 50, 50].map((bytes) => quotas.take(1, bytes, undefined, true));
  expect(quotas.balanceOf(1)).toEqual({ batches: -1, dbBytes: -50, memoryBytes: 10 });
  const exchanged = shares.map((share) => quotas.take(1, share.bytes, share, false));
  expect(exchanged.map(({ mode }) => mode)).toEqual(["memory", "row only", "row only"]);
  for (const share of exchanged) quotas.free(share);
  expect(quotas.balanceOf(1)).toEqual(quota);
});

it("an author that has overdrawn hears that nothing is left; authors are listed in their order", () => {
  const quotas = new Quotas(quota);
  quotas.take(10, 50, undefined, false);
  for (const bytes of [50, 50, 50]) quotas.take(2, bytes, undefined, true);
  expect(() => quotas.take(2, 1, undefined, false)).toThrow(/0 batches and 0 bytes left/);
  expect(quotas.authors()).toEqual([2, 10]);
});
