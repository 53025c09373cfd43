/** The search against the naive reference search: repository specs at small constants, and specs made for the purpose. */
import { describe, it } from "vitest";
import { bakery } from "../../specs/classics/bakery.ts";
import { dieHard } from "../../specs/classics/die-hard.ts";
import { diningPhilosophers } from "../../specs/classics/dining-philosophers.ts";
import { missionariesAndCannibals } from "../../specs/classics/missionaries-and-cannibals.ts";
import { paxos } from "../../specs/classics/paxos.ts";
import { towerOfHanoi } from "../../specs/classics/tower-of-hanoi.ts";
import { twoPhaseCommit } from "../../specs/classics/two-phase-commit.ts";
import { instantiate } from "../../specs/language/index.ts";
import type { Constants, Design, Spec } from "../../specs/language/index.ts";
import { counterSpec, mailboxSpec } from "../interpret/fixtures/example-specs.ts";
import { everySwitch, expectAgreement } from "./fixtures/against-reference.ts";
import { drawingSpec, gossipSpec, setsSpec } from "./fixtures/feature-specs.ts";
import { coinsSpec, crowdSpec, deepSpec, subsetsSpec, wideSpec } from "./fixtures/shape-specs.ts";

interface Case {
  readonly name: string;
  readonly spec: Spec;
  readonly constants?: Constants;
  readonly design?: Design;
}

const classics: readonly Case[] = [
  { name: "two-phase commit", spec: twoPhaseCommit, constants: { resourceManagers: 3 } },
  { name: "Paxos with one ballot", spec: paxos, constants: { ballots: 1, acceptors: 2 } },
  { name: "bakery", spec: bakery, constants: { processes: 2, tickets: 1 } },
  { name: "bakery without the doorway", spec: bakery, constants: { processes: 2, tickets: 1 }, design: { doorway: false } },
  { name: "dining philosophers", spec: diningPhilosophers, constants: { philosophers: 3 } },
  { name: "one left-handed philosopher", spec: diningPhilosophers, constants: { philosophers: 3 }, design: { leftHanded: "first" } },
  { name: "die hard", spec: dieHard },
  { name: "missionaries and cannibals", spec: missionariesAndCannibals, constants: { missionaries: 3, cannibals: 2 } },
  { name: "tower of Hanoi", spec: towerOfHanoi, constants: { disks: 4 } },
];

const features: readonly Case[] = [
  { name: "mailbox", spec: mailboxSpec, constants: { nodes: 2 } },
  { name: "mailbox that takes the first offer", spec: mailboxSpec, constants: { nodes: 3 }, design: { accept: "first" } },
  { name: "a counter within a constraint", spec: counterSpec("constraint") },
  { name: "a counter that stops", spec: counterSpec("deadlock") },
  { name: "gossip", spec: gossipSpec, constants: { nodes: 2, rumours: 2 } },
  { name: "gossip of three", spec: gossipSpec, constants: { nodes: 3, rumours: 1 } },
  { name: "drawing", spec: drawingSpec, constants: { slots: 1, ink: 3 } },
  { name: "drawing on two slots", spec: drawingSpec, constants: { slots: 2, ink: 2 }, design: { erase: false } },
  { name: "sets", spec: setsSpec },
  { name: "coins", spec: coinsSpec },
  { name: "subsets", spec: subsetsSpec },
  { name: "33 processes", spec: crowdSpec },
  { name: "deep and narrow", spec: deepSpec, constants: { end: 300 } },
  { name: "wide and shallow", spec: wideSpec, constants: { width: 300 } },
];

describe.each([...classics, ...features])("the search of $name agrees with the reference", ({ spec, constants, design }) => {
  const instance = instantiate(spec, { constants: constants ?? {}, design: design ?? {} });
  const switches = everySwitch.filter((s) => s.symmetry !== true || instance.symmetricSets.length > 0);
  it.each(switches)("$label", async (given) => {
    await expectAgreement(instance, given);
  });
  it("where deadlock is allowed", async () => {
    await expectAgreement(instance, { allowDeadlock: true });
  });
});
