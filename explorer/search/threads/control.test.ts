import { describe, expect, it } from "vitest";
import { Control } from "./control.ts";
import { reserveControl } from "./control-memory.ts";

const control = (threads = 1): Control =>
  new Control(reserveControl({ threads, actions: 300, predicates: 200, properties: 100 }, threads > 1));

describe("the control of a search", () => {
  it("hands out a level in portions, each state once", () => {
    const c = control();
    c.open(10, 1_000);
    const taken: number[] = [];
    for (let portion = c.take(); portion !== undefined; portion = c.take()) for (let id = portion[0]; id < portion[1]; id++) taken.push(id);
    expect(taken).toEqual(Array.from({ length: 990 }, (_, i) => i + 10));
    expect(c.cursor).toBe(1_000);
    expect(c.take()).toBeUndefined();
  });
  it("pauses, and goes on where it paused", () => {
    const c = control();
    c.open(0, 1_000);
    const first = c.take();
    c.pause();
    expect(c.paused).toBe(true);
    expect(c.take()).toBeUndefined();
    c.open(undefined, 1_000);
    expect(c.paused).toBe(false);
    expect(c.take()?.[0]).toBe(first?.[1]);
  });
  it("invites the followers that are ready, and waits for those", () => {
    const c = control(3);
    expect(c.invite()).toBe(0);
    c.ready(1);
    expect(c.invite()).toBe(1);
    expect(c.awaitOrder(1)).toBe("work");
    expect(c.isQuiet(0)).toBe(false);
    c.ready(2); // one that begins later is no reason to wait
    expect(c.isQuiet(0)).toBe(false);
    c.rest(1);
    expect(c.isQuiet(0)).toBe(true);
    expect(c.invite()).toBe(2);
    c.rest(1);
    expect(c.isQuiet(0)).toBe(false);
    c.lost(2); // one that is no more is none either
    expect(c.isQuiet(0)).toBe(true);
    c.stop();
    expect([c.stopped, c.awaitOrder(1), c.awaitOrder(2)]).toEqual([true, "stop", "stop"]);
    c.rest(1);
    expect(c.awaitOrder(1)).toBe("stop");
  });
  it("lets all who keep still rebuild a table, while the level waits where it is", () => {
    const c = control(2);
    c.open(0, 1_000);
    expect(c.take()).toEqual([0, 128]);
    c.ready(1);
    c.rebuild(3, 1, 200);
    expect([c.awaitOrder(1), c.rebuilding]).toEqual(["help", 3]);
    expect([c.takeRebuild(), c.takeRebuild(), c.takeRebuild()]).toEqual([[1, 129], [129, 200], undefined]);
    expect(c.isQuiet(0)).toBe(false);
    c.rest(1);
    expect(c.isQuiet(0)).toBe(true);
    expect(c.take()).toEqual([128, 256]);
  });
  it("keeps the least id of what is found", () => {
    const c = control();
    expect([c.violation(3), c.deadlock]).toEqual([undefined, undefined]);
    for (const id of [9, 4, 7]) c.foundViolation(3, id);
    for (const id of [5, 0]) c.foundDeadlock(id);
    expect([c.violation(3), c.violation(2), c.deadlock]).toEqual([4, undefined, 0]);
    c.foundWitness(5);
    expect([c.witnessed(5), c.witnessed(4)]).toEqual([true, false]);
  });
  it("keeps the first bad step of each property", () => {
    const c = control();
    expect(c.badSteps(2)).toEqual([]);
    c.foundBadStep({ kind: "action-property", predicate: 1, from: 8, successor: Uint32Array.of(1, 2) });
    c.foundBadStep({ kind: "action-property", predicate: 1, from: 9, successor: Uint32Array.of(3, 4) });
    c.foundBadStep({ kind: "invariant", predicate: 1, from: -1, successor: Uint32Array.of(5, 6) });
    expect(c.badSteps(2)).toEqual([
      { kind: "invariant", predicate: 1, from: -1, successor: Uint32Array.of(5, 6) },
      { kind: "action-property", predicate: 1, from: 8, successor: Uint32Array.of(1, 2) },
    ]);
  });
  it("keeps a failure, however long its text", () => {
    const c = control();
    expect(c.failure).toBeUndefined();
    c.fail("spec", `é${"x".repeat(10_000)}`);
    expect(c.failure?.kind).toBe("spec");
    expect(c.failure?.text.startsWith("éxxx")).toBe(true);
    c.fail("other", "what follows from the first");
    expect(c.failure?.kind).toBe("spec");
    expect(c.paused).toBe(true);
  });
});
