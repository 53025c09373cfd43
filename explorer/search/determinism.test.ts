import { expect, it } from "vitest";
import { paxos } from "../../specs/classics/paxos.ts";
import { instantiate } from "../../specs/language/index.ts";
import type { Spec } from "../../specs/language/index.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { runSearch } from "./fixtures/against-reference.ts";
import { drawingSpec, gossipSpec } from "./fixtures/feature-specs.ts";

const specs: readonly (readonly [string, Spec])[] = [
  ["paxos", paxos],
  ["gossip", gossipSpec],
  ["drawing", drawingSpec],
  ["viewstamped replication", viewstampedReplication],
];
it.each(specs)("two searches of %s with one worker give the same result, traces included", async (_, spec) => {
  const once = async (): Promise<unknown> => {
    const constants =
      spec === paxos ? { ballots: 1 } : spec === drawingSpec ? { slots: 1, ink: 3 } : spec === gossipSpec ? { nodes: 2 } : { values: 0 };
    const result = await runSearch(instantiate(spec, { constants }), { continueAfterViolation: true, allowDeadlock: true });
    return JSON.parse(JSON.stringify({ ...result, seconds: 0, statesPerSecond: 0 }));
  };
  expect(await once()).toEqual(await once());
});
