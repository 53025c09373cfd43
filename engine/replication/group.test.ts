import { describe, expect, it } from "vitest";
import { checkMember, majority, minority, peerToAsk, peersOf, primary } from "./group.ts";

it("any two majorities meet, and what is left when a minority fails is one", () => {
  for (const replicas of [1, 3, 5, 7]) {
    expect(2 * majority(replicas)).toBeGreaterThan(replicas);
    expect(replicas - minority(replicas)).toBe(majority(replicas));
  }
});

it("every replica leads in its turn", () => {
  expect([1, 2, 3, 4, 5].map((viewNumber) => primary(viewNumber, 3))).toEqual([1, 2, 3, 1, 2]);
});

it("the state of a view is asked for at its primary first, then at each other peer", () => {
  const asked = (r: number, viewNumber: number): number[] => [0, 1, 2, 3, 4].map((attempt) => peerToAsk(r, 5, viewNumber, attempt));
  expect(asked(2, 3)).toEqual([3, 4, 5, 1, 3]);
  // Its primary itself has no primary to ask.
  expect(asked(2, 2)).toEqual([1, 3, 4, 5, 1]);
  expect(peersOf(2, 5)).toEqual([1, 3, 4, 5]);
});

describe("the number of a replica", () => {
  it("is one of its group", () => {
    expect([1, 3].map((r) => checkMember(r, 3))).toEqual([1, 3]);
    expect(checkMember(99, 99)).toBe(99);
  });
  it.each([0, 4, 1.5, NaN, -1])("is not %s in a group of three", (r) => {
    expect(() => checkMember(r, 3)).toThrow(`a replica's number is 1 to 3, not ${String(r)}`);
  });
  it.each([0, 2, 100, 101, 2.5])("is none in a group of %s, which cannot be", (replicas) => {
    expect(() => checkMember(1, replicas)).toThrow(`a group has an odd number of replicas below 100, not ${String(replicas)}`);
  });
});
