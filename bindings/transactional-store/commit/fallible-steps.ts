/** Steps that can also fail: whoever waits there, or comes there later, gets an error, as when a client's thread dies between two steps. */
import { ControlledSteps } from "../../../engine/wiring/controlled/steps.ts";

export class StepFailure extends Error {
  override readonly name = "StepFailure";
}

export class FallibleSteps extends ControlledSteps {
  readonly #failing = new Set<string>();

  /** Every step of the transaction fails from now on; what waits fails when it is released. */
  fail(transaction: string): void {
    this.#failing.add(transaction);
  }

  override reached(step: string, args: Readonly<Record<string, unknown>> = {}): Promise<void> | undefined {
    const of = args["transaction"];
    const check = (): void => {
      if (typeof of === "string" && this.#failing.has(of)) throw new StepFailure(`step ${step} of ${of} fails`);
    };
    if (typeof of === "string" && this.#failing.has(of)) {
      this.activity++;
      return Promise.resolve().then(check);
    }
    return super.reached(step, args)?.then(check);
  }
}
