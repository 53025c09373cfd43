import { afterEach, describe, expect, it } from "vitest";
import { instantiate } from "../../specs/language/index.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { tourOn } from "../tour.ts";
import { AdapterDriver } from "./adapter-driver.ts";

const reference = "python3 conformance/adapter/reference/vr_replica.py";
const drivers: AdapterDriver[] = [];
const driverOf = (command: string): AdapterDriver => {
  const driver = new AdapterDriver(viewstampedReplication, command);
  drivers.push(driver);
  return driver;
};
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((d) => d.close()));
});

describe("the reference adapter", () => {
  it("passes a tour without its defect, and diverges with it", async () => {
    const instance = instantiate(viewstampedReplication, { constants: { values: 2, startViewOnTimerLimit: 1 } });
    const options = { model: "viewstamped-replication", maxStates: 10, maxSteps: 400, probes: false };
    const sound = await tourOn(instance, driverOf(reference), options);
    expect(sound.outcome).toEqual({ verdict: "passed" });
    expect(sound.coverage.actions).toMatchObject({ SendGetState: 1 });
    const { outcome } = await tourOn(instance, driverOf(`${reference} --defect`), options);
    expect(outcome).toMatchObject({ verdict: "refusedEffect", action: "SendGetState", path: "replicas[3].status" });
  });
  it("passes all steps of a model with two replicas", async () => {
    const instance = instantiate(viewstampedReplication, { constants: { replicas: 2, values: 2, startViewOnTimerLimit: 2 } });
    const { outcome, coverage } = await tourOn(instance, driverOf(reference), { model: "viewstamped-replication", probes: false });
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.edges.total).toBeGreaterThan(1000);
    expect(coverage.edges.covered).toBe(coverage.edges.total);
  });
});
