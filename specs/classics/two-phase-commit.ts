/**
 * Two-phase commit, after Lamport's TwoPhase.tla: a transaction manager (TM) asks resource managers (RMs) to prepare and
 * then tells them all to commit or to abort. Messages are never removed, so `msgs` is a set and loss needs no action.
 * Left out, as in the original: Prepare messages from the TM and Abort messages from the RMs.
 */
import { mapOf, names, oneOf, map, set, setOf, symmetric, system, union } from "../language/index.ts";
import type { ScopeOf } from "../language/index.ts";

type Constants = { readonly resourceManagers: number };
const managers = (c: Constants) => names("rm", c.resourceManagers);
const RM = symmetric("RM", managers);
const Message = union({ Prepared: { rm: RM }, Commit: {}, Abort: {} });

const tp = system({
  name: "two-phase-commit",
  constants: { resourceManagers: { default: 3, min: 1, max: 8 } },
  variables: {
    /** The state of each resource manager. */
    rmState: map(RM, oneOf("working", "prepared", "committed", "aborted")),
    /** The state of the transaction manager. */
    tmState: oneOf("init", "committed", "aborted"),
    /** The RMs from which the TM has received "Prepared". */
    tmPrepared: set(RM),
    /** Every message ever sent. */
    msgs: set(Message),
  },
});

const TMCommit = tp.action({}, {
  when: [({ now }) => now.tmState === "init", ({ now, constants }) => now.tmPrepared.size === constants.resourceManagers],
  then: ({ next }) => {
    next.tmState = "committed";
    next.msgs.add({ type: "Commit" });
  },
});

const TMAbort = tp.action({}, {
  when: ({ now }) => now.tmState === "init",
  then: ({ next }) => {
    next.tmState = "aborted";
    next.msgs.add({ type: "Abort" });
  },
});

const TMRcvPrepared = tp.action({ rm: RM }, {
  when: [({ now }) => now.tmState === "init", ({ now, rm }) => now.msgs.has({ type: "Prepared", rm })],
  then: ({ next, rm }) => next.tmPrepared.add(rm),
});

const RMPrepare = tp.action({ rm: RM }, {
  when: ({ now, rm }) => now.rmState[rm] === "working",
  then: ({ next, rm }) => {
    next.rmState[rm] = "prepared";
    next.msgs.add({ type: "Prepared", rm });
  },
});

const RMChooseToAbort = tp.action({ rm: RM }, {
  when: ({ now, rm }) => now.rmState[rm] === "working",
  then: ({ next, rm }) => {
    next.rmState[rm] = "aborted";
  },
});

const RMRcvCommitMsg = tp.action({ rm: RM }, {
  when: ({ now }) => now.msgs.has({ type: "Commit" }),
  then: ({ next, rm }) => {
    next.rmState[rm] = "committed";
  },
});

const RMRcvAbortMsg = tp.action({ rm: RM }, {
  when: ({ now }) => now.msgs.has({ type: "Abort" }),
  then: ({ next, rm }) => {
    next.rmState[rm] = "aborted";
  },
});

/** TCommit's TCConsistent: no RM commits while another aborts. */
const TCConsistent = ({ now, constants }: ScopeOf<typeof tp>): boolean => {
  const states = managers(constants).map((rm) => now.rmState[rm]);
  return !(states.includes("committed") && states.includes("aborted"));
};

export const twoPhaseCommit = tp.spec({
  init: ({ constants }) => ({
    rmState: mapOf(managers(constants), () => "working"),
    tmState: "init",
    tmPrepared: setOf(),
    msgs: setOf(),
  }),
  actions: { TMCommit, TMAbort, TMRcvPrepared, RMPrepare, RMChooseToAbort, RMRcvCommitMsg, RMRcvAbortMsg },
  invariants: { TCConsistent },
  witnesses: { SomeRMCommits: ({ now, constants }) => managers(constants).some((rm) => now.rmState[rm] === "committed") },
});
