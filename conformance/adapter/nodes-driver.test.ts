import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fromItf, readItf } from "../../explorer/report/index.ts";
import { instantiate } from "../../specs/language/index.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { replayOn } from "../replay.ts";
import { NodesDriver } from "./nodes-driver.ts";
import replicas from "./reference/vr-mapping.ts";

/** What nodes and mappings may do wrong, crashes and tours: nodes-driver.exhaustive.test.ts. */
it("three processes of the reference adapter with its defect reproduce the counterexample, state by state", async () => {
  const itf = readItf(readFileSync("counterexamples/lazy-2.itf.json", "utf8"));
  const instance = instantiate(viewstampedReplication, itf.meta);
  const driver = new NodesDriver(viewstampedReplication, "python3 conformance/adapter/reference/vr_node.py --defect", replicas);
  try {
    const { outcome, unobserved } = await replayOn(instance, fromItf(itf, instance), driver);
    expect(outcome).toEqual({ verdict: "reproduced", step: 25, action: "ReceiveSV", invariant: "AcknowledgedWriteNotLost" });
    expect(unobserved.paths).toEqual([]);
  } finally {
    await driver.close();
  }
});
