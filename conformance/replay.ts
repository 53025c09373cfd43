/**
 * Replays a behaviour of the spec on an engine, action by action, and compares the whole state after every step. The
 * first thing that the engine does otherwise decides the verdict.
 */
import { changesOf } from "../explorer/changes.ts";
import type { Change } from "../explorer/changes.ts";
import { canonicalState, enabled, holds, replay as judge } from "../explorer/interpret/index.ts";
import type { Step, Trace } from "../explorer/trace.ts";
import { LockstepError, messageOf } from "../specs/language/errors.ts";
import type { SpecInstance, State } from "../specs/language/instantiate.ts";
import { filled, firstDifference, unobservedFields } from "./comparison.ts";
import type { Compare } from "./comparison.ts";
import { HarnessError, harnessError } from "./driver.ts";
import type { Driver, HarnessFailure, Observation } from "./driver.ts";
import { disabledBindings } from "./bindings.ts";

/** States are numbered from 1, the initial one, as traces are printed; `step` is the state that was to be reached. */
export type Verdict =
  /** Every state was the spec's, and the last shows what the trace shows. */
  | { readonly verdict: "reproduced"; readonly step: number; readonly action: string | undefined; readonly invariant: string | undefined }
  | { readonly verdict: "refusedGuard"; readonly step: number; readonly action: string; readonly guard: string }
  /** The engine did the step, and its state is another: `path` is the first field that differs. */
  | {
      readonly verdict: "refusedEffect";
      readonly step: number;
      readonly action: string | undefined;
      readonly path: string;
      readonly expected: string;
      readonly observed: string;
    };

/** One step, in spec and engine. */
export interface Replayed {
  readonly number: number;
  readonly step: Step;
  readonly expected: readonly Change[];
  /** What changed in the engine; undefined when it refused or could not be asked. */
  readonly observed: readonly Change[] | undefined;
}
export interface ReplayReport {
  readonly outcome: Verdict | HarnessFailure;
  readonly steps: readonly Replayed[];
  /** The driver's list, and how many fields of the last state it covers. */
  readonly unobserved: { readonly paths: readonly string[]; readonly fields: number };
}

export interface ReplayOptions {
  readonly seed?: number;
  /** Only for tests of this harness: how states are compared. */
  readonly compare?: Compare;
}

/** An engine's answer to one step, with the HarnessErrors of the driver thrown. */
export const stepOn = async (driver: Driver, action: string, args: Step["arguments"]): Promise<string | undefined> => {
  const result = await driver.step(action, args);
  if (result.kind === "harnessError") throw new HarnessError(result.message);
  return result.kind === "refused" ? result.guard : undefined;
};

class Replay {
  readonly steps: Replayed[] = [];
  unobserved: ReplayReport["unobserved"] = { paths: [], fields: 0 };
  private before: Observation | undefined;
  private readonly compare: Compare;

  constructor(
    private readonly instance: SpecInstance,
    private readonly trace: Trace,
    private readonly driver: Driver,
    private readonly options: ReplayOptions,
  ) {
    this.compare = options.compare ?? firstDifference;
  }

  async outcome(): Promise<Verdict | HarnessFailure> {
    for (const [i, step] of this.trace.steps.entries()) {
      try {
        const verdict = await this.stepTo(i, step);
        if (verdict !== undefined) return verdict;
      } catch (error) {
        const fault = error instanceof HarnessError ? error : harnessError("the driver failed", error);
        return { verdict: "harnessError", step: i + 1, action: step.action, message: fault.message, tail: fault.tail };
      }
    }
    throw new LockstepError("io", "the trace has no states");
  }

  private async stepTo(i: number, step: Step): Promise<Verdict | undefined> {
    const expected = changesOf(this.trace.steps[i - 1]?.state ?? step.state, step.state);
    const record = { number: i + 1, step, expected };
    if (step.action === undefined) {
      const { model, constants, design } = this.trace;
      await this.driver.init({ model, constants, design, seed: this.options.seed ?? 0, initial: step.state });
    } else {
      const guard = await stepOn(this.driver, step.action, step.arguments);
      if (guard !== undefined) {
        this.steps.push({ ...record, observed: undefined });
        return { verdict: "refusedGuard", step: i + 1, action: step.action, guard };
      }
    }
    const observation = await this.driver.observe();
    this.steps.push({ ...record, observed: changesOf((this.before ?? observation).state, observation.state) });
    const difference = this.compare(step.state, observation);
    const before = this.before;
    this.before = observation;
    this.unobserved = { paths: observation.unobserved, fields: unobservedFields(step.state, observation.unobserved) };
    if (difference !== undefined) return { verdict: "refusedEffect", step: i + 1, action: step.action, ...difference };
    return i === this.trace.steps.length - 1 ? this.conclusion(step, i, observation, before) : undefined;
  }

  /** All states were equal. The property is asked of the engine's own states, so that a lax comparison does not pass. */
  private async conclusion(last: Step, i: number, observation: Observation, before: Observation | undefined): Promise<Verdict> {
    const { violated } = this.trace;
    const reproduced: Verdict = { verdict: "reproduced", step: i + 1, action: last.action, invariant: violated?.property };
    if (violated === undefined) return reproduced;
    const state = this.canonical(last.state, observation);
    if (violated.kind === "deadlock") return (await this.escape(last.state, i)) ?? reproduced;
    const { invariants, witnesses, actionProperties } = this.instance;
    const sources = { invariant: invariants, witness: witnesses, "action-property": actionProperties };
    const predicate = sources[violated.kind].find((p) => p.name === violated.property);
    if (predicate === undefined) throw new HarnessError(`${this.instance.name} has no ${violated.kind} ${violated.property}`);
    const isTrue =
      violated.kind === "action-property" && before !== undefined
        ? holds(this.instance, predicate, this.canonical(this.trace.steps[i - 1]?.state ?? {}, before), state)
        : holds(this.instance, predicate, state);
    if (isTrue === (violated.kind === "witness")) return reproduced;
    throw new HarnessError(`all states compare as equal, but in the engine's last state ${violated.property} is ${String(isTrue)}`);
  }

  private canonical(expected: State, observation: Observation): State {
    try {
      return canonicalState(this.instance, filled(expected, observation));
    } catch (error) {
      throw new HarnessError(`the engine's state is not a state of the spec: ${messageOf(error)}`, [], { cause: error });
    }
  }

  /** In a deadlock of the spec, the engine has nothing to do either. */
  private async escape(state: State, i: number): Promise<Verdict | undefined> {
    if (enabled(this.instance, state).length > 0) throw new HarnessError("the spec is not deadlocked in the last state");
    for (const { action, arguments: args } of disabledBindings(this.instance, state)) {
      const guard = await stepOn(this.driver, action, args);
      if (guard === undefined)
        return { verdict: "refusedEffect", step: i + 1, action, path: "deadlock", expected: "nothing enabled", observed: `${action} done` };
    }
    return undefined;
  }
}

/**
 * Throws LockstepError "io" for a trace that is not a behaviour of the instance's own spec. What the driver throws is a
 * failure of the harness and no verdict. The driver is not closed.
 */
export const replayOn = async (
  instance: SpecInstance,
  trace: Trace,
  driver: Driver,
  options: ReplayOptions = {},
): Promise<ReplayReport> => {
  const judged = judge(instance, trace);
  if (!judged.ok) throw new LockstepError("io", `not a behaviour of ${trace.model}: ${judged.message}`);
  const run = new Replay(instance, trace, driver, options);
  const outcome = await run.outcome();
  return { outcome, steps: run.steps, unobserved: run.unobserved };
};
