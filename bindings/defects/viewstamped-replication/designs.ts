/**
 * The earlier designs of the article's lattice, as patches of the core's table of actions: one patch for each choice that
 * differs from the published design, and one cores' class for each counterexample.
 *
 * The engine has a safety net that the spec does not need: it refuses logs that lack what is committed here, and messages
 * whose numbers do not agree. It would hide what these designs do wrong, so that it is taken away from all of them.
 */
import { actions } from "../../../engine/replication/actions.ts";
import type { Actions } from "../../../engine/replication/actions.ts";
import { ReplicaCore } from "../../../engine/replication/core.ts";
import { setStatus, setViewNumber, viewIsCurrent } from "../../../engine/replication/state.ts";
import type { Guarded, Received } from "../../../engine/replication/state.ts";
import { ControlledReplica } from "../../viewstamped-replication/controlled-cluster.ts";
import type { Build } from "../../viewstamped-replication/controlled-cluster.ts";
import { messageIn } from "../../viewstamped-replication/spec-values.ts";

export type Patch = (table: Actions) => Actions;

const always = (): boolean => true;
const isNormal = ({ self }: Guarded): boolean => self.status === "Normal";

/** The action with some of its guards replaced, under their names. */
const guarded = <A extends keyof Actions>(table: Actions, act: A, guards: Partial<Actions[A]["guards"]>): Actions => ({
  ...table,
  [act]: { ...table[act], guards: { ...table[act].guards, ...guards } },
});

const withoutSafetyNet: Patch = (table) => {
  const trusting = guarded(guarded(table, "ReceiveSV", { coversCommitted: always }), "ReceiveNewState", { coversCommitted: always });
  return guarded(trusting, "SendSV", { coversCommitted: always });
};

/** `startViewGuard=monotonic`: a StartView of the own view counts always. */
export const monotonicStartView: Patch = (table) =>
  guarded(table, "ReceiveSV", {
    viewIsLaterOrChanging: ({ self }: Guarded, { message }: Received<"StartView">) => message.viewNumber >= self.viewNumber,
  });

/** `newStateGuard=atLeast`: a lazy replica accepts state of its own view, too. */
export const stateOfOwnView: Patch = (table) =>
  guarded(table, "ReceiveNewState", {
    viewIsLater: ({ self }: Guarded, { message }: Received<"NewState">) => message.viewNumber >= self.viewNumber,
  });

/** `transferStatus=false`: who waits for state stays Normal. */
export const noTransferStatus: Patch = (table) => {
  const { SendGetState } = table;
  const effect: typeof SendGetState.effect = (scope, args) => {
    SendGetState.effect(scope, args);
    setStatus(scope.self, "Normal");
  };
  return guarded({ ...table, SendGetState: { ...SendGetState, effect } }, "ReceiveNewState", { isInStateTransfer: isNormal });
};

/** `truncate=true`: who asks for state first cuts its log back to what it knows to be committed, and then only appends. */
export const truncation: Patch = (table) => {
  const { SendGetState } = table;
  const keptOf = ({ self }: Guarded): number => Math.min(self.commitNumber, self.log.opNumber);
  const effect: typeof SendGetState.effect = (scope, args) => {
    const opNumber = keptOf(scope);
    scope.self.log.replaceFrom(opNumber + 1, []);
    const send: typeof scope.send = (message) => scope.send(message.type === "GetState" ? { ...message, opNumber } : message);
    SendGetState.effect({ ...scope, send }, args);
  };
  return guarded({ ...table, SendGetState: { ...SendGetState, effect } }, "ReceiveNewState", {
    leavesNoHole: ({ self }: Guarded, { message }: Received<"NewState">) => self.log.opNumber === message.firstOp - 1,
  });
};

/** `viewUpdate=eager`: who hears of a later view enters it at once, as if it had been Normal there. */
export const eagerViewUpdate: Patch = (table) => {
  const { SendGetState } = table;
  const effect: typeof SendGetState.effect = (scope, args) => {
    SendGetState.effect(scope, args);
    setViewNumber(scope.self, args.message.viewNumber);
    scope.self.lastNormalView = args.message.viewNumber;
  };
  return guarded({ ...table, SendGetState: { ...SendGetState, effect } }, "ReceiveNewState", { viewIsLater: viewIsCurrent });
};

/** Takes messages as they come: whether their numbers agree is not checked. */
class TrustingReplica extends ControlledReplica {
  protected override receive(_: number, raw: unknown): void {
    const message = messageIn(raw);
    this.core.stepsFor(message).find((step) => this.take(step).ok);
    this.core.hold(message);
    this.settle();
  }
}

/** Replicas with the patches applied, the first one first. */
export const buildWith = (...patches: readonly Patch[]): Build => {
  const table = [withoutSafetyNet, ...patches].reduce((patched, patch) => patch(patched), actions);
  class PatchedCore extends ReplicaCore {
    protected override readonly actions = table;
  }
  return { core: (r, replicas, remembered) => new PatchedCore(r, replicas, remembered), Replica: TrustingReplica };
};
