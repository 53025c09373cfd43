import { describe, expect, it } from "vitest";
import { assertLegal, outcomesOfAlterations, small } from "./fixtures/altered-logs.ts";
import { readEvents } from "../../../conformance/validate/event.ts";
import type { LogEvent } from "../../../conformance/validate/event.ts";
import { logFromBehaviour } from "./log-from-behaviour.ts";
import { validate, validationText } from "../../../conformance/validate/validate.ts";
import { replicationMapping } from "./replication-mapping.ts";

const log = logFromBehaviour({ ...small, seed: 1 });
const check = (events: readonly LogEvent[]) => validate(events, replicationMapping);

describe("validation", () => {
  it.each([1, 2, 3, 4, 5])("accepts the log of a behaviour, with a behaviour (seed %i)", (seed) => {
    const events = logFromBehaviour({ ...small, seed });
    expect(events.length).toBeGreaterThan(30);
    const result = check(events);
    if (result.verdict !== "accepted") throw new Error(validationText(result));
    assertLegal(result.behaviour, events);
  });
  it("does not care about the order of the lines", () => {
    const byNode = [...log].sort((a, b) => (a.node < b.node ? -1 : a.node > b.node ? 1 : b.seq - a.seq));
    expect(check(byNode).verdict).toBe("accepted");
  });
  it("rejects an empty log", () => {
    expect(check([])).toMatchObject({ verdict: "rejected", fault: "there are no events: an empty log shows nothing" });
  });
  it("rejects logs with gaps and repetitions before it searches", () => {
    expect(check(log.filter((_, i) => i !== 20))).toMatchObject({
      verdict: "rejected",
      fault: expect.stringMatching(/is missing$/) as string,
    });
    expect(check([...log, log[7] ?? log[0]].flatMap((e) => (e === undefined ? [] : [e])))).toMatchObject({
      verdict: "rejected",
      fault: expect.stringMatching(/comes twice$/) as string,
    });
  });
  it("says what the log says and what the spec, at the end of the longest prefix", () => {
    const at = log.findIndex((e) => e.act === "ExecuteOp");
    const altered = log.map((e, i) => (i === at ? { ...e, post: { ...e.post, commitNumber: 7 } } : e));
    const result = check(altered);
    if (result.verdict !== "rejected") throw new Error(result.verdict);
    expect(result.longestPrefix).toBeGreaterThanOrEqual(at);
    expect(validationText(result)).toMatch(/ExecuteOp\(\d\): replicas\.\d\.commitNumber is 7 in the log, 1 in the spec/);
  });
  it("names the first false guard", () => {
    const at = log.findIndex((e) => e.act === "ReceivePrepareMsg");
    const altered = log.map((e, i) => (i === at ? { ...e, act: "SendSV", args: {}, recv: [] } : e));
    expect(validationText(check(altered))).toMatch(/SendSV\(\d\): the guard is false: .*"ViewChange"/);
  });
  it("is inconclusive when a limit is hit", () => {
    expect(validate(log, replicationMapping, { maxSteps: 10 })).toMatchObject({
      verdict: "inconclusive",
      reason: "more than 10 steps tried",
    });
  });
  it("lets the last event before a crash be one that was never executed", () => {
    const doomed = log.filter((e) => e.node === "r2").length;
    const events = log.filter((e) => e.node !== "r2" || e.seq < doomed);
    const extra: LogEvent = { node: "r2", inc: 1, seq: doomed, act: "SendSV", args: {}, post: {}, recv: [], send: [] };
    const alone = events.filter((e) => e.recv.every((id) => events.some((o) => o.send.includes(id))));
    expect(validate([...alone, extra], replicationMapping).verdict).toBe("rejected");
    expect(validate([...alone, extra], replicationMapping, { cutOff: true })).toMatchObject({ verdict: "accepted", unexecuted: 1 });
  });
});

describe("altered logs", () => {
  it("are rejected, or accepted with a behaviour that the interpreter confirms", () => {
    const counts = outcomesOfAlterations(100, 42);
    expect(counts.inconclusive).toBe(0);
    expect(counts.rejected).toBeGreaterThan(50);
    expect(counts.accepted + counts.rejected).toBe(100);
  });
});

describe("the reader of logs", () => {
  const line = JSON.stringify(log[0]);
  it("reads what an engine writes", () => {
    expect(readEvents(`${line}\n\n${line}\n`, "a.log")).toEqual([log[0], log[0]]);
    expect(readEvents('{"node":"r1","inc":0,"seq":1,"act":"ExecuteOp"}', "a.log")).toMatchObject([
      { args: {}, post: {}, recv: [], send: [] },
    ]);
  });
  it("names the line that makes no sense", () => {
    expect(() => readEvents(`${line}\n{"node"`, "a.log")).toThrow("a.log:2: not JSON");
    expect(() => readEvents('{"node":"r1","inc":-1,"seq":1,"act":"X"}', "a.log")).toThrow(/a\.log:1: inc: /);
    expect(() => readEvents(`{"node":"r1","inc":0,"seq":1,"act":"X","more":1}`, "a.log")).toThrow(/a\.log:1: .*more/);
    expect(() => readEvents(`"${"x".repeat(1_000_001)}"`, "a.log")).toThrow("a.log:1: 1000003 characters, at most 1000000 are read");
    expect(() => check(log.map((e) => (e.node === "r1" ? { ...e, node: "a" } : e)))).toThrow("the node a is not one of r1 to r9");
  });
});
