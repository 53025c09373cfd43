/** Takes the enabled internal actions, one at a time, until none is left; at each, whoever controls the steps may let it wait. */
import type { Steps } from "../ports.ts";
import type { Step } from "./actions.ts";
import type { ReplicaCore } from "./core.ts";

export interface InternalHooks {
  take(step: Step): void;
  /** A step that waited was taken. */
  resumed(): void;
  failed(error: unknown): void;
}

export class InternalSteps {
  readonly #core: ReplicaCore;
  readonly #steps: Steps;
  readonly #hooks: InternalHooks;
  /** A step waits until whoever controls the steps lets it go on. */
  #paused = false;

  constructor(core: ReplicaCore, steps: Steps, hooks: InternalHooks) {
    this.#core = core;
    this.#steps = steps;
    this.#hooks = hooks;
  }

  takeAll(): void {
    while (!this.#paused) {
      const step = this.#core.internalSteps()[0];
      if (step === undefined) return;
      const pause = this.#steps.reached(step.act, { r: this.#core.r });
      if (pause) {
        this.#paused = true;
        pause.then(() => this.#resume(step)).catch((error: unknown) => this.#hooks.failed(error));
      } else this.#hooks.take(step);
    }
  }

  #resume(step: Step): void {
    this.#paused = false;
    this.#hooks.take(step);
    this.#hooks.resumed();
  }
}
