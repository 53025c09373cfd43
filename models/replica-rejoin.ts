/** How a replica that has lost its disk may come back: whose answers it needs, and what those who answer have to refuse from then on. */
import { replicaRejoin } from "../specs/replica-rejoin/spec.ts";
import type { Model } from "../explorer/model.ts";

const holds = { verdict: "holds" } as const;
const violated = (length: number) => ({
  invariants: ["AcknowledgedWriteNotLost"],
  expected: { verdict: "violated", property: "AcknowledgedWriteNotLost", length } as const,
});
const one = { losses: 1 } as const;

export const replicaRejoinModel: Model = {
  name: "replica-rejoin",
  system: "replica-rejoin",
  title: "Viewstamped Replication: a replica that lost its disk comes back",
  spec: replicaRejoin,
  constants: { replicas: 3, values: 1, views: 2, losses: 2 },
  allowDeadlock: true,
  expected: holds,
  variants: [
    {
      label: "begins like a new replica",
      constants: one,
      design: { afterLoss: "takesPart" },
      invariants: ["AcknowledgedWriteOnMajorityOrForgotten"],
      expected: { verdict: "violated", property: "AcknowledgedWriteOnMajorityOrForgotten", length: 6 },
    },
    { label: "asks, and old promises still count, as in the paper", constants: one, design: { fence: "none" }, ...violated(13) },
    {
      label: "takes the log of a primary whose view may be over",
      constants: one,
      design: { log: "ofAnyPrimary" },
      ...violated(13),
    },
    { label: "does not learn again what it had refused itself", design: { handshake: "oneWay" }, ...violated(18), isLarge: true },
    { label: "as it should be, one disk lost", constants: one, design: {}, expected: holds },
    { label: "as it should be, three views", constants: { views: 3, losses: 1 }, design: {}, expected: holds, isLarge: true },
  ],
  harmless: {
    "answers=majority": "with three replicas a majority without the one that asks is all others; with five nobody has exhausted it",
  },
};
