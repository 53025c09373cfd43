/** Models of small, well-known specs. */
import { bakery } from "../specs/classics/bakery.ts";
import { dieHard } from "../specs/classics/die-hard.ts";
import { diningPhilosophers } from "../specs/classics/dining-philosophers.ts";
import { missionariesAndCannibals } from "../specs/classics/missionaries-and-cannibals.ts";
import { paxos } from "../specs/classics/paxos.ts";
import { paxosCommit } from "../specs/classics/paxos-commit.ts";
import { peterson } from "../specs/classics/peterson.ts";
import { towerOfHanoi } from "../specs/classics/tower-of-hanoi.ts";
import { twoPhaseCommit } from "../specs/classics/two-phase-commit.ts";
import type { Model } from "../explorer/model.ts";

const holds = { verdict: "holds" } as const;
const solvedIn = (length: number) => ({ verdict: "violated", property: "NotSolved", length }) as const;

export const classics: readonly Model[] = [
  {
    name: "two-phase-commit",
    system: "two-phase-commit",
    title: "Two-phase commit (TwoPhase.tla)",
    spec: twoPhaseCommit,
    expected: holds,
  },
  {
    name: "paxos",
    system: "paxos",
    title: "Single-decree Paxos (Paxos.tla)",
    spec: paxos,
    expected: holds,
  },
  {
    name: "paxos-commit",
    system: "paxos-commit",
    title: "Paxos Commit (PaxosCommit.tla)",
    spec: paxosCommit,
    constants: { resourceManagers: 1 },
    expected: holds,
  },
  {
    name: "bakery",
    system: "bakery",
    title: "Lamport's bakery algorithm, with bounded tickets",
    spec: bakery,
    expected: holds,
    variants: [
      { label: "with the doorway", design: { doorway: true }, expected: holds },
      {
        label: "without the doorway",
        design: { doorway: false },
        expected: { verdict: "violated", property: "MutualExclusion", length: 13 },
      },
    ],
  },
  {
    name: "peterson",
    system: "peterson",
    title: "Peterson's algorithm for n processes (petersonN of SPIN)",
    spec: peterson,
    expected: holds,
  },
  {
    name: "dining-philosophers",
    system: "dining-philosophers",
    title: "Dining philosophers, who may all wait for their second fork",
    spec: diningPhilosophers,
    expected: { verdict: "violated", property: "deadlock", length: 5 },
    variants: [
      {
        label: "all right-handed",
        design: { leftHanded: "nobody" },
        expected: { verdict: "violated", property: "deadlock", length: 5 },
      },
      { label: "one left-handed", design: { leftHanded: "first" }, expected: holds },
    ],
  },
  {
    name: "die-hard",
    system: "die-hard",
    title: "Four gallons with two jugs (DieHard.tla)",
    spec: dieHard,
    expected: solvedIn(7),
  },
  {
    name: "missionaries-and-cannibals",
    system: "missionaries-and-cannibals",
    title: "A boat for two (MissionariesAndCannibals.tla)",
    spec: missionariesAndCannibals,
    expected: solvedIn(12),
  },
  {
    name: "tower-of-hanoi",
    system: "tower-of-hanoi",
    title: "The tower of Hanoi, deep and narrow",
    spec: towerOfHanoi,
    expected: solvedIn(8),
  },
];
