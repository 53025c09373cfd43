import { describe, expect, it } from "vitest";
import { referenceSearch } from "../../explorer/search/reference-search.ts";
import type { ReferenceOptions } from "../../explorer/search/reference-search.ts";
import { instantiate } from "../language/index.ts";
import type { Constants, Design, Spec } from "../language/index.ts";
import { bakery } from "./bakery.ts";
import { dieHard } from "./die-hard.ts";
import { diningPhilosophers } from "./dining-philosophers.ts";
import { missionariesAndCannibals } from "./missionaries-and-cannibals.ts";
import { paxos } from "./paxos.ts";
import { peterson } from "./peterson.ts";
import { towerOfHanoi } from "./tower-of-hanoi.ts";
import { twoPhaseCommit } from "./two-phase-commit.ts";

interface Bounds {
  readonly constants?: Constants;
  readonly design?: Design;
}
const searched = (spec: Spec, bounds: Bounds = {}, options: ReferenceOptions = {}) => referenceSearch(instantiate(spec, bounds), options);
const continued = { continueAfterViolation: true } as const;

describe("counts published in the manifests of tlaplus/Examples", () => {
  it("TwoPhase.cfg", () => {
    expect(searched(twoPhaseCommit)).toMatchObject({ generated: 1146, distinct: 288, depth: 11, violations: [] });
  });
  it("MCPaxos.cfg: one acceptor, one value, ballots 0 and 1", () => {
    const result = searched(paxos, { constants: { acceptors: 1, values: 1, ballots: 2 } });
    expect(result).toMatchObject({ generated: 82, distinct: 25, depth: 9, violations: [] });
  });
});

describe("counts of SPIN, breadth-first, without its reductions", () => {
  it("petersonN: two processes", () => {
    const result = searched(peterson, { constants: { processes: 2 } });
    expect(result).toMatchObject({ generated: 541, distinct: 294, violations: [], exhausted: true });
  });
});

describe("puzzles, whose solution is a counterexample", () => {
  it("Die Hard: 97 states generated, 16 distinct, solved by 6 steps (TLC on DieHard.tla)", () => {
    expect(searched(dieHard).violation).toEqual({ kind: "invariant", property: "NotSolved", length: 7 });
    expect(searched(dieHard, {}, continued)).toMatchObject({ generated: 97, distinct: 16 });
  });
  it("missionaries and cannibals: the classical 11 crossings, and 16 states when the people are alike", () => {
    expect(searched(missionariesAndCannibals).violation).toEqual({ kind: "invariant", property: "NotSolved", length: 12 });
    expect(searched(missionariesAndCannibals, {}, { ...continued, symmetry: true })).toMatchObject({ distinct: 16, exhausted: true });
  });
  it.each([1, 3, 5])("the tower of Hanoi with %i disks: 3^n states, 2^n - 1 moves", (disks) => {
    const bounds = { constants: { disks } };
    expect(searched(towerOfHanoi, bounds).violation).toEqual({ kind: "invariant", property: "NotSolved", length: 2 ** disks });
    expect(searched(towerOfHanoi, bounds, continued)).toMatchObject({ distinct: 3 ** disks, exhausted: true });
  });
});

describe("algorithms", () => {
  it("the bakery excludes, with its doorway", () => {
    expect(searched(bakery)).toMatchObject({ generated: 282, distinct: 169, depth: 28, violations: [], exhausted: true });
    expect(searched(bakery, { design: { doorway: false } }).violation).toMatchObject({ property: "MutualExclusion", length: 13 });
  });
  it("Paxos agrees", () => {
    const result = searched(paxos, { constants: { values: 1 } });
    expect(result).toMatchObject({ distinct: 1681, depth: 17, violations: [], exhausted: true });
  });
  it("right-handed philosophers deadlock as soon as each has taken one fork; one left-handed among them prevents it", () => {
    expect(searched(diningPhilosophers).violation).toEqual({ kind: "deadlock", property: "deadlock", length: 5 });
    expect(searched(diningPhilosophers, { design: { leftHanded: "first" } })).toMatchObject({ violations: [], exhausted: true });
  });
});
