/** Actions that the spec does not have, against loss and for bounded memory; so no conformance lane drives each of them. */
import { describe, expect, it } from "vitest";
import { ReplicaCore } from "./core.ts";
import {
  a,
  b,
  c,
  changing,
  core,
  dvc,
  getState,
  newState,
  prepare,
  prepareOk,
  refusal,
  remembered,
  sv,
  svc,
  take,
} from "./fixtures/single-steps.ts";
import { Log } from "./log.ts";
import { limits } from "./messages.ts";
import type { MessageOf } from "./messages.ts";

const commit = (over: Partial<MessageOf<"Commit">> = {}): MessageOf<"Commit"> => {
  return { type: "Commit", viewNumber: 1, opNumber: 0, commitNumber: 0, acknowledged: 0, nonce: "n", dest: 2, source: 1, ...over };
};
const commitOk = (over: Partial<MessageOf<"CommitOk">> = {}): MessageOf<"CommitOk"> => {
  return { type: "CommitOk", viewNumber: 1, status: "Normal", nonce: "n", dest: 1, source: 2, ...over };
};
const snapshotNeeded = (over: Partial<MessageOf<"SnapshotNeeded">> = {}): MessageOf<"SnapshotNeeded"> => {
  return { type: "SnapshotNeeded", viewNumber: 2, opNumber: 5, dest: 3, source: 2, ...over };
};
/** A replica whose log begins at op 3; ops 1 and 2 are in its checkpoint. */
const truncated = (r: number, viewNumber: number, ...operations: Uint8Array[]): ReplicaCore =>
  new ReplicaCore(r, 3, remembered({ viewNumber, lastNormalView: viewNumber, commitNumber: 2, committedTo: 2 }, new Log(3, operations)));

describe("a log that is not truncated", () => {
  const withOps = (r: number, count: number): ReplicaCore => core(r, {}, ...Array.from({ length: count }, () => a));
  it("takes as many ops as it may, and no more", () => {
    const primary = withOps(1, limits.logEntries - 1);
    take(primary, { act: "ReceiveClientRequest", operation: b });
    expect(primary.refusal({ act: "ReceiveClientRequest", operation: b })).toBe("logHasRoom");
    const backup = withOps(2, limits.logEntries);
    expect(backup.refusal({ act: "ReceivePrepareMsg", message: prepare({ opNumber: limits.logEntries + 1 }) })).toBe("logHasRoom");
    const answer = newState({
      viewNumber: 1,
      log: [b],
      firstOp: limits.logEntries + 1,
      opNumber: limits.logEntries + 1,
      dest: 2,
      source: 1,
    });
    expect(backup.refusal({ act: "ReceiveNewStateInView", message: answer })).toBe("logHasRoom");
  });
});

describe("heartbeats", () => {
  it("tell each backup what is there, what is committed, and how far its own answers came", () => {
    const replica = core(1, { commitNumber: 1, committedTo: 1 }, a, b);
    take(replica, { act: "ReceivePrepareOkMsg", message: prepareOk({ opNumber: 2 }) });
    expect(take(replica, { act: "SendCommit", nonce: "n" })).toEqual([
      commit({ opNumber: 2, commitNumber: 1, acknowledged: 2, dest: 2 }),
      commit({ opNumber: 2, commitNumber: 1, acknowledged: 0, dest: 3 }),
    ]);
    expect(refusal(core(2), { act: "SendCommit", nonce: "n" })).toBe("isNormalPrimary");
    expect(refusal(changing(2), { act: "SendCommit", nonce: "n" })).toBe("isNormalPrimary");
  });

  it("are taken by Normal backups of the view", () => {
    expect(refusal(core(1), { act: "ReceiveCommit", message: commit() })).toBe("isNormalBackup");
    expect(refusal(changing(3), { act: "ReceiveCommit", message: commit({ viewNumber: 2 }) })).toBe("isNormalBackup");
    expect(refusal(core(2), { act: "ReceiveCommit", message: commit({ viewNumber: 4 }) })).toBe("viewIsCurrent");
  });

  it("never lower the commit number", () => {
    const replica = core(2, { commitNumber: 1, committedTo: 1 }, a);
    take(replica, { act: "ReceiveCommit", message: commit() });
    expect(replica.observe().commitNumber).toBe(1);
  });

  it("are answered with the last PrepareOk only if the primary lacks it", () => {
    const replica = core(2, {}, a);
    expect(take(replica, { act: "ReceiveCommit", message: commit({ opNumber: 1, acknowledged: 1 }) })).toEqual([commitOk()]);
    expect(take(replica, { act: "ReceiveCommit", message: commit({ opNumber: 1 }) })).toEqual([commitOk(), prepareOk()]);
  });

  it("are answered with a PrepareOk of the ops in the log, and of those in a checkpoint that the view has, too", () => {
    // The heartbeat is older than the op.
    expect(take(core(2, {}, a), { act: "ReceiveCommit", message: commit({ opNumber: 0 }) })).toEqual([commitOk(), prepareOk()]);
    const ofCheckpoint = take(truncated(2, 1), { act: "ReceiveCommit", message: commit({ opNumber: 2, acknowledged: 1 }) });
    expect(ofCheckpoint).toEqual([commitOk(), prepareOk({ opNumber: 2 })]);
  });

  it("are not answered with a PrepareOk of what only a snapshot of a later view has brought", () => {
    expect(take(truncated(2, 1), { act: "ReceiveCommit", message: commit({ opNumber: 1 }) })).toEqual([commitOk()]);
  });

  it("let a backup ask again for what it lacks", () => {
    const replica = core(2, {}, a);
    const ahead = commit({ opNumber: 2, acknowledged: 1 });
    const request = getState({ opNumber: 1, source: 2 });
    expect(take(replica, { act: "SendGetStateInView", message: ahead })).toEqual([request]);
    expect(refusal(replica, { act: "SendGetStateInView", message: ahead })).toBe("wasNotSent");
    take(replica, { act: "ReceiveCommit", message: ahead });
    expect(take(replica, { act: "SendGetStateInView", message: ahead })).toEqual([request]);
  });

  it("of a later view, or outside normal operation, are answered with the own view and status", () => {
    expect(take(core(2), { act: "AnswerLaterCommit", message: commit({ viewNumber: 4 }) })).toEqual([commitOk()]);
    const later = core(3, { status: "ViewChange", viewNumber: 5 });
    expect(refusal(later, { act: "AnswerLaterCommit", message: commit({ viewNumber: 4, dest: 3 }) })).toBe("isNotBelowOwnView");
  });

  it("count when a Normal replica of the view has answered", () => {
    expect(take(core(1), { act: "ReceiveCommitOk", message: commitOk() })).toEqual([]);
    expect(refusal(core(2), { act: "ReceiveCommitOk", message: commitOk() })).toBe("isNormalPrimary");
    expect(refusal(core(1), { act: "ReceiveCommitOk", message: commitOk({ viewNumber: 4 }) })).toBe("viewIsCurrent");
    expect(refusal(core(1), { act: "ReceiveCommitOk", message: commitOk({ status: "ViewChange" }) })).toBe("senderIsNormal");
  });
});

describe("Prepares are sent again", () => {
  it("from the first that was not acknowledged, if the log still has it", () => {
    const replica = truncated(1, 1, a, b);
    expect(refusal(replica, { act: "RepeatPrepares", dest: 2 })).toBe("isRetained");
    take(replica, { act: "ReceivePrepareOkMsg", message: prepareOk({ opNumber: 2 }) });
    expect(take(replica, { act: "RepeatPrepares", dest: 2 })).toMatchObject([{ opNumber: 3 }, { opNumber: 4 }]);
    expect(refusal(core(2, {}, a), { act: "RepeatPrepares", dest: 3 })).toBe("isNormalPrimary");
  });

  it("a few at a time", () => {
    const sent = take(core(1, {}, ...Array.from({ length: 40 }, () => a)), { act: "RepeatPrepares", dest: 2 });
    expect(sent.length).toBeLessThan(40);
    expect(sent.at(-1)).toMatchObject({ opNumber: sent.length });
  });
});

describe("view changes", () => {
  it("send again what they have sent", () => {
    const replica = changing(3, a);
    expect(take(replica, { act: "RepeatViewChange" })).toEqual([svc(2, 3, 1), svc(2, 3, 2)]);
    take(replica, { act: "ReceiveMatchingSVC", message: svc(2, 1, 3) }, { act: "SendDVC" });
    expect(take(replica, { act: "RepeatViewChange" })).toEqual([svc(2, 3, 1), svc(2, 3, 2), dvc({ log: [a] })]);
    expect(refusal(core(3), { act: "RepeatViewChange" })).toBe("isChangingView");
  });

  it("a primary sends its StartView again to who shows an earlier view, or to be still changing its view", () => {
    const leader = core(2, { viewNumber: 2, lastNormalView: 2 }, a);
    const again = sv({ log: [a], dest: 1 });
    expect(take(leader, { act: "RepeatStartView", message: commitOk({ source: 1, dest: 2 }) })).toEqual([again]);
    expect(take(leader, { act: "RepeatStartView", message: svc(1, 1, 2) })).toEqual([again]);
    expect(take(leader, { act: "RepeatStartView", message: svc(2, 1, 2) })).toEqual([again]);
    expect(take(leader, { act: "RepeatStartView", message: dvc({ source: 1 }) })).toEqual([again]);
    expect(refusal(leader, { act: "RepeatStartView", message: svc(3, 1, 2) })).toBe("senderIsBehind");
    expect(refusal(leader, { act: "RepeatStartView", message: commitOk({ viewNumber: 2, status: "StateTransfer" }) })).toBe(
      "senderIsBehind",
    );
    expect(refusal(core(1, { viewNumber: 2 }), { act: "RepeatStartView", message: svc(1, 3, 1) })).toBe("isNormalPrimary");
  });

  it("the new primary first restores a snapshot if the best log begins after what it has", () => {
    const replica = changing(2, a);
    take(replica, { act: "ReceiveMatchingSVC", message: svc(2, 1, 2) }, { act: "SendDVC" });
    expect(refusal(replica, { act: "RequestSnapshotForDVC" })).toBe("hasDVCsFromMajority");
    take(replica, { act: "ReceiveMatchingDVC", message: dvc({ logStart: 3, log: [c], opNumber: 3, commitNumber: 2 }) });
    expect(refusal(replica, { act: "SendSV" })).toBe("leavesNoHole");
    take(replica, { act: "RequestSnapshotForDVC" });
    expect(replica.observe().snapshotWanted).toEqual({ peer: 3, opNumber: 2 });
    expect(refusal(replica, { act: "RequestSnapshotForDVC" })).toBe("isNotWanted");
    take(replica, { act: "InstallSnapshot", opNumber: 2 });
    expect(refusal(replica, { act: "RequestSnapshotForDVC" })).toBe("leavesHole");
    take(replica, { act: "SendSV" });
    expect(replica.observe()).toMatchObject({ status: "Normal", logStart: 3, log: [c], commitNumber: 2 });
    expect(refusal(core(2), { act: "RequestSnapshotForDVC" })).toBe("isChangingView");
  });

  it("a log that lacks what is committed here is of no use", () => {
    const replica = changing(2);
    take(replica, { act: "InstallSnapshot", opNumber: 4 }, { act: "ReceiveMatchingSVC", message: svc(2, 1, 2) });
    take(
      replica,
      { act: "ReceiveMatchingDVC", message: dvc({ log: [a, b, c] }) },
      { act: "ReceiveMatchingDVC", message: dvc({ log: [a, b], source: 1 }) },
    );
    expect(refusal(replica, { act: "SendSV" })).toBe("coversCommitted");
    take(replica, { act: "ReceiveMatchingDVC", message: dvc({ log: [a, b, c, a] }) }, { act: "SendSV" });
  });

  it("a snapshot for a StartView is wanted once, of a view that may be taken, with a log that begins too late", () => {
    const message = sv({ logStart: 3, log: [c], opNumber: 3, commitNumber: 2 });
    const replica = changing(3, a);
    take(replica, { act: "RequestSnapshotForSV", message });
    expect(refusal(replica, { act: "RequestSnapshotForSV", message })).toBe("isNotWanted");
    expect(refusal(changing(3, a), { act: "RequestSnapshotForSV", message: sv() })).toBe("leavesHole");
    expect(refusal(core(3, { viewNumber: 2 }), { act: "RequestSnapshotForSV", message })).toBe("viewIsLaterOrChanging");
    expect(refusal(core(3, { viewNumber: 3, status: "ViewChange" }), { act: "RequestSnapshotForSV", message })).toBe(
      "viewIsLaterOrChanging",
    );
  });
});

describe("state transfer", () => {
  const awaiting = (): ReplicaCore => core(3, { status: "StateTransfer", requestedView: 2 }, a);

  it("asks again for the view that it waits for", () => {
    expect(take(awaiting(), { act: "RepeatGetState" })).toEqual([getState({ viewNumber: 2 })]);
    expect(refusal(core(3), { act: "RepeatGetState" })).toBe("isInStateTransfer");
    expect(refusal(core(3, { status: "StateTransfer", requestedView: 1 }), { act: "RepeatGetState" })).toBe("viewIsKnown");
  });

  it("does not ask for state of the view because of the next Prepare, or of a heartbeat that shows no more", () => {
    expect(refusal(core(3, {}, a), { act: "SendGetStateInView", message: prepare({ opNumber: 2, dest: 3 }) })).toBe("leavesGap");
    expect(refusal(core(3, {}, a), { act: "SendGetStateInView", message: commit({ opNumber: 1, dest: 3 }) })).toBe("leavesGap");
    expect(refusal(core(1), { act: "SendGetStateInView", message: commit({ opNumber: 1 }) })).toBe("isNormalBackup");
    expect(refusal(core(3), { act: "SendGetStateInView", message: commit({ viewNumber: 4, opNumber: 1 }) })).toBe("viewIsCurrent");
  });

  it("does not take what lacks ops that are committed here", () => {
    const replica = core(3, { status: "StateTransfer", requestedView: 2, commitNumber: 3, committedTo: 3 }, a, b, c);
    expect(refusal(replica, { act: "ReceiveNewState", message: newState() })).toBe("coversCommitted");
    take(replica, { act: "ReceiveNewState", message: newState({ log: [a, b, c], opNumber: 3 }) });
  });

  it("takes a log that begins right after its own, and one that reaches back into it", () => {
    take(awaiting(), { act: "ReceiveNewState", message: newState({ log: [b], firstOp: 2 }) });
    const backup = core(3, {}, a);
    take(backup, { act: "ReceiveNewStateInView", message: newState({ viewNumber: 1, log: [b, c], firstOp: 2, opNumber: 3, source: 1 }) });
    expect(backup.observe()).toMatchObject({ log: [a, b, c], commitNumber: 1 });
    const late = newState({ viewNumber: 1, log: [c], firstOp: 5, opNumber: 5, source: 1 });
    expect(refusal(backup, { act: "ReceiveNewStateInView", message: late })).toBe("leavesNoHole");
    expect(refusal(core(1), { act: "ReceiveNewStateInView", message: late })).toBe("isNormalBackup");
    take(backup, { act: "ReceiveNewStateInView", message: { ...late, firstOp: 4, opNumber: 4, commitNumber: 0 } });
    expect(backup.observe()).toMatchObject({ opNumber: 4, commitNumber: 1 });
  });

  it("appends only what it lacks of what arrives", () => {
    const backup = core(3, {}, a);
    take(backup, { act: "ReceiveNewStateInView", message: newState({ viewNumber: 1, log: [c, b, c], opNumber: 3, source: 1 }) });
    expect(backup.observe().log).toEqual([a, b, c]);
  });

  it("ops may be missing once more after the missing ones have come", () => {
    const backup = core(3);
    const ahead = commit({ opNumber: 1, dest: 3 });
    take(backup, { act: "SendGetStateInView", message: ahead });
    expect(backup.observe().requestedInView).toBe(0);
    take(backup, { act: "ReceiveNewStateInView", message: newState({ viewNumber: 1, log: [a], opNumber: 1, source: 1 }) });
    expect(backup.observe().requestedInView).toBe(-1);
  });

  it("is answered from the log down to the checkpoint, and from the checkpoint below it", () => {
    const replica = truncated(2, 2, c);
    const at = getState({ viewNumber: 2, opNumber: 2 });
    expect(take(replica, { act: "ReceiveGetState", message: at })).toEqual([
      newState({ log: [c], firstOp: 3, opNumber: 3, commitNumber: 2 }),
    ]);
    expect(refusal(replica, { act: "AnswerSnapshotNeeded", message: at })).toBe("isDropped");
    const below = getState({ viewNumber: 2, opNumber: 1 });
    expect(refusal(replica, { act: "ReceiveGetState", message: below })).toBe("isRetained");
    expect(take(replica, { act: "AnswerSnapshotNeeded", message: below })).toEqual([snapshotNeeded({ opNumber: 2 })]);
    expect(refusal(replica, { act: "AnswerSnapshotNeeded", message: getState() })).toBe("viewIsCurrent");
    expect(refusal(changing(2), { act: "AnswerSnapshotNeeded", message: below })).toBe("isNormal");
  });

  it("wants a snapshot if it waits for the view, or lacks ops of its own; and only one with more than it has", () => {
    expect(take(awaiting(), { act: "ReceiveSnapshotNeeded", message: snapshotNeeded() })).toEqual([]);
    expect(refusal(awaiting(), { act: "ReceiveSnapshotNeeded", message: snapshotNeeded({ viewNumber: 1 }) })).toBe("awaitsState");
    const backup = core(3, { commitNumber: 1, committedTo: 1 }, a);
    expect(refusal(backup, { act: "ReceiveSnapshotNeeded", message: snapshotNeeded() })).toBe("awaitsState");
    expect(refusal(backup, { act: "ReceiveSnapshotNeeded", message: snapshotNeeded({ viewNumber: 1, opNumber: 1 }) })).toBe("isNews");
    take(backup, { act: "ReceiveSnapshotNeeded", message: snapshotNeeded({ viewNumber: 1 }) });
    expect(backup.observe().snapshotWanted).toEqual({ peer: 2, opNumber: 5 });
    take(backup, { act: "AbandonSnapshot" });
    expect(backup.observe().snapshotWanted).toBeUndefined();
    expect(refusal(core(1), { act: "ReceiveSnapshotNeeded", message: snapshotNeeded({ viewNumber: 1 }) })).toBe("awaitsState");
  });

  it("a snapshot leaves the ops above it, raises what is executed and not what is told, and lets the view be asked for again", () => {
    const replica = core(3, { commitNumber: 1, committedTo: 1 }, a, b, c);
    take(replica, { act: "SendGetStateInView", message: commit({ opNumber: 9, dest: 3 }) });
    expect(take(replica, { act: "InstallSnapshot", opNumber: 2 })).toEqual([]);
    expect(replica.observe()).toMatchObject({ logStart: 3, log: [c], commitNumber: 1, committedTo: 2, requestedInView: -1 });
  });

  it("a snapshot asks for no view that is the own one", () => {
    expect(take(core(3, { status: "StateTransfer", requestedView: 1 }), { act: "InstallSnapshot", opNumber: 2 })).toEqual([]);
  });

  it("a checkpoint drops what it has, up to what was ever committed", () => {
    const replica = core(3, { commitNumber: 1, committedTo: 2 }, a, b, c);
    expect(refusal(replica, { act: "TruncateLog", opNumber: 3 })).toBe("isCommitted");
    take(replica, { act: "TruncateLog", opNumber: 2 });
    expect(replica.observe()).toMatchObject({ logStart: 3, log: [c], commitNumber: 1 });
  });
});
