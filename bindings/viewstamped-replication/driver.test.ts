import { afterEach, describe, expect, it } from "vitest";
import { initialStates } from "../../explorer/interpret/index.ts";
import { instanceOf } from "../../cli/subject.ts";
import { findModel } from "../../models/index.ts";
import { tourCell } from "../../scoreboard/matrix-cells.ts";
import { tourOn } from "../../conformance/tour.ts";
import { ReplicationDriver } from "./driver.ts";
import { production } from "./controlled-cluster.ts";
import { buildWith } from "../defects/viewstamped-replication/designs.ts";

const model = "viewstamped-replication";
const instance = instanceOf(findModel(model), { values: 2, startViewOnTimerLimit: 1, noProgressChangeLimit: 1 });
const driver = new ReplicationDriver("production");
afterEach(() => driver.close());

const start = (): Promise<void> => {
  const { constants, design } = instance;
  return driver.init({ model, constants, design, seed: 1, initial: initialStates(instance)[0] ?? {} });
};
const prepare = (dest: number) => ({ type: "Prepare", viewNumber: 1, message: "v1", opNumber: 1, commitNumber: 0, dest, source: 1 });

describe("the driver of Viewstamped Replication", () => {
  it("names the engine's guard, and changes nothing by asking", async () => {
    await start();
    const before = driver.observe();
    expect(await driver.step("ReceiveClientRequest", { r: 2, v: "v1" })).toEqual({ kind: "refused", guard: "isNormalPrimary" });
    expect(await driver.step("TimerSendSVC", { r: 1 })).toEqual({ kind: "refused", guard: "isNotNormalPrimary" });
    expect(await driver.step("SendSV", { r: 1 })).toEqual({ kind: "refused", guard: "isChangingView" });
    expect(await driver.step("ReceivePrepareMsg", { r: 2, m: prepare(2) })).toEqual({
      kind: "refused",
      guard: "no such message is on its way",
    });
    expect(driver.observe()).toEqual(before);
  });
  it("keeps to the bounds of the model: values, timers, pauses", async () => {
    await start();
    expect(await driver.step("TimerSendSVC", { r: 2 })).toEqual({ kind: "ok" });
    expect(await driver.step("TimerSendSVC", { r: 3 })).toEqual({ kind: "refused", guard: "no timer fires any more" });
    expect(await driver.step("ReceiveClientRequest", { r: 1, v: "v1" })).toEqual({ kind: "ok" });
    expect(await driver.step("ReceiveClientRequest", { r: 1, v: "v1" })).toEqual({
      kind: "refused",
      guard: "the client has requested this value",
    });
    expect(await driver.step("NoProgressChange", { paused: [2] })).toEqual({ kind: "ok" });
    expect(await driver.step("ReceivePrepareMsg", { r: 2, m: prepare(2) })).toEqual({ kind: "refused", guard: "the replica is paused" });
    expect(await driver.step("NoProgressChange", { paused: [] })).toEqual({
      kind: "refused",
      guard: "the scheduler pauses no more replicas",
    });
  });
  it("tells a client of its value when the primary has executed it", async () => {
    await start();
    const acked = (): unknown => driver.observe().state["auxClientAcked"];
    await driver.step("ReceiveClientRequest", { r: 1, v: "v1" });
    expect(acked()).toEqual({ v1: false });
    expect(await driver.step("ReceivePrepareMsg", { r: 3, m: prepare(3) })).toEqual({ kind: "ok" });
    const answer = { type: "PrepareOk", viewNumber: 1, opNumber: 1, dest: 1, source: 3 };
    expect(await driver.step("ReceivePrepareOkMsg", { r: 1, m: answer })).toEqual({ kind: "ok" });
    expect(acked()).toEqual({ v1: false });
    expect(await driver.step("ExecuteOp", { r: 1 })).toEqual({ kind: "ok" });
    expect(acked()).toEqual({ v1: true });
  });
  it("gives no verdict on what it does not know", async () => {
    expect(() => driver.observe()).toThrow("the engine is not started");
    await start();
    await expect(driver.step("Reboot", { r: 1 })).rejects.toThrow("the engine has no action Reboot");
    await expect(driver.step("SendSV", { r: 4 })).rejects.toThrow("SendSV names no replica: 4");
  });
});

describe("tours", () => {
  it("production passes every step of normal operation with pauses", async () => {
    const pauses = await tourCell({ model, constants: { values: 1, startViewOnTimerLimit: 0, noProgressChangeLimit: 1 } });
    expect(pauses.outcome).toEqual({ verdict: "passed" });
    expect(pauses.coverage.kind).toBe("edges");
    expect(pauses.coverage.edges.covered).toBe(pauses.coverage.edges.total);
    expect(pauses.unobserved).toEqual({ paths: [], fields: 0 });
  });
  it("a replica that takes everything for a message of its view is found", async () => {
    const deaf = buildWith((table) => ({
      ...table,
      ReceivePrepareOkMsg: { ...table.ReceivePrepareOkMsg, guards: { isNormalPrimary: () => true } },
    }));
    const small = instanceOf(findModel(model), { values: 1, startViewOnTimerLimit: 1 });
    const { outcome } = await tourOn(small, new ReplicationDriver("deaf", deaf), { model, maxStates: 100, maxSteps: 2000 });
    expect(outcome).toMatchObject({ verdict: "accepted", action: "ReceivePrepareOkMsg" });
  });
  it("the engine without the patches is production", async () => {
    const small = instanceOf(findModel(model), { values: 1, startViewOnTimerLimit: 0 });
    for (const build of [production, buildWith()]) {
      const { outcome } = await tourOn(small, new ReplicationDriver("unpatched", build), { model });
      expect(outcome).toEqual({ verdict: "passed" });
    }
  });
});
