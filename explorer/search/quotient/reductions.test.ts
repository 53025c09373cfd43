import { describe, expect, it } from "vitest";
import { SpecError, bool, instantiate, int, map, mapOf, ordered, system } from "../../../specs/language/index.ts";
import type { Design, Spec } from "../../../specs/language/index.ts";
import { Replica } from "../../../specs/viewstamped-replication/messages.ts";
import type { Message } from "../../../specs/viewstamped-replication/messages.ts";
import { viewstampedReplication } from "../../../specs/viewstamped-replication/spec.ts";
import { vr } from "../../../specs/viewstamped-replication/state.ts";
import { expectAgreement, expectReplayable, runSearch } from "../fixtures/against-reference.ts";
import { courierSpec } from "../fixtures/courier-specs.ts";
import { resultOf } from "../search.ts";
import { Leader } from "../threads/leader.ts";
import type { CourierScope } from "../fixtures/courier-specs.ts";

type Body = (scope: CourierScope) => void;
const searchWith = (reductions: Readonly<Record<string, Body>>) =>
  runSearch(instantiate(courierSpec(reductions)), { allowDeadlock: true, continueAfterViolation: true });
const refusal = async (search: Promise<unknown>): Promise<string> => {
  const error: unknown = await search.then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(SpecError);
  return error instanceof Error ? error.message : "";
};

/** Once answered, a head is never asked for again. */
const answeredHeads: Body = ({ now, next, p }) => {
  for (const [m, pending] of now.mail.to(p).entries()) if (m.type !== "Head" && pending === 0) next.mail.forget(m);
};
const deadSpare: Body = ({ next, p }) => {
  next.process[p].spare = 0;
};

describe("right reductions", () => {
  it("give the verdict, the lengths and the witnesses of the search without them, in fewer states", async () => {
    const instance = instantiate(courierSpec({ answeredHeads, deadSpare }));
    const plain = await expectAgreement(instance, { allowDeadlock: true });
    const reduced = await expectAgreement(instance, { allowDeadlock: true, reductions: true });
    expect(reduced).toMatchObject({ reductions: true });
    expect(reduced.distinct).toBeLessThanOrEqual(plain.distinct);
    expect(reduced.witnesses).toEqual(plain.witnesses);
    await expectAgreement(instance, { allowDeadlock: true, reductions: true, memoise: false });
  });
  const designs: readonly Design[] = [
    {},
    { viewUpdate: "eager", startViewGuard: "monotonic", truncate: true, transferStatus: false },
    { viewUpdate: "eager", transferStatus: false },
    { newStateGuard: "any", transferStatus: false },
  ];
  it.each(designs)("pass for viewstamped replication with the design %j", async (design) => {
    const instance = instantiate(viewstampedReplication, { constants: { values: 0, startViewOnTimerLimit: 1 }, design });
    await expectAgreement(instance, { allowDeadlock: true, reductions: true });
  });
});

describe("what a reduction's check runs ahead", () => {
  const P = ordered("P", () => [1, 2]);
  const sys = system({
    name: "ahead",
    constants: {},
    variables: { busy: map(P, bool), scratch: map(P, int(0, 1)), n: int(0, 9), ended: int(0, 1) },
  });
  /** Once a process has ended, `Late` is at fault; its scratch value is still there, so that this state is reduced and checked. */
  const lateFault = (late: "throws" | "is ill-typed" | "throws before it is reduced"): Spec =>
    sys.spec({
      init: () => [{ busy: mapOf([1, 2], () => false), scratch: mapOf([1, 2], () => 0), n: 0, ended: 0 }],
      actions: {
        Begin: sys.action(
          { p: P },
          {
            when: ({ now, p }) => !now.busy[p],
            then: ({ next, p }) => {
              next.busy[p] = true;
              next.scratch[p] = 1;
            },
          },
        ),
        End: sys.action(
          { p: P },
          {
            when: ({ now, p }) => now.busy[p],
            then: ({ next, p }) => {
              next.busy[p] = false;
              next.ended = 1;
            },
          },
        ),
        Late: sys.action(
          { p: P },
          {
            when: ({ now, p }) => now.ended === 1 && !now.busy[p],
            then: ({ now, next, p }) => {
              if (late === "throws" || (late === "throws before it is reduced" && now.scratch[p] === 1)) throw new Error("too late");
              if (late === "is ill-typed") next.n = 10;
            },
          },
        ),
      },
      invariants: { NoneEnded: ({ now }) => now.ended === 0 },
      reductions: {
        Blank: sys.reduction({ p: P }, ({ now, next, p }) => {
          if (!now.busy[p]) next.scratch[p] = 0;
        }),
      },
    });
  it.each(["throws", "is ill-typed"] as const)("hides no violation in as many states when it %s", async (late) => {
    for (const reductions of [true, false])
      for (const memoise of [true, false]) {
        const { violation } = await runSearch(instantiate(lateFault(late)), { reductions }, memoise);
        expect(violation).toMatchObject({ property: "NoneEnded", length: 3 });
      }
  });
  it("is a fault of the reduction where only one of the two fails", async () => {
    const search = runSearch(instantiate(lateFault("throws before it is reduced")), { invariants: [] });
    expect(await refusal(search)).toMatch(/a declared reduction is wrong \(Blank, of 1\): .* fails there or in its normal form only/);
  });
});

describe("a wrong reduction is refused", () => {
  const wrong: Readonly<Record<string, Body>> = {
    "that drops a message which is still needed": ({ now, next, p }) => {
      for (const m of now.mail.to(p).pending("Body")) next.mail.forget(m);
    },
    "that drops a message until another one comes": ({ now, next, p }) => {
      const { length } = now.mail.to(p).pending("Body");
      if (length === 0) for (const m of now.mail.to(p).pending("Head")) next.mail.forget(m);
    },
    "that drops an answer": ({ now, next, p }) => {
      for (const m of now.mail.to(p).pending("Answer")) next.mail.forget(m);
    },
    "that makes a message up": ({ now, next, p }) => {
      if (p === 2 && now.process[p].sent === 2 && now.mail.to(p).entries().length === 0) next.mail.send({ type: "Answer", to: 2, from: 3 });
    },
    "that changes a variable which a guard reads": ({ now, next, p }) => {
      if (now.process[p].sent === 2) next.process[p].sent = 1;
    },
    "that changes a variable which a witness reads": ({ next, p }) => {
      next.process[p].noted = false;
    },
    "that looks at another process": ({ now, next, p }) => {
      if (now.process[1].sent === 2) next.process[p].spare = 0;
    },
    "that looks at a shared variable": ({ now, next, p }) => {
      if (now.answers === 2) next.process[p].spare = 0;
    },
    "that changes another process": ({ next }) => {
      next.process[1].spare = 0;
    },
    "that never comes to rest": ({ now, next, p }) => {
      if (now.process[p].sent > 0) next.process[p].spare = now.process[p].spare === 3 ? 1 : 3;
    },
    "that leaves the types": ({ next, p }) => {
      next.process[p].spare = 4;
    },
    "that throws": ({ now, p }) => {
      if (now.process[p].sent === 1) throw new Error("no such case");
    },
    "that writes to now": ({ now }) => {
      (now as { answers: number }).answers = 0;
    },
  };
  it.each(Object.entries(wrong))("%s", async (_, body) => {
    expect(await refusal(searchWith({ Suspect: body }))).toMatch(/Suspect/);
  });
  it("that is not pure", async () => {
    let calls = 0;
    const body: Body = ({ now, next, p }) => {
      if (++calls % 2 === 0 && now.process[p].sent > 0) next.process[p].spare = 0;
      else if (now.process[p].answered > 0) next.process[p].spare = 1;
    };
    expect(await refusal(searchWith({ Suspect: body }))).toMatch(/Suspect/);
  });
});

describe("a wrong reduction of viewstamped replication is refused", () => {
  const dropping = (drop: (m: Message, pending: number, status: string) => boolean): Spec => ({
    ...viewstampedReplication,
    reductions: {
      Suspect: vr.reduction({ r: Replica }, ({ now, next, r }) => {
        for (const [m, pending] of now.messages.to(r).entries()) if (drop(m, pending, now.replicas[r].status)) next.messages.forget(m);
      }),
    },
  });
  const wrong: Readonly<Record<string, (m: Message, pending: number, status: string) => boolean>> = {
    "a pending StartView": (m, pending) => m.type === "StartView" && pending > 0,
    "a delivered StartViewChange": (m, pending) => m.type === "StartViewChange" && pending === 0,
    "a delivered DoViewChange": (m, pending) => m.type === "DoViewChange" && pending === 0,
    "a PrepareOk": (m) => m.type === "PrepareOk",
    "a Prepare during a view change": (m, _, status) => m.type === "Prepare" && status === "ViewChange",
    "any message that has been delivered": (_, pending) => pending === 0,
  };
  it.each(Object.entries(wrong))("%s", async (_, drop) => {
    const instance = instantiate(dropping(drop), { constants: { values: 1, startViewOnTimerLimit: 1 } });
    // Found long before the end, which is far away.
    expect(await refusal(runSearch(instance, { allowDeadlock: true, maxStates: 20_000 }))).toMatch(/Suspect/);
  });
  it("but not one that drops what is dead", async () => {
    const instance = instantiate(
      dropping((m, pending) => m.type === "StartView" && pending === 0),
      { constants: { values: 1, startViewOnTimerLimit: 1 } },
    );
    expect(await runSearch(instance, { allowDeadlock: true, maxStates: 3_000 })).toMatchObject({ violation: undefined });
  });
});

it("a search that must forget its successor lists gives the same result", async () => {
  const instance = instantiate(viewstampedReplication, { constants: { values: 2, startViewOnTimerLimit: 1 } });
  const leader = new Leader(instance, { allowDeadlock: true }, undefined, true);
  leader.prepare();
  leader.thread.lists.maxUsed = 100;
  expect(await leader.run(resultOf)).toMatchObject({ verdict: "holds", generated: 12_599, distinct: 4_258, depth: 21 });
});

it.each([0, 1, 2])("a search that stops remembering the lists of group %i gives the same result", async (group) => {
  const instance = instantiate(viewstampedReplication, { constants: { values: 2, startViewOnTimerLimit: 1 } });
  const leader = new Leader(instance, { allowDeadlock: true }, undefined, true);
  leader.prepare();
  const { lists } = leader.thread;
  const stopped = lists.groups[group];
  expect(stopped).toBeDefined();
  if (stopped !== undefined) lists.stopRemembering(stopped);
  expect(await leader.run(resultOf)).toMatchObject({ verdict: "holds", generated: 12_599, distinct: 4_258, depth: 21 });
});

describe("the parameters of a reduction", () => {
  const declared = (reduction: Spec["reductions"][string]) =>
    runSearch(
      instantiate(
        { ...viewstampedReplication, reductions: { Suspect: reduction } },
        { constants: { values: 1, startViewOnTimerLimit: 0 } },
      ),
      {
        allowDeadlock: true,
      },
    );
  it("may be more than the process: each choice is a rule of its own", async () => {
    const types: Message["type"][] = [];
    const reduction = vr.reduction({ r: Replica, type: ["StartView", "NewState"] }, ({ now, next, r, type }) => {
      types.push(type);
      for (const m of now.messages.to(r).delivered(type)) next.messages.forget(m);
    });
    await declared(reduction);
    expect(new Set(types)).toEqual(new Set(["StartView", "NewState"]));
  });
  it("start with the process", async () => {
    await expect(declared(vr.reduction({ type: ["StartView"] }, () => undefined))).rejects.toThrow(
      "reduction Suspect: its first parameter must be a value set that indexes variables",
    );
    await expect(declared(vr.reduction({}, () => undefined))).rejects.toThrow("first parameter");
  });
  it("do not depend on the state", async () => {
    const views = vr.domain({ r: Replica }, ({ now, r }) => [now.replicas[r].viewNumber]);
    await expect(declared(vr.reduction({ r: Replica, view: views }, () => undefined))).rejects.toThrow(
      "reduction Suspect, parameter view: its domain must not depend on the state",
    );
  });
});

it("traces of a reduced search are behaviours of the spec", async () => {
  const design = { viewUpdate: "eager", startViewGuard: "monotonic", truncate: true, transferStatus: false } as const;
  const instance = instantiate(viewstampedReplication, { constants: { values: 2, startViewOnTimerLimit: 1 }, design });
  const result = await runSearch(instance, { allowDeadlock: true });
  expect(result.violation).toMatchObject({ property: "AcknowledgedWritesExistOnMajority", length: 15 });
  expectReplayable(instance, result);
});

describe("a reduction of a process whose variables others read, too", () => {
  const A = ordered("A", [1, 2]);
  const s = system({ name: "blank", variables: { inUse: map(A, bool), scratch: map(A, int(0, 1)) } });
  const parts = { init: () => ({ inUse: mapOf([1, 2], () => false), scratch: mapOf([1, 2], () => 0) }) };
  const Blank = s.reduction({ p: A }, ({ now, next, p }) => {
    if (!now.inUse[p]) next.scratch[p] = 0;
  });
  const inPlace = s.action({ p: A, q: [0, 1] }, {
    when: ({ now, p }) => !now.inUse[p],
    then: ({ next, p, q }) => { next.inUse[p] = true; next.scratch[p] = q; },
  }); // prettier-ignore
  const asWhole = s.action({ p: A, q: [0, 1] }, {
    when: ({ now, p }) => !now.inUse[p],
    then: ({ next, p, q }) => { next.inUse[p] = true; next.scratch = { ...next.scratch, [p]: q }; },
  }); // prettier-ignore
  const End = s.action(
    { p: A },
    { when: ({ now, p }) => now.inUse[p] && now.scratch[p] === 1, then: ({ next, p }) => void (next.inUse[p] = false) },
  );
  it.each([{ how: "in place", Begin: inPlace }, { how: "as a whole", Begin: asWhole }])("written $how", async ({ Begin }) => {
    const once = await runSearch(instantiate(s.spec({ ...parts, actions: { Begin }, reductions: { Blank } })), { allowDeadlock: true });
    expect(once).toMatchObject({ verdict: "holds", distinct: 9, levels: [1, 4, 4] });
    // What a process does next may depend on it, where it is in use.
    const again = await runSearch(instantiate(s.spec({ ...parts, actions: { Begin, End }, reductions: { Blank } })));
    expect(again).toMatchObject({ verdict: "violated", violation: { kind: "deadlock", length: 3 }, distinct: 9 });
  }); // prettier-ignore
});
