import { describe, expect, it } from "vitest";
import { Control, reserveControl } from "./control.ts";

const control = (threads = 1): Control => new Control(reserveControl(threads));

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
    expect(c.awaitInvitation(1, 0)).toBe(2);
    expect(c.allRested(1, 0)).toBe(false);
    c.rest();
    expect(c.allRested(1, 0)).toBe(true);
    c.ready(2);
    expect(c.invite()).toBe(2);
    expect(c.allRested(1, 0)).toBe(false);
    c.stop();
    expect(c.stopped).toBe(true);
    expect(c.awaitInvitation(2, 3)).toBe(3);
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
    expect(c.paused).toBe(true);
  });
});
