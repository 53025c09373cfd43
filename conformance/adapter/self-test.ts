/**
 * Does an adapter keep the protocol? Each check starts it afresh. The checks need no more of the engine than that it can
 * do the first steps of a model.
 */
import { enabled, initialStates, stateText, canonicalState } from "../../explorer/interpret/index.ts";
import { messageOf } from "../../specs/language/errors.ts";
import type { SpecInstance } from "../../specs/language/instantiate.ts";
import type { Spec } from "../../specs/language/system.ts";
import { disabledBindings } from "../bindings.ts";
import { firstDifference } from "../comparison.ts";
import { HarnessError } from "../driver.ts";
import type { Setup } from "../driver.ts";
import { AdapterDriver } from "./adapter-driver.ts";
import type { AdapterLimits } from "./adapter-process.ts";

export interface SelfTestResult {
  readonly name: string;
  /** Undefined when the adapter passed. */
  readonly fault: string | undefined;
  /** The last lines that it wrote, if it failed. */
  readonly tail: readonly string[];
}

interface Subject {
  readonly driver: AdapterDriver;
  readonly instance: SpecInstance;
  readonly setup: Setup;
  readonly transcript: readonly string[];
}
type Check = (subject: Subject) => Promise<void>;

const refuse = (message: string): never => {
  throw new HarnessError(message);
};
const firstSteps = async ({ driver, instance, setup }: Subject): Promise<void> => {
  await driver.init(setup);
  const binding = enabled(instance, setup.initial)[0];
  if (binding !== undefined && (await driver.step(binding.action, binding.arguments)).kind !== "ok")
    refuse(`it refuses ${binding.action} in the initial state`);
  await driver.observe();
};
const sameInitialState = async ({ driver, instance, setup }: Subject): Promise<void> => {
  const observation = await driver.observe();
  const difference = firstDifference(setup.initial, observation);
  if (difference !== undefined)
    refuse(`its initial state differs: ${difference.path} is ${difference.observed}, ${difference.expected} in the spec`);
  if (observation.unobserved.length === 0) stateText(instance, canonicalState(instance, observation.state));
};

const checks: Readonly<Record<string, Check>> = {
  "says hello with its version and all actions, and starts": ({ driver, setup }) => driver.init(setup),
  "observes the initial state, every variable of it": async (subject) => {
    await subject.driver.init(subject.setup);
    await sameInitialState(subject);
  },
  "does a step that the spec allows": firstSteps,
  "refuses a step that the spec forbids, and stays as it is": async (subject) => {
    const { driver, instance, setup } = subject;
    await driver.init(setup);
    const forbidden = disabledBindings(instance, setup.initial)[0];
    if (forbidden === undefined) return;
    if ((await driver.step(forbidden.action, forbidden.arguments)).kind === "ok")
      refuse(`it does ${forbidden.action}, whose guard is false`);
    await sameInitialState(subject);
  },
  "starts afresh on a second init": async (subject) => {
    await firstSteps(subject);
    await subject.driver.init(subject.setup);
    await sameInitialState(subject);
  },
  "answers an unknown action with an error": async ({ driver, setup }) => {
    await driver.init(setup);
    try {
      await driver.step("NoSuchAction", {});
    } catch (error) {
      if (messageOf(error).includes("with the error")) return;
      throw error;
    }
    refuse("it answers an unknown action as if it knew it");
  },
};

/** Runs every check; never throws for what the adapter does. */
export const selfTest = async (
  spec: Spec,
  instance: SpecInstance,
  model: string,
  command: string,
  limits: Partial<AdapterLimits> = {},
): Promise<readonly SelfTestResult[]> => {
  const [initial] = initialStates(instance);
  const { constants, design } = instance;
  const setup: Setup = { model, constants, design, seed: 0, initial: initial ?? {} };
  const run = async (name: string, check: Check, transcript: string[]): Promise<SelfTestResult> => {
    const driver = new AdapterDriver(spec, command, limits, (line) => transcript.push(line));
    try {
      await check({ driver, instance, setup, transcript });
      return { name, fault: undefined, tail: [] };
    } catch (error) {
      return { name, fault: messageOf(error), tail: error instanceof HarnessError ? error.tail : [] };
    } finally {
      await driver.close();
    }
  };
  const results: SelfTestResult[] = [];
  for (const [name, check] of Object.entries(checks)) results.push(await run(name, check, []));
  const [first, second]: [string[], string[]] = [[], []];
  const runs = [await run("", firstSteps, first), await run("", firstSteps, second)];
  const failed = runs.find((r) => r.fault !== undefined);
  const differs = first.findIndex((line, i) => line !== second[i]);
  const fault = failed?.fault ?? (differs < 0 ? undefined : `line ${String(differs + 1)} differs between two runs`);
  return [...results, { name: "writes the same bytes for the same messages", fault, tail: failed?.tail ?? [] }];
};
