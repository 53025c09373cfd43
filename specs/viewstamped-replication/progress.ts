/** Which replicas make progress: a pause of a minority, for liveness under weak fairness (VR_STATE_TRANSFER.tla). */
import type { Index } from "../language/index.ts";
import { minority, replicasOf } from "./messages.ts";
import type { Constants } from "./messages.ts";
import { vr } from "./state.ts";

/** The sets of at most a minority of the replicas: TLA+ `SUBSET replicas` with `Cardinality(reps) <= ReplicaCount \div 2`. */
const minorities = (c: Constants): readonly (readonly Index[])[] => {
  const subsets = replicasOf(c).reduce<readonly (readonly Index[])[]>((all, r) => [...all, ...all.map((s) => [...s, r])], [[]]);
  return subsets.filter((s) => s.length <= minority(c));
};

/** Pauses exactly the given replicas; all others go on. */
export const NoProgressChange = vr.action({ paused: minorities }, {
  when: ({ now, constants }) => now.noProgressCtr < constants.noProgressChangeLimit,
  then: ({ now, next, constants, paused }) => {
    for (const r of replicasOf(constants)) next.noProgress[r] = paused.includes(r);
    next.noProgressCtr = now.noProgressCtr + 1;
  },
});
