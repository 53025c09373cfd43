/**
 * Every variable that the drivers observe is compared: an observation in which one of them stands still does not pass a
 * behaviour that changes it.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { changesOf } from "../../explorer/changes.ts";
import { fromItf, readItf } from "../../explorer/report/index.ts";
import type { Trace } from "../../explorer/trace.ts";
import { findModel } from "../../models/index.ts";
import { instantiate } from "../../specs/language/index.ts";
import type { SpecInstance } from "../../specs/language/instantiate.ts";
import { batchStoreDefects } from "../defects/batch-store/index.ts";
import type { Arguments, Awaitable, Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { replayOn } from "../../conformance/replay.ts";
import { driverOf } from "./engine.ts";
import { matrix } from "./matrix.ts";

/** An abstraction that sees one variable as it was in the beginning. */
class Frozen implements Driver {
  readonly name = "frozen";
  private initial: unknown;

  constructor(
    private readonly driver: Driver,
    private readonly variable: string,
  ) {}

  async init(setup: Setup): Promise<void> {
    await this.driver.init(setup);
    this.initial = (await this.driver.observe()).state[this.variable];
  }
  step(action: string, args: Arguments): Awaitable<StepResult> {
    return this.driver.step(action, args);
  }
  async observe(): Promise<Observation> {
    const { state, unobserved } = await this.driver.observe();
    return { state: { ...state, [this.variable]: this.initial }, unobserved };
  }
  close(): Awaitable<void> {
    return this.driver.close();
  }
}

interface Case {
  readonly spec: string;
  readonly variable: string;
  readonly counterexample: string;
  readonly run: () => Promise<unknown>;
}

const changed = ({ steps }: Trace): readonly string[] =>
  steps.flatMap((step, i) => changesOf(steps[i - 1]?.state ?? step.state, step.state).map((c) => c.path[0] ?? ""));

const cases = new Map<string, Case>();
const variables = new Map<string, Set<string>>();
for (const { counterexample, defect } of matrix) {
  const itf = readItf(readFileSync(`counterexamples/${counterexample}.itf.json`, "utf8"));
  const instance: SpecInstance = instantiate(findModel(itf.meta.model).spec, itf.meta);
  const trace = fromItf(itf, instance);
  variables.set(instance.name, new Set(Object.keys(trace.steps[0]?.state ?? {})));
  for (const variable of changed(trace)) {
    const key = `${instance.name} ${variable}`;
    if (cases.has(key)) continue;
    const frozen = new Frozen(driverOf(defect, batchStoreDefects[defect]?.patch ?? {}), variable);
    const run = async (): Promise<unknown> => (await replayOn(instance, trace, frozen)).outcome;
    cases.set(key, { spec: instance.name, variable, counterexample, run });
  }
}

describe("an abstraction in which one variable stands still", () => {
  it.each([...cases.values()])("$spec: $variable is missed in $counterexample", async ({ variable, run }) => {
    expect(await run()).toMatchObject({ verdict: "refusedEffect", path: expect.stringMatching(`^${variable}([.[{]|$)`) as unknown });
  });

  it("leaves out no variable that a counterexample could show", () => {
    const missed = [...variables].flatMap(([spec, all]) => [...all].map((v) => `${spec} ${v}`)).filter((key) => !cases.has(key));
    // The one counterexample about batch ids needs no process crash.
    expect(missed).toEqual(["batch-store-batch-id processCrashesLeft"]);
  });
});
