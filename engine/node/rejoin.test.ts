/** Which answers are enough for a replica that rejoins, and whose lives are over. The whole way is in `lost-memory.exhaustive.test.ts`. */
import { expect, it } from "vitest";
import { missing } from "./rejoin.ts";
import type { Told } from "./rejoin.ts";
import { Membership } from "./membership.ts";
import { ControlledTable } from "../wiring/controlled/table.ts";
import type { Life } from "../wiring/production/network/lives.ts";

const log = { logStart: 1, operations: [Uint8Array.of(1)], commitNumber: 0 };
const told = (...answers: readonly (readonly [number, Told])[]): ReadonlyMap<number, Told> => new Map(answers);
const backup = (viewNumber: number): Told => ({ viewNumber, log: null });

it("is enough: an answer of all others, and the log of the latest view's primary", () => {
  expect(missing(told([1, { viewNumber: 1, log }], [3, backup(1)]), 2, 3)).toEqual({ viewNumber: 1, log });
  // Replica 1 leads view 4 as well; what it said in view 1 is over.
  expect(missing(told([1, { viewNumber: 4, log }], [3, backup(1)]), 2, 3)).toEqual({ viewNumber: 4, log });
});

it.each([
  ["a replica that has not answered", told([1, { viewNumber: 1, log }]), /for an answer of replica 3; each must be up/],
  [
    "the primary of the latest view",
    told([1, { viewNumber: 1, log }], [3, backup(4)]),
    /for the state of replica 1, the primary of view 4/,
  ],
  [
    "the end of the view that it led itself",
    told([1, backup(2)], [3, backup(2)]),
    /until the others have left view 2, which this replica led/,
  ],
  [
    "a majority that has a state",
    told([1, { viewNumber: 1, log }], [3, { viewNumber: 0, log: null }]),
    /for the state of 2 replicas; only 1 have one/,
  ],
])("is not enough without %s", (_what, answers, why) => {
  expect(missing(answers, 2, 3)).toMatch(why);
});

it("with five replicas, one that rejoins itself is no state, and must answer all the same", () => {
  const states = [1, 3, 4].map((r): readonly [number, Told] => [r, r === 1 ? { viewNumber: 1, log } : backup(1)]);
  expect(missing(told(...states), 2, 5)).toMatch(/for an answer of replica 5/);
  expect(missing(told(...states, [5, { viewNumber: 0, log: null }]), 2, 5)).toEqual({ viewNumber: 1, log });
});

const life = (incarnation: number, nonce: number, viewNumber: number | null = 1, opNumber = 0): Life => ({
  incarnation,
  nonce: nonce.toString(16).padStart(16, "0"),
  viewNumber,
  logged: { viewNumber: viewNumber ?? 0, opNumber },
});

it("the latest life of a peer is remembered durably, and earlier ones are refused", async () => {
  const table = new ControlledTable();
  const outdated: number[] = [];
  const opened = (own: Life) =>
    Membership.open({ table, replica: 1, own, onOutdated: (_peer, { incarnation }) => void outdated.push(incarnation) });
  const first = await opened(life(1, 1));
  await first.meet(2, life(3, 3));
  await first.meet(2, life(3, 3));
  const again = await opened(life(2, 2));
  await expect(again.meet(2, life(2, 3))).rejects.toThrow(/replica 2 comes in incarnation 2 .* but was here in incarnation 3/);
  await expect(again.meet(2, life(3, 4))).rejects.toThrow(/older copy/);
  again.heard(2, 7);
  await expect(again.meet(2, life(4, 5, 6))).rejects.toThrow(/incarnation 4 and view 6, but was here in incarnation 3 and view 7/);
  again.heard(2, 7, 9);
  again.heard(2, 7, 8);
  await expect(again.meet(2, life(4, 5, 7, 8))).rejects.toThrow(/op 8 of view 7.*op 9 of view 7/);
  // One that asks the others has no view yet.
  await again.meet(2, life(4, 5, null));
  await again.meet(2, life(5, 6, 7, 9));

  again.toldBy(2, undefined);
  again.toldBy(2, life(2, 2));
  again.toldBy(2, life(1, 1));
  expect(outdated).toEqual([]);
  expect(() => again.toldBy(2, life(3, 1))).toThrow("knows a later life of this replica");
  expect(() => again.toldBy(3, life(2, 9))).toThrow("knows a later life of this replica");
  expect(outdated).toEqual([3]);
});
