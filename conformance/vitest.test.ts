/** The matcher as a project has it: `import "lockstep/vitest"`. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { viewstampedReplication } from "../specs/viewstamped-replication/spec.ts";
import { HarnessError } from "./driver.ts";
import { fixedDesign, SpecDriver } from "./spec-driver.ts";
import "./vitest.ts";

const lazy2 = readFileSync("counterexamples/lazy-2.itf.json", "utf8");
const conformance = {
  spec: viewstampedReplication,
  constants: { replicas: 2, values: 1, startViewOnTimerLimit: 1 },
  tour: { probes: false },
};
const fixed = (): SpecDriver => new SpecDriver(viewstampedReplication, fixedDesign(viewstampedReplication));
/** Has whatever design it is started with. */
const pliable = (): SpecDriver => new SpecDriver(viewstampedReplication);

describe("toConform", () => {
  it("passes an engine that refuses the counterexamples, and closes every driver", async () => {
    let open = 0;
    class Counted extends SpecDriver {
      override close(): void {
        open--;
        super.close();
      }
    }
    const counted = (): SpecDriver => {
      open++;
      return new Counted(viewstampedReplication, fixedDesign(viewstampedReplication));
    };
    await expect(counted).toConform({ ...conformance, traces: [lazy2] });
    expect(open).toBe(0);
  });
  it("fails one that reproduces one of them, which passes the tour", async () => {
    await expect(pliable).toConform(conformance);
    await expect(expect(pliable).toConform({ ...conformance, traces: [lazy2] })).rejects.toThrow(
      "expected the engine to refuse the counterexample. Reproduced: the engine's 25 states are the spec's, and the last one violates AcknowledgedWriteNotLost.",
    );
    await expect(pliable).not.toConform({ ...conformance, traces: [lazy2] });
  });
  it("fails in any case when the harness does, since nothing is known then", async () => {
    class Broken extends SpecDriver {
      override step(): never {
        throw new HarnessError("the cable is out");
      }
    }
    const broken = (): SpecDriver => new Broken(viewstampedReplication);
    for (const traces of [[], [lazy2]]) {
      await expect(expect(broken).toConform({ ...conformance, traces })).rejects.toThrow("the cable is out");
      await expect(expect(broken).not.toConform({ ...conformance, traces })).rejects.toThrow("the cable is out");
    }
  });
  it("refuses a trace that is not one of the spec", async () => {
    await expect(expect(fixed).toConform({ ...conformance, traces: ["{}"] })).rejects.toThrow("#meta: ");
  });
});
