/** The readings of state transfer that the article leaves open, each on a state made for it. */
import { describe, expect, it } from "vitest";
import { enabled, initialStates, step } from "../../explorer/interpret/index.ts";
import { canonicalState } from "../../explorer/interpret/canonical.ts";
import { NetworkValue } from "../language/collections.ts";
import { instantiate } from "../language/index.ts";
import type { Design, State } from "../language/index.ts";
import type { Message, MessageOf } from "./messages.ts";
import { viewstampedReplication } from "./spec.ts";
import type { ReplicaState, Scope } from "./state.ts";

const constants = { values: 4, startViewOnTimerLimit: 2 };
const model = (design: Design) => instantiate(viewstampedReplication, { constants, design });

/** Replica 3 in a state of its own, with messages under way. */
const stateWith = (design: Design, self: Partial<ReplicaState>, messages: readonly Message[]): State => {
  const instance = model(design);
  const [initial] = initialStates(instance);
  const replicas = initial?.["replicas"] as Scope["now"]["replicas"]; // a variable of this spec
  return canonicalState(instance, {
    ...initial,
    replicas: { ...replicas, 3: { ...replicas[3], ...self } },
    messages: new NetworkValue(messages.map((m): [Message, number] => [m, 1]), "dest"),
  });
};
const nowOf = (state: State): Scope["now"] => state as unknown as Scope["now"]; // a state of this spec
const can = (design: Design, action: string, state: State): boolean => enabled(model(design), state).some((b) => b.action === action);

const prepare: MessageOf<"Prepare"> = { type: "Prepare", viewNumber: 2, message: "v4", opNumber: 4, commitNumber: 0, dest: 3, source: 2 };
const newState = (fields: Partial<MessageOf<"NewState">>): MessageOf<"NewState"> => ({
  type: "NewState",
  viewNumber: 2,
  log: ["v2", "v3"],
  firstOp: 2,
  opNumber: 3,
  commitNumber: 1,
  dest: 3,
  source: 2,
  ...fields,
});
const waiting = { status: "StateTransfer", log: ["v1"], opNumber: 1, commitNumber: 1 } as const;
const gap = { log: ["v1", "v2"], opNumber: 2, commitNumber: 1 } as const;

describe("SendGetState", () => {
  const sent = (design: Design, self: Partial<ReplicaState> = gap) =>
    step(model(design), stateWith(design, self, [prepare]), "SendGetState", { r: 3, m: prepare }).state;

  it("leaves log and view alone in the final design, and asks from the commit number", () => {
    const { replicas, messages } = nowOf(sent({}));
    expect(replicas[3]).toMatchObject({ status: "StateTransfer", log: ["v1", "v2"], viewNumber: 1, lastNormalView: 1 });
    expect(messages.to("any").pending("GetState")).toMatchObject([{ viewNumber: 2, opNumber: 1, source: 3 }]);
    expect(messages.to(3).pending("Prepare")).toHaveLength(1);
  });
  it("enters the view at once when eager, and cuts the log when truncating", () => {
    const { replicas } = nowOf(sent({ viewUpdate: "eager", truncate: true, transferStatus: false }));
    expect(replicas[3]).toMatchObject({ status: "Normal", log: ["v1"], opNumber: 1, viewNumber: 2, lastNormalView: 2 });
  });
  it("asks from the end of a log that is shorter than the commit number when truncating, from the commit number otherwise", () => {
    const ahead = { log: ["v1"], opNumber: 1, commitNumber: 2 } as const;
    const asked = (truncate: boolean) => nowOf(sent({ truncate }, ahead)).messages.to("any").pending("GetState")[0]?.opNumber;
    expect([asked(true), asked(false)]).toEqual([1, 2]);
  });
  it("asks once", () => {
    const design = { transferStatus: false };
    expect(can(design, "SendGetState", sent(design))).toBe(false);
  });
});

describe("ReceiveNewState", () => {
  it("keeps what lies before the first op and takes over the rest", () => {
    const m = newState({});
    const { replicas } = nowOf(step(model({}), stateWith({}, waiting, [m]), "ReceiveNewState", { r: 3, m }).state);
    expect(replicas[3]).toMatchObject({ status: "Normal", log: ["v1", "v2", "v3"], opNumber: 3, commitNumber: 1, viewNumber: 2, lastNormalView: 2 });
  });
  const accepts = (design: Design, self: Partial<ReplicaState>, fields: Partial<MessageOf<"NewState">> = {}): boolean =>
    can(design, "ReceiveNewState", stateWith(design, self, [newState(fields)]));

  it("admits the views that newStateGuard says, or its own when eager", () => {
    const inViews = (design: Design) => [1, 2, 3].map((viewNumber) => accepts(design, { ...waiting, viewNumber }));
    expect(inViews({})).toEqual([true, false, false]);
    expect(inViews({ newStateGuard: "atLeast" })).toEqual([true, true, false]);
    expect(inViews({ newStateGuard: "any" })).toEqual([true, true, true]);
    expect(inViews({ viewUpdate: "eager" })).toEqual([false, true, false]);
    expect(inViews({ viewUpdate: "eager", newStateGuard: "any" })).toEqual([false, true, false]);
  });
  it("happens in the status StateTransfer, or in Normal where there is no such status", () => {
    const inStatus = (transferStatus: boolean) =>
      (["Normal", "StateTransfer", "ViewChange"] as const).map((status) => accepts({ transferStatus }, { ...waiting, status }));
    expect(inStatus(true)).toEqual([false, true, false]);
    expect(inStatus(false)).toEqual([true, false, false]);
  });
  it("leaves no hole, and only continues the log when truncating", () => {
    const long = { ...waiting, log: ["v1", "v4"], opNumber: 2 } as const;
    expect([accepts({}, waiting), accepts({}, waiting, { firstOp: 3 }), accepts({}, long)]).toEqual([true, false, true]);
    expect([accepts({ truncate: true }, waiting), accepts({ truncate: true }, long)]).toEqual([true, false]);
  });
});

describe("the status StateTransfer", () => {
  const startView: Message = { type: "StartView", viewNumber: 2, log: [], opNumber: 0, commitNumber: 0, dest: 3, source: 2 };
  it("is left by the timer, a StartView and a StartViewChange of a later view, but not by a Prepare", () => {
    const svc: Message = { type: "StartViewChange", viewNumber: 2, dest: 3, source: 1 };
    const state = stateWith({}, waiting, [startView, svc, { ...prepare, viewNumber: 1, opNumber: 2, source: 1 }]);
    const actions = enabled(model({}), state).flatMap((b) => (b.arguments["r"] === 3 ? [b.action] : []));
    expect(actions.sort()).toEqual(["ReceiveHigherSVC", "ReceiveSV", "TimerSendSVC"]);
  });
});
