/**
 * The spec itself as an engine, run by the interpreter: the reference that shows what an engine of a given design does,
 * and at which step the fixed design refuses a behaviour of a defective one.
 */
import { explain, initialStates, sameState } from "../explorer/interpret/index.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import type { Design, SpecInstance, State } from "../specs/language/instantiate.ts";
import type { Spec } from "../specs/language/system.ts";
import { HarnessError } from "./driver.ts";
import type { Arguments, Driver, Observation, Setup, StepResult } from "./driver.ts";

export class SpecDriver implements Driver {
  readonly name: string;
  private instance: SpecInstance | undefined;
  private state: State = {};

  /** `design` is what this engine was built as; without one it takes the design that it is started with. */
  constructor(
    private readonly spec: Spec,
    private readonly design?: Design,
  ) {
    this.name = design === undefined ? "spec" : "fixed spec";
  }

  init({ constants, design, initial }: Setup): void {
    if (this.instance === undefined || !this.isFor(constants, this.design ?? design))
      this.instance = instantiate(this.spec, { constants, design: this.design ?? design });
    const { instance } = this;
    const state = initialStates(instance).find((s) => sameState(instance, s, initial));
    if (state === undefined) throw new HarnessError(`not an initial state of ${instance.name}`);
    this.state = state;
  }
  private isFor(constants: Setup["constants"], design: Design): boolean {
    const same = (ours: object, given: object): boolean =>
      Object.entries(given).every(([name, value]) => Reflect.get(ours, name) === value);
    return this.instance !== undefined && same(this.instance.constants, constants) && same(this.instance.design, design);
  }

  step(action: string, args: Arguments): StepResult {
    if (this.instance === undefined) throw new HarnessError("a step before init");
    const explanation = explain(this.instance, this.state, action, args);
    if (explanation.kind === "disabled") {
      return { kind: "refused", guard: explanation.reason === "conjunct" ? explanation.text : explanation.message };
    }
    this.state = explanation.state;
    return { kind: "ok" };
  }
  observe(): Observation {
    return { state: this.state, unobserved: [] };
  }
  close(): void {
    this.instance = undefined;
  }
}

/** The published, correct design of a spec: the first choice of every switch. */
export const fixedDesign = (spec: Spec): Design =>
  Object.fromEntries(Object.entries(spec.design).map(([name, choices]) => [name, choices[0]]));
