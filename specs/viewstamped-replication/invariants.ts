/** What must hold in every state (VR_STATE_TRANSFER.tla, "Invariants"). */
import type { Index } from "../language/index.ts";
import { majority, replicasOf } from "./messages.ts";
import type { Scope } from "./state.ts";

type Write = keyof Scope["now"]["auxClientAcked"];
/** The writes that clients believe are safe. */
const acknowledged = ({ now }: Scope): readonly Write[] =>
  // The keys of a partial map are members of its value set; Object.keys forgets that.
  (Object.keys(now.auxClientAcked) as Write[]).filter((v) => now.auxClientAcked[v] === true);
/** TLA+ ReplicaHasOp, for every replica. */
const replicasWith = ({ now, constants }: Scope, v: Write): readonly Index[] =>
  replicasOf(constants).filter((r) => now.replicas[r].log.includes(v));

/** Once this fails, a view change may lose an acknowledged write: it triggers earlier than AcknowledgedWriteNotLost. */
export const AcknowledgedWritesExistOnMajority = (scope: Scope): boolean =>
  acknowledged(scope).every((v) => replicasWith(scope, v).length >= majority(scope.constants));

export const AcknowledgedWriteNotLost = (scope: Scope): boolean => acknowledged(scope).every((v) => replicasWith(scope, v).length > 0);

/** No two replicas disagree on a committed op. Entries are compared where both logs have them. */
export const NoLogDivergence = ({ now, constants }: Scope): boolean => {
  const all = replicasOf(constants).map((r) => now.replicas[r]);
  return all.every((a) =>
    all.every((b) => {
      const both = Math.min(a.commitNumber, b.commitNumber, a.log.length, b.log.length);
      return a.log.slice(0, both).every((v, i) => v === b.log[i]);
    }),
  );
};

export const CommitNumberNeverHigherThanOpNumber = ({ now, constants }: Scope): boolean =>
  replicasOf(constants).every((r) => now.replicas[r].commitNumber <= now.replicas[r].opNumber);
