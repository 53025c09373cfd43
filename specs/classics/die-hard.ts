/**
 * Die Hard, after Lamport's DieHard.tla: measure exactly four gallons with a jug of three and a jug of five. `NotSolved`
 * is written as an invariant so that its counterexample is the solution.
 */
import { int, system } from "../language/index.ts";

const jugs = system({
  name: "die-hard",
  variables: {
    /** The number of gallons of water in the 5 gallon jug. */
    big: int(0, 5),
    /** The number of gallons of water in the 3 gallon jug. */
    small: int(0, 3),
  },
});

const FillSmallJug = jugs.action({}, {
  then: ({ next }) => {
    next.small = 3;
  },
});
const FillBigJug = jugs.action({}, {
  then: ({ next }) => {
    next.big = 5;
  },
});
const EmptySmallJug = jugs.action({}, {
  then: ({ next }) => {
    next.small = 0;
  },
});
const EmptyBigJug = jugs.action({}, {
  then: ({ next }) => {
    next.big = 0;
  },
});
const SmallToBig = jugs.action({}, {
  then: ({ now, next }) => {
    const poured = Math.min(now.small, 5 - now.big);
    next.big = now.big + poured;
    next.small = now.small - poured;
  },
});
const BigToSmall = jugs.action({}, {
  then: ({ now, next }) => {
    const poured = Math.min(now.big, 3 - now.small);
    next.small = now.small + poured;
    next.big = now.big - poured;
  },
});

export const dieHard = jugs.spec({
  init: () => ({ big: 0, small: 0 }),
  actions: { FillSmallJug, FillBigJug, EmptySmallJug, EmptyBigJug, SmallToBig, BigToSmall },
  invariants: { NotSolved: ({ now }) => now.big !== 4 },
});
