import { describe, expect, it } from "vitest";
import { SpecError, instantiate } from "../../specs/language/index.ts";
import { twoPhaseCommit } from "../../specs/classics/two-phase-commit.ts";
import type { SpecInstance, State } from "../../specs/language/index.ts";
import { callText, valueText } from "../value-text.ts";
import { faultySpec, mailboxSpec } from "./fixtures/example-specs.ts";
import { enabled, holds, initialStates, step, successors } from "./step.ts";

const initial = (instance: SpecInstance): State => {
  const [state] = initialStates(instance);
  if (state === undefined) throw new Error("no initial state");
  return state;
};
const calls = (instance: SpecInstance, state: State): string[] => enabled(instance, state).map((b) => callText(b.action, b.arguments));
const walk = (instance: SpecInstance, picks: readonly string[]): State =>
  picks.reduce((state, pick) => {
    const found = successors(instance, state).find((s) => callText(s.action, s.arguments) === pick);
    if (found === undefined) throw new Error(`${pick} is not among ${calls(instance, state).join("; ")}`);
    return found.state;
  }, initial(instance));

describe("successors", () => {
  it("come in the order of declaration, once for each choice of parameters", () => {
    const instance = instantiate(twoPhaseCommit, { constants: { resourceManagers: 2 } });
    expect(calls(instance, initial(instance))).toEqual([
      "TMAbort",
      "RMPrepare(rm1)",
      "RMPrepare(rm2)",
      "RMChooseToAbort(rm1)",
      "RMChooseToAbort(rm2)",
    ]);
    const aborted = walk(instance, ["TMAbort", "RMRcvAbortMsg(rm1)"]);
    // An RM may receive the abort again: a successor equal to its origin still counts.
    expect(calls(instance, aborted).filter((c) => c.startsWith("RMRcvAbortMsg"))).toHaveLength(2);
  });
  it("send, discard and remember messages with their pending counts", () => {
    const instance = instantiate(mailboxSpec, { constants: { nodes: 2 } });
    const offered = walk(instance, ["Offer(v1)"]);
    expect(valueText(offered["messages"])).toBe("{Offer(value=v1, dest=2, source=1) × 1}");
    expect(valueText(offered["purse"])).toBe("{v2}");
    expect(valueText(offered["offered"])).toBe("{v1: true}");
    const done = walk(instance, ["Offer(v1)", "Accept(2, Offer(value=v1, dest=2, source=1))", "ReceiveAck(1, Ack(dest=1, source=2))"]);
    expect(valueText(done["messages"])).toBe("{Ack(dest=1, source=2) × 0, Offer(value=v1, dest=2, source=1) × 0}");
    expect(valueText(done["nodes"])).toBe("{1: {value: null, history: <<>>, acks: {2}}, 2: {value: v1, history: <<v1>>, acks: {}}}");
  });
});

describe("step", () => {
  const instance = instantiate(twoPhaseCommit);
  it("gives the next state with patches", () => {
    const { state, patches } = step(instance, initial(instance), "RMPrepare", { rm: "rm2" });
    expect(valueText(state["rmState"])).toBe("{rm1: working, rm2: prepared, rm3: working}");
    expect(patches.map((p) => p.path.join("."))).toEqual(["rmState.rm2", "msgs"]);
  });
  it.each([
    ["Prepare", {}, /has no action Prepare; it has TMCommit/],
    ["RMPrepare", {}, /needs the argument rm/],
    ["RMPrepare", { rm: "rm1", x: 1 }, /has no parameter x/],
    ["RMPrepare", { rm: "rm9" }, /rm = rm9 is not in its domain, \{rm1, rm2, rm3\}/],
    ["TMCommit", {}, /TMCommit is not enabled: conjunct 2 of its guard is false: now\.tmPrepared\.size === constants/],
  ])("refuses %s %o", (action, args, message) => {
    expect(() => step(instance, initial(instance), action, args)).toThrow(message);
  });
});

describe("what specs get wrong", () => {
  type Body = Parameters<typeof faultySpec>[0];
  const ping = { type: "Ping", dest: 1 } as const;
  let calledBefore = false;
  const alternating = (): boolean => (calledBefore = !calledBefore);
  const cases: readonly (readonly [string, Body, RegExp])[] = [
    [
      "a throwing effect",
      {
        then: () => {
          throw new RangeError("no such replica");
        },
      },
      /^action Step\(1\) threw: no such replica$/,
    ],
    [
      "a guard without a result",
      { when: (() => undefined) as never, then: () => undefined },
      /the guard of action Step gives undefined, expected true or false/,
    ],
    ["a write to now", { then: ({ now }) => void ((now as { n: number }).n = 1) }, /action Step\(1\) writes to now/],
    ["a deep write to now", { then: ({ now }) => void ((now.box.inner as { x: number }).x = 1) }, /action Step\(1\) writes to now/],
    ["a push to now", { then: ({ now }) => void (now.list as number[]).push(1) }, /action Step\(1\) writes to now/],
    [
      "an integer out of range",
      { then: ({ next, k }) => void (next.n = 3 + k) },
      /action Step\(1\): TypeOK: n is 4, expected an integer from 0 to 3/,
    ],
    ["a deep type error", { then: ({ next }) => void (next.box.inner.x = 1.5) }, /TypeOK: box\.inner\.x is 1\.5/],
    ["a wrong element", { then: ({ next }) => next.members.add(9) }, /TypeOK: members\{…\} is 9/],
    [
      "an unknown variable",
      { then: ({ next }) => void Object.assign(next, { m: 1 }) },
      /writes m, which is neither a variable nor a field/,
    ],
    [
      "a list assigned to a set",
      { then: ({ next }) => void Object.assign(next, { members: [] }) },
      /TypeOK: members is \[\], expected a set/,
    ],
    [
      "discarding what was never sent",
      { then: ({ next }) => next.mail.discard(ping) },
      /mail\.discard: \{dest:1,type:Ping\} was never sent/,
    ],
    [
      "discarding twice",
      {
        then: ({ next }) => {
          next.mail.send(ping);
          next.mail.discard(ping);
          next.mail.discard(ping);
        },
      },
      /\{dest:1,type:Ping\} has no delivery pending/,
    ],
    ["removing what is not there", { then: ({ next }) => next.pile.remove(3) }, /pile\.remove: 3 is not in the bag/],
  ];
  it.each(cases)("%s", (_, body, message) => {
    const instance = instantiate(faultySpec(body));
    expect(() => successors(instance, initial(instance))).toThrow(SpecError);
    expect(() => successors(instance, initial(instance))).toThrow(message);
  });
  it("an impure effect, when asked to look", () => {
    let calls = 0;
    const instance = instantiate(faultySpec({ then: ({ next }) => void (next.n = calls++ % 2) }));
    expect(() => successors(instance, initial(instance), { checkPure: true })).toThrow(/Step\(1\) is impure/);
  });
  it("an impure guard, when asked to look", () => {
    const instance = instantiate(faultySpec({ when: [({ k }) => k === 1, alternating], then: () => undefined }));
    expect(() => successors(instance, initial(instance), { checkPure: true })).toThrow(
      /a guard or a domain is impure: evaluated twice in one state it allows Step\(1\), then nothing/,
    );
  });
  it("pure actions pass the check", () => {
    const instance = instantiate(mailboxSpec);
    expect(successors(instance, initial(instance), { checkPure: true })).toEqual(successors(instance, initial(instance)));
  });
  it("a predicate that throws", () => {
    const instance = instantiate(
      faultySpec({ then: () => undefined }, { Bad: ({ now }) => (now.list[0] as unknown as { x: number }).x === 1 }),
    );
    const [bad] = instance.invariants;
    if (bad === undefined) throw new Error("no invariant");
    expect(() => holds(instance, bad, initial(instance))).toThrow(/the predicate Bad threw/);
  });
});

describe("collections in next", () => {
  it("can be read after they were written, and assigned from themselves", () => {
    const instance = instantiate(
      faultySpec({
        when: ({ k }) => k === 1,
        then: ({ next }) => {
          next.members.add(1);
          next.members.assign([...next.members, 2, 3]);
          next.members.delete(3);
          next.pile.add(1);
          next.n = next.members.size + next.pile.copies(1) - 2;
          next.mail.sendAsReceived({ type: "Ping", dest: 1 });
          next.mail.sendAsReceived({ type: "Ping", dest: 2 });
          next.mail.forget({ type: "Ping", dest: 1 });
        },
      }),
    );
    const [after] = successors(instance, initial(instance));
    expect(valueText(after?.state)).toBe(
      "{n: 2, list: <<>>, members: {1, 2}, pile: {1 × 2}, box: {inner: {x: 0}}, mail: {Ping(dest=2) × 0}}",
    );
  });
});
