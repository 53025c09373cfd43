import { expect, test } from "vitest";
import type { LogEvent, NodeLog } from "../../../conformance/validate/event.ts";
import { livesOf } from "./incarnations.ts";

const state = {
  status: "Normal",
  viewNumber: 1,
  lastNormalView: 1,
  opNumber: 0,
  sentDvc: false,
  sentSv: false,
  logStart: 1,
  logDigest: "",
};
const event = (inc: number, seq: number, act: string, post: Readonly<Record<string, unknown>>, send: readonly string[] = []): LogEvent => ({
  node: "r1",
  inc,
  seq,
  act,
  args: act === "Start" ? { incarnation: inc } : {},
  post,
  recv: [],
  send: [...send],
});
/** A peer that has heard of the message. */
const peer: NodeLog = {
  node: "r2",
  events: [
    { ...event(1, 1, "Start", state), node: "r2" },
    { ...event(1, 2, "ReceiveCommit", {}), node: "r2", recv: ["1:1:1"] },
  ],
};
/** The life of r1 before a crash, what the next start found, and why that cannot be. */
const faultOf = (life: readonly LogEvent[], found: Readonly<Record<string, unknown>>): string | undefined =>
  livesOf([{ node: "r1", events: [event(1, 1, "Start", state), ...life, event(2, 1, "Start", { ...state, ...found })] }, peer]).fault;

const request = event(1, 2, "ReceiveClientRequest", { opNumber: 1 });
const view = event(1, 2, "SendSV", { viewNumber: 4, sentSv: true });

test("others may have heard a heartbeat that came after an op that is lost", () => {
  expect(faultOf([request, event(1, 3, "SendCommit", {}, ["1:1:1"])], {})).toBeUndefined();
});
test("others may not have heard anything else that came after it", () => {
  expect(faultOf([request, event(1, 3, "RepeatPrepares", {}, ["1:1:1"])], {})).toContain("which others have heard of");
});
test("others may not have heard a heartbeat of a view that is lost", () => {
  expect(faultOf([view, event(1, 3, "SendCommit", {}, ["1:1:1"])], {})).toContain("at or after");
  expect(faultOf([view, event(1, 3, "SendCommit", {}, ["1:1:1"])], { viewNumber: 4, sentSv: true })).toBeUndefined();
});
