/**
 * Missionaries and cannibals, after Lamport's MissionariesAndCannibals.tla: a boat for two must bring all of them over a
 * river, and nowhere may cannibals outnumber missionaries. `NotSolved` (the original's `Solution`) is written as an
 * invariant so that its counterexample is the solution.
 */
import { map, names, oneOf, set, setOf, symmetric, system } from "../language/index.ts";
import type { FiniteSet } from "../language/index.ts";

type Constants = { readonly missionaries: number; readonly cannibals: number };
const missionaries = (c: Constants) => names("m", c.missionaries);
const cannibals = (c: Constants) => names("c", c.cannibals);
const Missionary = symmetric("Missionary", missionaries);
const Cannibal = symmetric("Cannibal", cannibals);
const Bank = oneOf("E", "W");

const river = system({
  name: "missionaries-and-cannibals",
  constants: { missionaries: { default: 3, min: 1, max: 8 }, cannibals: { default: 3, min: 1, max: 8 } },
  variables: {
    /** Where the boat is. */
    bankOfBoat: Bank,
    /** Two sets for each bank, where the original has one: a value set has members of one kind. */
    missionariesOnBank: map(Bank, set(Missionary)),
    cannibalsOnBank: map(Bank, set(Cannibal)),
  },
});

const pairs = <T>(all: readonly T[]): readonly (readonly T[])[] => all.flatMap((x, i) => all.slice(i + 1).map((y) => [x, y]));
/** At most two of a set. */
const few = <T>(all: FiniteSet<T>): readonly (readonly T[])[] => [[], ...all.toArray().map((x) => [x]), ...pairs(all.toArray())];

const isSafe = (m: { readonly size: number }, c: { readonly size: number }): boolean => m.size === 0 || c.size <= m.size;
const otherBank = (bank: "E" | "W"): "E" | "W" => (bank === "E" ? "W" : "E");

const rowingMissionaries = river.domain({}, ({ now }) => few(now.missionariesOnBank[now.bankOfBoat]));
const rowingCannibals = river.domain({}, ({ now }) => few(now.cannibalsOnBank[now.bankOfBoat]));

const Move = river.action({ ms: rowingMissionaries, cs: rowingCannibals }, {
  when: [
    ({ ms, cs }) => ms.length + cs.length >= 1 && ms.length + cs.length <= 2,
    ({ now, ms, cs }) => {
      const here = now.bankOfBoat;
      return isSafe(now.missionariesOnBank[here].without(...ms), now.cannibalsOnBank[here].without(...cs));
    },
    ({ now, ms, cs }) => {
      const there = otherBank(now.bankOfBoat);
      return isSafe(now.missionariesOnBank[there].with(...ms), now.cannibalsOnBank[there].with(...cs));
    },
  ],
  then: ({ now, next, ms, cs }) => {
    const here = now.bankOfBoat;
    const there = otherBank(here);
    next.bankOfBoat = there;
    next.missionariesOnBank[here] = now.missionariesOnBank[here].without(...ms);
    next.missionariesOnBank[there] = now.missionariesOnBank[there].with(...ms);
    next.cannibalsOnBank[here] = now.cannibalsOnBank[here].without(...cs);
    next.cannibalsOnBank[there] = now.cannibalsOnBank[there].with(...cs);
  },
});

export const missionariesAndCannibals = river.spec({
  init: ({ constants: c }) => ({
    bankOfBoat: "E",
    missionariesOnBank: { E: setOf(...missionaries(c)), W: setOf() },
    cannibalsOnBank: { E: setOf(...cannibals(c)), W: setOf() },
  }),
  actions: { Move },
  invariants: { NotSolved: ({ now }) => now.missionariesOnBank.E.size + now.cannibalsOnBank.E.size > 0 },
});
