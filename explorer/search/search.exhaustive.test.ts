/** As search.test.ts, on models that take the reference search minutes. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { bakery } from "../../specs/classics/bakery.ts";
import { paxos } from "../../specs/classics/paxos.ts";
import { twoPhaseCommit } from "../../specs/classics/two-phase-commit.ts";
import { instantiate } from "../../specs/language/index.ts";
import type { Constants, Design, Spec } from "../../specs/language/index.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { mailboxSpec } from "../interpret/fixtures/example-specs.ts";
import { everySwitch, expectAgreement } from "./fixtures/against-reference.ts";
import { drawingSpec, gossipSpec } from "./fixtures/feature-specs.ts";
import { machineSpec, machines } from "./fixtures/random-specs.ts";
import { wideSpec } from "./fixtures/shape-specs.ts";

const vr = viewstampedReplication;
const one = { values: 1, startViewOnTimerLimit: 1 };
const cases: readonly (readonly [string, Spec, Constants, Design])[] = [
  ["two-phase commit", twoPhaseCommit, { resourceManagers: 4 }, {}],
  ["Paxos", paxos, { ballots: 2, values: 1 }, {}],
  ["bakery", bakery, { processes: 3, tickets: 1 }, {}],
  ["mailbox", mailboxSpec, { nodes: 3 }, {}],
  ["gossip", gossipSpec, { nodes: 3, rumours: 2 }, {}],
  ["drawing", drawingSpec, { slots: 2, ink: 3 }, {}],
  ["wide and shallow", wideSpec, { width: 3_000 }, {}],
  ["viewstamped replication", vr, one, {}],
  ["its eager design", vr, one, { viewUpdate: "eager", startViewGuard: "monotonic", truncate: true, transferStatus: false }],
];
it.each(cases)("the search of %s agrees with the reference", async (_, spec, constants, design) => {
  const instance = instantiate(spec, { constants, design });
  const switches = everySwitch.filter((s) => s.symmetry !== true || instance.symmetricSets.some((set) => set.members.length > 1));
  for (const given of switches) await expectAgreement(instance, { ...given, allowDeadlock: true });
  if (instance.reductions.length > 0) await expectAgreement(instance, { allowDeadlock: true, reductions: true });
});

it("the search of random specs agrees with the reference", async () => {
  let states = 0;
  await fc.assert(
    fc.asyncProperty(machines, fc.boolean(), async (machine, memoise) => {
      states += (await expectAgreement(instantiate(machineSpec(machine)), { memoise })).distinct;
    }),
    { numRuns: 1_500 },
  );
  expect(states).toBeGreaterThan(10_000);
});
