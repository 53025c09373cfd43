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
import type { Message } from "./messages.ts";
import { outranks } from "./view-change.ts";

describe("normal operation", () => {
  it("ReceiveClientRequest appends and tells the others", () => {
    const replica = core(1, { commitNumber: 1, committedTo: 1 }, a);
    expect(take(replica, { act: "ReceiveClientRequest", operation: b })).toEqual([
      prepare({ message: b, opNumber: 2, commitNumber: 1, dest: 2 }),
      prepare({ message: b, opNumber: 2, commitNumber: 1, dest: 3 }),
    ]);
    expect(replica.observe()).toMatchObject({ log: [a, b], opNumber: 2, commitNumber: 1 });
    expect(refusal(core(2), { act: "ReceiveClientRequest", operation: a })).toBe("isNormalPrimary");
    expect(refusal(changing(2), { act: "ReceiveClientRequest", operation: a })).toBe("isNormalPrimary");
  });

  it("ReceivePrepareMsg takes the next op of the view", () => {
    const replica = core(2, {}, a);
    const message = prepare({ message: b, opNumber: 2, commitNumber: 1 });
    expect(take(replica, { act: "ReceivePrepareMsg", message })).toEqual([prepareOk({ opNumber: 2 })]);
    expect(replica.observe()).toMatchObject({ log: [a, b], commitNumber: 1, committedTo: 1 });
    expect(refusal(replica, { act: "ReceivePrepareMsg", message })).toBe("isNextOp");
    expect(refusal(core(1), { act: "ReceivePrepareMsg", message })).toBe("isNormalBackup");
    expect(refusal(core(2), { act: "ReceivePrepareMsg", message: prepare({ viewNumber: 4 }) })).toBe("viewIsCurrent");
    expect(refusal(core(2), { act: "ReceivePrepareMsg", message })).toBe("isNextOp");
  });

  it("a commit number may fall, but what was ever committed is remembered", () => {
    const replica = core(2, { commitNumber: 1, committedTo: 1 }, a);
    take(replica, { act: "ReceivePrepareMsg", message: prepare({ message: b, opNumber: 2, commitNumber: 0 }) });
    expect(replica.observe()).toMatchObject({ commitNumber: 0, committedTo: 1 });
  });

  it("ReceivePrepareOkMsg and ExecuteOp commit what a majority has", () => {
    const replica = core(1, {}, a, b);
    expect(refusal(replica, { act: "ExecuteOp" })).toBe("nextOpIsCommitted");
    take(replica, { act: "ReceivePrepareOkMsg", message: prepareOk() });
    expect(refusal(replica, { act: "ReceivePrepareOkMsg", message: prepareOk() })).toBe("isNews");
    expect(refusal(replica, { act: "ReceivePrepareOkMsg", message: prepareOk({ viewNumber: 4, opNumber: 2 }) })).toBe("viewIsCurrent");
    expect(refusal(core(2), { act: "ReceivePrepareOkMsg", message: prepareOk({ dest: 2 }) })).toBe("isNormalPrimary");
    take(replica, { act: "ExecuteOp" });
    expect(replica.observe()).toMatchObject({ commitNumber: 1, committedTo: 1, peerOpNumber: { 2: 1 } });
    expect(refusal(replica, { act: "ExecuteOp" })).toBe("nextOpIsCommitted");
    expect(refusal(core(1), { act: "ExecuteOp" })).toBe("hasUncommittedOp");
    expect(refusal(core(2, {}, a), { act: "ExecuteOp" })).toBe("isNormalPrimary");
  });

  it("five replicas need two acknowledgements", () => {
    const replica = new ReplicaCore(1, 5, remembered({}, new Log(1, [a])));
    take(replica, { act: "ReceivePrepareOkMsg", message: prepareOk({ source: 2 }) });
    expect(refusal(replica, { act: "ExecuteOp" })).toBe("nextOpIsCommitted");
    take(replica, { act: "ReceivePrepareOkMsg", message: prepareOk({ source: 5 }) }, { act: "ExecuteOp" });
  });

  it("a heartbeat commits what a backup has, and no more", () => {
    const replica = core(2, {}, a);
    const message: Message = {
      type: "Commit",
      viewNumber: 1,
      opNumber: 3,
      commitNumber: 2,
      acknowledged: 0,
      nonce: "n",
      dest: 2,
      source: 1,
    };
    expect(take(replica, { act: "ReceiveCommit", message })).toEqual([
      { type: "CommitOk", viewNumber: 1, status: "Normal", nonce: "n", dest: 1, source: 2 },
      prepareOk(),
    ]);
    expect(replica.observe()).toMatchObject({ commitNumber: 1, opNumber: 1 });
    expect(refusal(replica, { act: "AnswerLaterCommit", message })).toBe("isNotInTheView");
    expect(take(changing(3), { act: "AnswerLaterCommit", message: { ...message, viewNumber: 2, source: 2, dest: 3 } })).toMatchObject([
      { type: "CommitOk", viewNumber: 2, status: "ViewChange", dest: 2 },
    ]);
  });

  it("RepeatPrepares says what was committed before each op", () => {
    const replica = core(1, { commitNumber: 2, committedTo: 2 }, a, b, c);
    take(replica, { act: "ReceivePrepareOkMsg", message: prepareOk({ opNumber: 1 }) });
    expect(take(replica, { act: "RepeatPrepares", dest: 2 })).toMatchObject([
      { message: b, opNumber: 2, commitNumber: 1 },
      { message: c, opNumber: 3, commitNumber: 2 },
    ]);
    take(replica, { act: "ReceivePrepareOkMsg", message: prepareOk({ opNumber: 3 }) });
    expect(refusal(replica, { act: "RepeatPrepares", dest: 2 })).toBe("isBehind");
  });
});

describe("view change", () => {
  it("TimerSendSVC and ReceiveHigherSVC enter a later view's change", () => {
    const replica = core(3, { sentDvc: true, sentSv: true });
    expect(take(replica, { act: "TimerSendSVC" })).toEqual([svc(2, 3, 1), svc(2, 3, 2)]);
    expect(replica.observe()).toMatchObject({
      status: "ViewChange",
      viewNumber: 2,
      lastNormalView: 1,
      sentDvc: false,
      sentSv: false,
      receivedSVCs: [],
    });
    take(replica, { act: "ReceiveHigherSVC", message: svc(4, 1, 3) });
    expect(replica.observe()).toMatchObject({ status: "ViewChange", viewNumber: 4, receivedSVCs: [1] });
    expect(refusal(core(1), { act: "TimerSendSVC" })).toBe("isNotNormalPrimary");
    expect(refusal(replica, { act: "ReceiveHigherSVC", message: svc(4, 2, 3) })).toBe("viewIsLater");
  });

  it("SendDVC needs StartViewChanges from a minority, and happens once", () => {
    const replica = changing(3, a);
    expect(refusal(replica, { act: "SendDVC" })).toBe("hasSVCsFromMinority");
    expect(refusal(replica, { act: "ReceiveMatchingSVC", message: svc(1, 1, 3) })).toBe("viewIsCurrent");
    expect(refusal(core(3), { act: "ReceiveMatchingSVC", message: svc(1, 1, 3) })).toBe("isChangingView");
    take(replica, { act: "ReceiveMatchingSVC", message: svc(2, 1, 3) });
    expect(take(replica, { act: "SendDVC" })).toEqual([dvc({ log: [a] })]);
    expect(refusal(replica, { act: "SendDVC" })).toBe("hasNotSentDvc");
    expect(refusal(core(3), { act: "SendDVC" })).toBe("isChangingView");
  });

  it("SendSV takes the log of the latest normal view, then the longest, and the highest commit number", () => {
    const replica = core(2, { status: "ViewChange", viewNumber: 5 }, a, b, c);
    take(replica, { act: "ReceiveMatchingSVC", message: svc(5, 1, 2) });
    expect(take(replica, { act: "SendDVC" })).toEqual([]);
    expect(refusal(replica, { act: "SendSV" })).toBe("hasDVCsFromMajority");
    expect(refusal(replica, { act: "ReceiveMatchingDVC", message: dvc({ viewNumber: 2 }) })).toBe("viewIsCurrent");
    take(replica, { act: "ReceiveMatchingDVC", message: dvc({ viewNumber: 5, log: [b], lastNormalVn: 3, commitNumber: 1 }) });
    expect(take(replica, { act: "SendSV" })).toEqual([
      sv({ viewNumber: 5, log: [b], commitNumber: 1, dest: 1 }),
      sv({ viewNumber: 5, log: [b], commitNumber: 1, dest: 3 }),
    ]);
    expect(replica.observe()).toMatchObject({
      status: "Normal",
      lastNormalView: 5,
      log: [b],
      sentSv: true,
      viewStartOp: 1,
      commitNumber: 1,
    });
    expect(refusal(replica, { act: "SendSV" })).toBe("isChangingView");
    expect(refusal(replica, { act: "ReceiveMatchingDVC", message: dvc({ viewNumber: 5 }) })).toBe("isChangingView");
  });

  it("ReceiveHigherDVC joins the change and counts the message", () => {
    const replica = core(2);
    take(replica, { act: "ReceiveHigherDVC", message: dvc() });
    expect(replica.observe()).toMatchObject({ status: "ViewChange", viewNumber: 2, receivedDVCs: [dvc()] });
    expect(refusal(replica, { act: "ReceiveHigherDVC", message: dvc() })).toBe("viewIsLater");
  });

  it("the best log is of the latest normal view, then the longest, then of the lowest source", () => {
    const worse = dvc({ lastNormalVn: 2, log: [a], source: 2 });
    const better = [dvc({ lastNormalVn: 3, source: 3 }), dvc({ lastNormalVn: 2, log: [a, b], source: 3 }), { ...worse, source: 1 }];
    for (const message of better) expect([outranks(message, worse), outranks(worse, message)]).toEqual([true, false]);
    expect(outranks(worse, worse)).toBe(false);
  });

  it("ReceiveSV is strict in its own view", () => {
    const replica = core(3, { status: "ViewChange", viewNumber: 2, sentDvc: true, sentSv: true }, c);
    const message = sv({ log: [a, b], commitNumber: 1 });
    expect(take(replica, { act: "ReceiveSV", message })).toEqual([prepareOk({ viewNumber: 2, opNumber: 2, dest: 2, source: 3 })]);
    expect(replica.observe()).toMatchObject({ status: "Normal", viewNumber: 2, lastNormalView: 2, log: [a, b], commitNumber: 1 });
    expect(replica.observe()).toMatchObject({ sentDvc: false, sentSv: false });
    expect(refusal(replica, { act: "ReceiveSV", message })).toBe("viewIsLaterOrChanging");
    expect(take(core(3), { act: "ReceiveSV", message: sv() })).toEqual([]);
  });

  it("a log that starts too late needs a snapshot first", () => {
    const replica = changing(3, a);
    const message = sv({ logStart: 3, log: [c], opNumber: 3, commitNumber: 2 });
    expect(refusal(replica, { act: "ReceiveSV", message })).toBe("leavesNoHole");
    take(replica, { act: "RequestSnapshotForSV", message });
    expect(replica.observe().snapshotWanted).toEqual({ peer: 2, opNumber: 2 });
    take(replica, { act: "InstallSnapshot", opNumber: 2 }, { act: "ReceiveSV", message });
    expect(replica.observe()).toMatchObject({ logStart: 3, log: [c], opNumber: 3, commitNumber: 2, snapshotWanted: undefined });
    const later = changing(3);
    take(later, { act: "InstallSnapshot", opNumber: 4 });
    expect(refusal(later, { act: "ReceiveSV", message })).toBe("coversCommitted");
  });

  it("RepeatStartView goes to who has not entered the view, but not to who awaits state", () => {
    const replica = core(1, {}, a);
    const ok = { type: "CommitOk", viewNumber: 1, status: "Normal", nonce: "n", dest: 1, source: 2 } as const;
    expect(take(replica, { act: "RepeatStartView", message: { ...ok, status: "ViewChange" } })).toEqual([
      sv({ viewNumber: 1, log: [a], dest: 2, source: 1 }),
    ]);
    expect(refusal(replica, { act: "RepeatStartView", message: ok })).toBe("senderIsBehind");
    const leader = core(2, { viewNumber: 2, lastNormalView: 2 });
    expect(refusal(leader, { act: "RepeatStartView", message: { ...ok, status: "StateTransfer" } })).toBe("senderDoesNotAwaitState");
  });
});

describe("state transfer", () => {
  const late = prepare({ viewNumber: 2, opNumber: 3, dest: 3, source: 2 });
  it("SendGetState asks once, from the commit number, and keeps view and log", () => {
    const replica = core(3, { commitNumber: 1, committedTo: 1 }, a, c);
    expect(refusal(replica, { act: "SendGetState", message: late })).toBe("leavesGap");
    const message = { ...late, opNumber: 4 };
    expect(take(replica, { act: "SendGetState", message })).toEqual([getState({ viewNumber: 2, opNumber: 1 })]);
    expect(replica.observe()).toMatchObject({ status: "StateTransfer", viewNumber: 1, lastNormalView: 1, log: [a, c], requestedView: 2 });
    expect(refusal(replica, { act: "SendGetState", message })).toBe("isNormalBackup");
    expect(refusal(core(3), { act: "SendGetState", message: prepare({ opNumber: 4 }) })).toBe("viewIsLater");
  });

  it("SendGetState is not repeated with the same content", () => {
    const replica = core(3);
    take(
      replica,
      { act: "SendGetState", message: { ...late, viewNumber: 5 } },
      { act: "TimerSendSVC" },
      { act: "ReceiveSV", message: sv({ viewNumber: 4 }) },
    );
    expect(refusal(replica, { act: "SendGetState", message: { ...late, viewNumber: 5 } })).toBe("wasNotSent");
  });

  it("ReceiveGetState answers with what follows", () => {
    const replica = core(2, { viewNumber: 2, lastNormalView: 2, commitNumber: 1, committedTo: 1 }, a, b);
    expect(take(replica, { act: "ReceiveGetState", message: getState({ viewNumber: 2, opNumber: 1 }) })).toEqual([
      newState({ log: [b], firstOp: 2 }),
    ]);
    expect(refusal(replica, { act: "ReceiveGetState", message: getState({ viewNumber: 2, opNumber: 2 }) })).toBe("hasMore");
    expect(refusal(replica, { act: "ReceiveGetState", message: getState() })).toBe("viewIsCurrent");
    expect(refusal(changing(1), { act: "ReceiveGetState", message: getState() })).toBe("isNormal");
    take(replica, { act: "TruncateLog", opNumber: 1 });
    const below = getState({ viewNumber: 2 });
    expect(refusal(replica, { act: "ReceiveGetState", message: below })).toBe("isRetained");
    expect(take(replica, { act: "AnswerSnapshotNeeded", message: below })).toEqual([
      { type: "SnapshotNeeded", viewNumber: 2, opNumber: 1, dest: 3, source: 2 },
    ]);
  });

  it("ReceiveNewState overwrites from its first op on, in a later view only", () => {
    const replica = core(3, { status: "StateTransfer", requestedView: 2 }, c, c, c);
    expect(refusal(replica, { act: "ReceiveNewState", message: newState({ viewNumber: 1 }) })).toBe("viewIsLater");
    expect(refusal(replica, { act: "ReceiveNewState", message: newState({ firstOp: 5, opNumber: 6 }) })).toBe("leavesNoHole");
    take(replica, { act: "ReceiveNewState", message: newState() });
    expect(replica.observe()).toMatchObject({
      status: "Normal",
      viewNumber: 2,
      lastNormalView: 2,
      log: [a, b],
      commitNumber: 1,
      requestedView: 0,
    });
    expect(refusal(replica, { act: "ReceiveNewState", message: newState({ viewNumber: 3 }) })).toBe("isInStateTransfer");
  });

  it("within the view, only what is missing is asked for, and appended", () => {
    const replica = core(3, {}, a);
    const message = prepare({ opNumber: 4, dest: 3 });
    expect(take(replica, { act: "SendGetStateInView", message })).toEqual([getState({ opNumber: 1 })]);
    expect(replica.observe().status).toBe("Normal");
    expect(refusal(replica, { act: "SendGetStateInView", message })).toBe("wasNotSent");
    const answer = newState({ viewNumber: 1, log: [c, b], source: 1 });
    expect(take(replica, { act: "ReceiveNewStateInView", message: answer })).toEqual([prepareOk({ opNumber: 2, source: 3 })]);
    expect(replica.observe().log).toEqual([a, b]);
    expect(refusal(replica, { act: "ReceiveNewStateInView", message: answer })).toBe("hasMore");
    expect(refusal(replica, { act: "ReceiveNewStateInView", message: { ...answer, viewNumber: 2 } })).toBe("viewIsCurrent");
  });

  it("after a snapshot the request goes out again from there", () => {
    const replica = core(3);
    take(replica, { act: "SendGetState", message: late });
    const message: Message = { type: "SnapshotNeeded", viewNumber: 2, opNumber: 5, dest: 3, source: 2 };
    take(replica, { act: "ReceiveSnapshotNeeded", message });
    expect(refusal(replica, { act: "ReceiveSnapshotNeeded", message })).toBe("isNotWanted");
    expect(take(replica, { act: "InstallSnapshot", opNumber: 6 })).toEqual([getState({ viewNumber: 2, opNumber: 6 })]);
    expect(replica.observe()).toMatchObject({ status: "StateTransfer", opNumber: 6, logStart: 7, committedTo: 6 });
    expect(refusal(replica, { act: "InstallSnapshot", opNumber: 6 })).toBe("isNews");
    expect(refusal(replica, { act: "TruncateLog", opNumber: 7 })).toBe("isCommitted");
  });

  it("a snapshot is asked for in place of a committed op that cannot be executed", () => {
    const replica = core(3);
    take(replica, { act: "InstallSnapshot", opNumber: 4 });
    expect(refusal(replica, { act: "RequestSnapshotForOp", opNumber: 5 })).toBe("isCommitted");
    take(replica, { act: "RequestSnapshotForOp", opNumber: 4 });
    expect(replica.observe().snapshotWanted).toEqual({ peer: 1, opNumber: 4 });
    expect(refusal(replica, { act: "RequestSnapshotForOp", opNumber: 3 })).toBe("isNotWanted");
  });
});

describe("receiving", () => {
  it("keeps a Prepare that came too early", () => {
    const replica = core(2);
    replica.hold(prepare({ opNumber: 2, message: b }));
    expect(replica.internalSteps()).toEqual([]);
    take(replica, { act: "ReceivePrepareMsg", message: prepare() });
    expect(replica.internalSteps()).toEqual([{ act: "ReceivePrepareMsg", message: prepare({ opNumber: 2, message: b }) }]);
    take(replica, ...replica.internalSteps());
    expect(replica.observe()).toMatchObject({ log: [a, b], heldPrepares: [] });
  });

  it("a replica that is started again has its own DoViewChange", () => {
    const replica = core(2, { status: "ViewChange", viewNumber: 2, sentDvc: true }, a);
    expect(replica.observe().receivedDVCs).toEqual([dvc({ log: [a], source: 2 })]);
  });
});
