/**
 * What the engine of Viewstamped Replication does beyond the spec, as actions beside the spec's: with these, the spec can
 * follow the journal of real processes.
 *
 * - The network repeats messages: the spec's receipts take whatever was ever sent. Which copy was received the journal says.
 * - A restart goes on with what was on disk: acknowledgements of peers and collected votes are lost, and may come again.
 * - Heartbeats tell what is committed; requests, votes and views are repeated; missing ops of the own view are fetched.
 * - A snapshot brings a prefix of what is committed anywhere (`history.ts`), without a message of the spec. It does not
 *   raise the commit number, which is what a replica tells of its view: `specs/replica-snapshots` has the reason.
 *
 * None of these sends anything that the replica's state does not say, so that every guard of the spec still has to hold.
 */
import { integerConstant } from "../../../specs/language/constants.ts";
import type { BoundAction, SpecInstance } from "../../../specs/language/instantiate.ts";
import type { Index } from "../../../specs/language/index.ts";
import { replicasOf } from "../../../specs/viewstamped-replication/messages.ts";
import type { Message, MessageOf } from "../../../specs/viewstamped-replication/messages.ts";
import { isNormalBackup, isNormalPrimary, primary } from "../../../specs/viewstamped-replication/state.ts";
import type { Next, OfReplica, ReplicaState, Scope } from "../../../specs/viewstamped-replication/state.ts";
import { doViewChange } from "../../../specs/viewstamped-replication/view-change.ts";
import { checkpointOf, historyOf, nextHistory, ownHistory, withHistory } from "./history.ts";
import type { LiveNetwork } from "../../../conformance/validate/live-network.ts";

/** Messages that the spec does not know. They are kept among its own. */
type Beyond =
  | {
      readonly type: "Commit";
      readonly viewNumber: number;
      readonly opNumber: number;
      readonly commitNumber: number;
      /** Up to where the primary knows the receiver's answers. */
      readonly acknowledged: number;
      readonly nonce: string;
      readonly dest: number;
      readonly source: number;
    }
  | {
      readonly type: "CommitOk";
      readonly viewNumber: number;
      readonly status: string;
      readonly nonce: string;
      readonly dest: number;
      readonly source: number;
    }
  | {
      readonly type: "SnapshotNeeded";
      readonly viewNumber: number;
      readonly opNumber: number;
      readonly dest: number;
      readonly source: number;
    };
type BeyondOf<K extends Beyond["type"]> = Extract<Beyond, { type: K }>;
interface Args {
  readonly m: Message;
  /** Of a heartbeat. */
  readonly nonce: string;
  /** Of a StartView or DoViewChange: where its log starts. */
  readonly logStart: number;
  readonly dest: Index;
  /** Of repeated Prepares: how many were sent, and which of them anyone received. */
  readonly sent: number;
  readonly received: readonly number[];
  /** Of a restart: what is known there to be committed. */
  readonly commitNumber: number;
  readonly committedTo: number;
  /** Of a restart: up to where the log is replaced by a snapshot that was restored when the life before ended, or 0. */
  readonly restoredTo: number;
  /** Of a snapshot and of what is dropped: up to where. */
  readonly opNumber: number;
}
type Given = OfReplica & Args;
type Taking = Given & { readonly next: Next };

/** A message that was sent, and may be received at any time and any number of times. */
const remember = ({ now, next }: Taking, message: Message | Beyond): void => {
  const m = message as Message; // those beyond the spec lie among them, under types that no action of the spec asks for
  if (!now.messages.has(m)) next.messages.sendAsReceived(m);
};
/** A vote that was sent: the spec counts votes when their delivery has happened, so that it must be pending. */
const rememberVote = ({ now, next }: Taking, m: Message): void => {
  if (!now.messages.has(m)) next.messages.send(m);
};
const selfOf = ({ now, r }: OfReplica) => now.replicas[r];
const wasSent = ({ now, m }: Given): boolean => now.messages.has(m);
/** The message as one that the spec does not know. Throws for another type: the mapping gives only this one. */
const beyond = <K extends Beyond["type"]>({ m }: Given, type: K): BeyondOf<K> => {
  const message = m as unknown as Beyond; // see `remember`
  if (message.type !== type) throw new TypeError(`${message.type} is no ${type}`);
  return message as BeyondOf<K>;
};
const viewIsCurrent = (scope: Given): boolean => scope.m.viewNumber === selfOf(scope).viewNumber;
const viewIsLater = (scope: Given): boolean => scope.m.viewNumber > selfOf(scope).viewNumber;
const answerCommit = (scope: Taking): void => {
  const { viewNumber, status } = selfOf(scope);
  const { nonce, source: dest } = beyond(scope, "Commit");
  remember(scope, { type: "CommitOk", viewNumber, status, nonce, dest, source: scope.r });
};
const peersOf = ({ constants, r }: Scope & { readonly r: Index }): readonly Index[] => replicasOf(constants).filter((peer) => peer !== r);
const prepareOk = (scope: OfReplica, viewNumber: number, opNumber: number): Message => ({
  type: "PrepareOk",
  viewNumber,
  opNumber,
  dest: primary(viewNumber, scope.constants),
  source: scope.r,
});
/** Up to here the log is replaced by what is committed. Ops above stay. */
const restoredLog = (scope: OfReplica, log: ReplicaState["log"], opNumber: number): ReplicaState["log"] => [
  ...historyOf(scope).committed.slice(0, opNumber),
  ...log.slice(opNumber),
];
/** What is on the disk of a replica: its state, or the one before the events that the crash takes back. */
const onDisk = (scope: OfReplica) => ownHistory(scope).onDisk ?? { ...selfOf(scope), ...ownHistory(scope) };
const restarted = (scope: Taking): void => {
  const { now, next, constants, r, commitNumber, committedTo, restoredTo } = scope;
  const kept = onDisk(scope);
  const self = next.replicas[r];
  for (const name of ["status", "viewNumber", "lastNormalView", "sentDvc", "sentSv"] as const) Object.assign(self, { [name]: kept[name] });
  const log = restoredLog(scope, kept.log, restoredTo);
  self.log = log;
  self.opNumber = log.length;
  self.commitNumber = commitNumber;
  const history = nextHistory(scope).replicas[r];
  if (history !== undefined) Object.assign(history, { committedTo, logStart: Math.max(kept.logStart, restoredTo + 1), onDisk: null });
  for (const peer of replicasOf(constants)) self.peerOpNumber[peer] = 0;
  const inbox = now.messages.to(r);
  for (const m of [...inbox.delivered("StartViewChange"), ...inbox.delivered("DoViewChange")]) {
    next.messages.forget(m);
    if (m.source !== r) next.messages.send(m);
  }
  const { status, sentDvc } = kept;
  const own = doViewChange({ ...now.replicas[r], ...kept, log, opNumber: log.length, commitNumber }, r, constants);
  if (status === "ViewChange" && sentDvc && own.dest === r) next.messages.sendAsReceived(own);
};

/** The engine asks from its checkpoint where the commit number is below it. */
const askedFrom = (scope: OfReplica): number => Math.max(selfOf(scope).commitNumber, checkpointOf(scope));
const askAgain = (scope: Taking, opNumber: number): void => {
  const inbox = scope.now.messages.to("any");
  for (const m of [...inbox.pending("GetState"), ...inbox.delivered("GetState")])
    if (m.source === scope.r && m.viewNumber > selfOf(scope).viewNumber) remember(scope, { ...m, opNumber });
};

/** Prepares that are sent again to one peer at a time. */
const mostRepeated = 16;

interface Extension {
  readonly when: readonly ((scope: Given) => boolean)[];
  readonly then: (scope: Taking) => void;
}
const isChangingView = (scope: Given): boolean => selfOf(scope).status === "ViewChange";
const isCommitOk = ({ m }: Given): boolean => (m as unknown as Beyond).type === "CommitOk";
const opNumberOf = ({ m }: Given): number => ("opNumber" in m ? m.opNumber : 0);
/** Does a Prepare, or a heartbeat, tell of ops that are missing here? */
const leavesGap = (scope: Given): boolean => opNumberOf(scope) > selfOf(scope).opNumber + (scope.m.type === "Prepare" ? 1 : 0);

const newState = ({ m }: Given): MessageOf<"NewState"> => {
  if (m.type !== "NewState") throw new TypeError(`${m.type} is no NewState`); // the mapping gives only these
  return m;
};

const extensions: Readonly<Record<string, Extension>> = {
  Start: {
    when: [
      (scope) => scope.commitNumber <= Math.min(scope.committedTo, onDisk(scope).commitNumber),
      (scope) => scope.committedTo <= Math.max(ownHistory(scope).committedTo, scope.restoredTo),
      (scope) => scope.committedTo <= historyOf(scope).committed.length,
    ],
    then: restarted,
  },
  SendCommit: {
    when: [isNormalPrimary],
    then: (scope) => {
      const { nonce, r: source } = scope;
      const { viewNumber, opNumber, commitNumber, peerOpNumber } = selfOf(scope);
      for (const dest of peersOf(scope))
        remember(scope, { type: "Commit", viewNumber, opNumber, commitNumber, acknowledged: peerOpNumber[dest], nonce, dest, source });
    },
  },
  ReceiveCommit: {
    when: [wasSent, isNormalBackup, viewIsCurrent],
    then: (scope) => {
      const { viewNumber, opNumber, commitNumber } = selfOf(scope);
      const commit = beyond(scope, "Commit");
      scope.next.replicas[scope.r].commitNumber = Math.max(commitNumber, Math.min(commit.commitNumber, opNumber));
      answerCommit(scope);
      // A snapshot that reaches beyond the view leaves an empty log: its ops are not the view's to acknowledge.
      const isOfView = checkpointOf(scope) < opNumber || opNumber <= commit.opNumber;
      if (commit.acknowledged < opNumber && isOfView) remember(scope, prepareOk(scope, viewNumber, opNumber));
    },
  },
  AnswerLaterCommit: {
    when: [wasSent, (scope) => viewIsLater(scope) || (viewIsCurrent(scope) && selfOf(scope).status !== "Normal")],
    then: answerCommit,
  },
  ReceiveCommitOk: {
    when: [wasSent, isNormalPrimary, viewIsCurrent, (scope) => beyond(scope, "CommitOk").status === "Normal"],
    then: () => undefined,
  },
  RepeatPrepares: {
    when: [
      isNormalPrimary,
      (scope) => peersOf(scope).includes(scope.dest),
      (scope) => scope.sent >= 1 && scope.sent === Math.min(mostRepeated, selfOf(scope).opNumber - selfOf(scope).peerOpNumber[scope.dest]),
    ],
    then: (scope) => {
      const { viewNumber, commitNumber, log, peerOpNumber } = selfOf(scope);
      const { dest, r: source } = scope;
      for (const i of scope.received) {
        const opNumber = peerOpNumber[dest] + 1 + i;
        const message = log[opNumber - 1];
        if (message === undefined) continue; // a guard has seen to it that there is one
        const committed = Math.min(commitNumber, opNumber - 1);
        remember(scope, { type: "Prepare", viewNumber, message, opNumber, commitNumber: committed, dest, source });
      }
    },
  },
  RepeatViewChange: {
    when: [isChangingView],
    then: (scope) => {
      const { constants, r } = scope;
      const self = selfOf(scope);
      for (const dest of peersOf(scope)) rememberVote(scope, { type: "StartViewChange", viewNumber: self.viewNumber, dest, source: r });
      const own = doViewChange(self, r, constants);
      if (self.sentDvc && own.dest !== r) rememberVote(scope, own);
    },
  },
  RepeatStartView: {
    when: [
      wasSent,
      isNormalPrimary,
      (scope) => scope.m.viewNumber <= selfOf(scope).viewNumber,
      (scope) => !isCommitOk(scope) || beyond(scope, "CommitOk").status !== "StateTransfer",
      (scope) => !isCommitOk(scope) || !viewIsCurrent(scope) || beyond(scope, "CommitOk").status === "ViewChange",
    ],
    then: (scope) => {
      const { viewNumber, log, opNumber, commitNumber } = selfOf(scope);
      remember(scope, { type: "StartView", viewNumber, log, opNumber, commitNumber, dest: scope.m.source, source: scope.r });
    },
  },
  RepeatGetState: {
    when: [(scope) => selfOf(scope).status === "StateTransfer"],
    then: (scope) => {
      askAgain(scope, askedFrom(scope));
    },
  },
  SendGetStateInView: {
    when: [wasSent, isNormalBackup, viewIsCurrent, leavesGap],
    then: (scope) => {
      const { viewNumber, opNumber } = selfOf(scope);
      remember(scope, { type: "GetState", viewNumber, opNumber, dest: "any", source: scope.r });
    },
  },
  ReceiveNewStateInView: {
    when: [
      wasSent,
      isNormalBackup,
      viewIsCurrent,
      (scope) => selfOf(scope).opNumber >= newState(scope).firstOp - 1,
      (scope) => newState(scope).opNumber > selfOf(scope).opNumber,
    ],
    then: (scope) => {
      const { viewNumber, log, opNumber, commitNumber } = selfOf(scope);
      const m = newState(scope);
      const self = scope.next.replicas[scope.r];
      self.log = [...log, ...m.log.slice(opNumber + 1 - m.firstOp)];
      self.opNumber = m.opNumber;
      self.commitNumber = Math.max(commitNumber, m.commitNumber);
      remember(scope, prepareOk(scope, viewNumber, m.opNumber));
    },
  },
  AnswerSnapshotNeeded: {
    when: [wasSent, (scope) => selfOf(scope).status === "Normal", viewIsCurrent, (scope) => opNumberOf(scope) < checkpointOf(scope)],
    then: (scope) => {
      const { viewNumber } = selfOf(scope);
      remember(scope, { type: "SnapshotNeeded", viewNumber, opNumber: checkpointOf(scope), dest: scope.m.source, source: scope.r });
    },
  },
  // The others change nothing that the spec knows of.
  ReceiveSnapshotNeeded: {
    when: [
      wasSent,
      (scope) => (selfOf(scope).status === "StateTransfer" ? viewIsLater(scope) : isNormalBackup(scope) && viewIsCurrent(scope)),
      (scope) => beyond(scope, "SnapshotNeeded").opNumber > ownHistory(scope).committedTo,
    ],
    then: () => undefined,
  },
  RequestSnapshotForSV: {
    when: [
      wasSent,
      (scope) => viewIsLater(scope) || (viewIsCurrent(scope) && isChangingView(scope)),
      (scope) => scope.logStart - 1 > ownHistory(scope).committedTo,
    ],
    then: () => undefined,
  },
  RequestSnapshotForDVC: { when: [isChangingView, (scope) => !selfOf(scope).sentSv], then: () => undefined },
  RequestSnapshotForOp: { when: [(scope) => scope.opNumber <= ownHistory(scope).committedTo], then: () => undefined },
  AbandonSnapshot: { when: [], then: () => undefined },
  InstallSnapshot: {
    when: [(scope) => scope.opNumber > ownHistory(scope).committedTo, (scope) => scope.opNumber <= historyOf(scope).committed.length],
    then: (scope) => {
      const { next, r, opNumber } = scope;
      const log = restoredLog(scope, selfOf(scope).log, opNumber);
      next.replicas[r].log = log;
      next.replicas[r].opNumber = log.length;
      const history = nextHistory(scope).replicas[r];
      if (history !== undefined) Object.assign(history, { committedTo: opNumber, logStart: opNumber + 1 });
      askAgain(scope, opNumber);
    },
  },
  TruncateLog: {
    when: [(scope) => scope.opNumber <= ownHistory(scope).committedTo],
    then: (scope) => {
      const history = nextHistory(scope).replicas[scope.r];
      if (history !== undefined) history.logStart = Math.max(history.logStart, scope.opNumber + 1);
    },
  },
};
export const isExtension = (action: string): boolean => Object.hasOwn(extensions, action);

/** A receipt of whatever was sent at any time. Of a peer's votes for a view, the last one counts. */
const receivedAgain = (action: BoundAction): BoundAction => {
  const then = (scope: Taking): void => {
    const { now, next, r, m } = scope;
    const network = now.messages as unknown as LiveNetwork; // what `Machine` runs on
    if (m.type === "DoViewChange")
      for (const other of now.messages.to(r).delivered("DoViewChange"))
        if (other.source === m.source && other.viewNumber === m.viewNumber && network.has(m)) next.messages.forget(other);
    if (!network.isPending(m)) next.messages.send(m);
    if (action.name !== "SendGetState") return action.then({ ...scope });
    const self = { ...now.replicas[r], commitNumber: askedFrom(scope) };
    action.then({ ...scope, now: { ...now, replicas: { ...now.replicas, [r]: self } } });
  };
  const parameters = action.parameters.filter(({ name }) => name !== "m");
  return {
    ...action,
    parameters,
    conjuncts: [wasSent, ...action.conjuncts] as BoundAction["conjuncts"],
    then: then as unknown as BoundAction["then"],
  };
};

/** The spec with what the engine does beyond it. `receipts` are the names of the actions that receive a message. */
export const withExtensions = (instance: SpecInstance, receipts: ReadonlySet<string>): SpecInstance => {
  const location = "bindings/viewstamped-replication/journal/journal-actions.ts";
  // The scope of a bound action is the same object, without the types that only the declarations know.
  const beyond = Object.entries(extensions).map(([name, { when, then }]): BoundAction => {
    const bound = { conjuncts: when as unknown as BoundAction["conjuncts"], then: then as unknown as BoundAction["then"] };
    return { name, location, parameters: [], ...bound };
  });
  const actions = [...instance.actions.map((a) => (receipts.has(a.name) ? receivedAgain(a) : a)), ...beyond];
  return withHistory({ ...instance, actions }, integerConstant(instance.constants, "replicas", 3));
};
