/** The search against the naive reference search, on the repository's specs at small constants. */
import { bakery } from "../../specs/classics/bakery.ts";
import { dieHard } from "../../specs/classics/die-hard.ts";
import { diningPhilosophers } from "../../specs/classics/dining-philosophers.ts";
import { missionariesAndCannibals } from "../../specs/classics/missionaries-and-cannibals.ts";
import { paxos } from "../../specs/classics/paxos.ts";
import { towerOfHanoi } from "../../specs/classics/tower-of-hanoi.ts";
import { twoPhaseCommit } from "../../specs/classics/two-phase-commit.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { describeCases } from "./fixtures/search-cases.ts";

const vr = { spec: viewstampedReplication, constants: { values: 0, startViewOnTimerLimit: 1 }, isLarge: true };

describeCases([
  { name: "two-phase commit", spec: twoPhaseCommit, constants: { resourceManagers: 2 } },
  { name: "Paxos with one ballot", spec: paxos, constants: { ballots: 1, acceptors: 2 } },
  { name: "bakery", spec: bakery, constants: { processes: 2, tickets: 1 } },
  { name: "bakery without the doorway", spec: bakery, constants: { processes: 2, tickets: 1 }, design: { doorway: false } },
  { name: "dining philosophers", spec: diningPhilosophers, constants: { philosophers: 3 } },
  { name: "one left-handed philosopher", spec: diningPhilosophers, constants: { philosophers: 3 }, design: { leftHanded: "first" } },
  { name: "die hard", spec: dieHard },
  { name: "missionaries and cannibals", spec: missionariesAndCannibals, constants: { missionaries: 2, cannibals: 2 } },
  { name: "tower of Hanoi", spec: towerOfHanoi, constants: { disks: 4 } },
  { name: "viewstamped replication without values", ...vr },
  { name: "its eager design", ...vr, design: { viewUpdate: "eager", startViewGuard: "monotonic", truncate: true, transferStatus: false } },
]);
