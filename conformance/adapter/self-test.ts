/**
 * Does an adapter keep the protocol? Each check starts it afresh. The checks need no more of the engine than that it can
 * do the first steps of a model.
 */
import { canonicalState, initialStates, stateText } from "../../explorer/interpret/index.ts";
import { shorten } from "../../explorer/value-text.ts";
import { messageOf } from "../../specs/language/errors.ts";
import type { SpecInstance } from "../../specs/language/instantiate.ts";
import type { Spec } from "../../specs/language/system.ts";
import { bindingsIn, disabledBindings } from "../bindings.ts";
import { firstDifference } from "../comparison.ts";
import { HarnessError } from "../driver.ts";
import type { Awaitable, Driver, Setup } from "../driver.ts";
import { AdapterDriver } from "./adapter-driver.ts";
import type { AdapterOptions } from "./connection.ts";
import type { NodesDriver } from "./nodes-driver.ts";

/** Starts an adapter for a spec. */
export type AdapterFactory = (spec: Spec, options?: AdapterOptions) => AdapterDriver | NodesDriver;

export interface SelfTestResult {
  readonly name: string;
  /** Undefined when the adapter passed. */
  readonly fault: string | undefined;
  /** The last lines that it wrote, if it failed. */
  readonly tail: readonly string[];
}

interface Subject {
  readonly driver: Driver;
  readonly instance: SpecInstance;
  readonly setup: Setup;
}
type Check = (subject: Subject) => Awaitable<void>;

/** Steps of the walk whose bytes are compared. */
const WALK = 40;

const refuse = (message: string): never => {
  throw new HarnessError(message);
};
const firstSteps = async ({ driver, instance, setup }: Subject): Promise<void> => {
  await driver.init(setup);
  const [binding] = bindingsIn(instance, setup.initial).enabled;
  if (binding !== undefined && (await driver.step(binding.action, binding.arguments)).kind !== "ok")
    refuse(`it refuses ${binding.action} in the initial state`);
  await driver.observe();
};
/** Of the steps that are enabled, and of those that are not, another one each time. */
const walk = async ({ driver, instance, setup }: Subject): Promise<void> => {
  await driver.init(setup);
  let state = setup.initial;
  for (let i = 0; i < WALK; i++) {
    const { enabled, disabled } = bindingsIn(instance, state);
    const forbidden = disabled[i % disabled.length];
    if (forbidden !== undefined && (await driver.step(forbidden.action, forbidden.arguments)).kind === "ok") return;
    const next = enabled[i % enabled.length];
    if (next === undefined || (await driver.step(next.action, next.arguments)).kind !== "ok") return;
    await driver.observe();
    state = next.successor();
  }
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
};
/** A node is not asked for actions. */
const clusterChecks: Readonly<Record<string, Check>> = {
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
  make: AdapterFactory,
  spec: Spec,
  instance: SpecInstance,
  model: string,
): Promise<readonly SelfTestResult[]> => {
  const [initial] = initialStates(instance);
  const { constants, design } = instance;
  const setup: Setup = { model, constants, design, seed: 0, initial: initial ?? {} };
  const run = async (name: string, check: Check, transcript: string[] = []): Promise<SelfTestResult> => {
    const driver = make(spec, { transcript: (line) => transcript.push(line) });
    try {
      await check({ driver, instance, setup });
      return { name, fault: undefined, tail: [] };
    } catch (error) {
      return { name, fault: messageOf(error), tail: error instanceof HarnessError ? error.tail : [] };
    } finally {
      await driver.close();
    }
  };
  const all = make(spec) instanceof AdapterDriver ? { ...checks, ...clusterChecks } : checks;
  const results: SelfTestResult[] = [];
  for (const [name, check] of Object.entries(all)) results.push(await run(name, check));
  const [first, second]: [string[], string[]] = [[], []];
  const name = "writes the same bytes for the same messages";
  const runs = [await run(name, walk, first), await run(name, walk, second)];
  return [...results, runs.find((r) => r.fault !== undefined) ?? { name, fault: differenceOf(first, second), tail: [] }];
};

const differenceOf = (first: readonly string[], second: readonly string[]): string | undefined => {
  const at = first.findIndex((line, i) => line !== second[i]);
  if (at < 0 && first.length === second.length) return undefined;
  const line = at < 0 ? first.length : at;
  return `line ${String(line + 1)} of the conversation differs between two runs: ${shorten(first[line] ?? "(none)", 200)} and ${shorten(second[line] ?? "(none)", 200)}`;
};
