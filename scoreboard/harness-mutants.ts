/**
 * The harness with one thing wrong, each of which it must notice: comparison, abstraction, refusals, logs.
 */
import { replay as judge } from "../explorer/interpret/index.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import { viewstampedReplication } from "../specs/viewstamped-replication/spec.ts";
import type { Trace } from "../explorer/trace.ts";
import type { Driver, Observation, StepResult } from "../conformance/driver.ts";
import { replayOn } from "../conformance/replay.ts";
import { SpecDriver, fixedDesign } from "../conformance/spec-driver.ts";
import { tourOn } from "../conformance/tour.ts";
import { logFromBehaviour } from "../bindings/viewstamped-replication/journal/log-from-behaviour.ts";
import { validate } from "../conformance/validate/validate.ts";
import { replicationMapping } from "../bindings/viewstamped-replication/journal/replication-mapping.ts";

export interface HarnessMutant {
  readonly name: string;
  /** Does the harness notice? */
  caught(): Promise<boolean>;
}

const spec = viewstampedReplication;
const constants = { values: 1, startViewOnTimerLimit: 1 };
const small = () => instantiate(spec, { constants, design: fixedDesign(spec) });
const tourOf = async (driver: Driver): Promise<string> => {
  const report = await tourOn(small(), driver, { model: "viewstamped-replication", maxStates: 100, maxSteps: 4_000, seed: 1 });
  await driver.close();
  return report.outcome.verdict;
};

/** Reads its own first state for ever. */
class Stuck extends SpecDriver {
  private first: Observation | undefined;
  override observe(): Observation {
    return (this.first ??= super.observe());
  }
}
/** Does nothing, and says that all went well. */
class Idle extends SpecDriver {
  override step(): StepResult {
    return { kind: "ok" };
  }
}
/** Takes a refusal for a success. */
class Obliging extends SpecDriver {
  override step(...of: Parameters<SpecDriver["step"]>): StepResult {
    super.step(...of);
    return { kind: "ok" };
  }
}

const ofDrivers = (trace: Trace): readonly HarnessMutant[] => {
  const instance = instantiate(spec, { constants: trace.constants, design: trace.design });
  const replayOf = async (driver: Driver, compare?: () => undefined): Promise<string> =>
    (await replayOn(instance, trace, driver, compare === undefined ? {} : { compare })).outcome.verdict;
  return [
    {
      name: "a comparison that finds all states equal",
      caught: async () => (await replayOf(new Idle(spec), () => undefined)) === "harnessError",
    },
    { name: "an engine that does nothing", caught: async () => (await replayOf(new Idle(spec))) === "refusedEffect" },
    { name: "an abstraction that repeats one state", caught: async () => (await replayOf(new Stuck(spec))) === "refusedEffect" },
    { name: "a driver that hides refusals", caught: async () => (await tourOf(new Obliging(spec, fixedDesign(spec)))) === "accepted" },
    {
      name: "a trace with a step left out",
      caught: () => {
        const steps = trace.steps.filter((_, i) => i !== 5);
        return Promise.resolve(!judge(instance, { ...trace, steps }).ok);
      },
    },
  ];
};

const ofLogs = (): readonly HarnessMutant[] => {
  const log = logFromBehaviour({ events: 60, timers: 3, values: 8, seed: 1 });
  const isRejected = (events: typeof log): Promise<boolean> => Promise.resolve(validate(events, replicationMapping).verdict === "rejected");
  return [
    { name: "an empty log", caught: () => isRejected([]) },
    { name: "a log of which one node is missing", caught: () => isRejected(log.filter((e) => e.node !== "r2")) },
    {
      name: "a log whose last event lies about its state",
      caught: () => isRejected(log.map((e, i) => (i === log.length - 1 ? { ...e, post: { ...e.post, opNumber: 99 } } : e))),
    },
  ];
};

export const harnessMutants = (trace: Trace): readonly HarnessMutant[] => [...ofDrivers(trace), ...ofLogs()];
