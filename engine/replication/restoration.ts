/** Restoring a peer's snapshot when the log cannot be continued without it: one at a time, and on disk that it comes before it does. */
import type { Logger } from "../ports.ts";
import type { DurableState } from "./durable-state.ts";
import { reasonOf } from "./errors.ts";
import type { Executor } from "./executor.ts";
import type { ReplicaState } from "./state.ts";

export interface RestorationHooks {
  /** Resolves when the state, as it is now, is on disk. */
  synced(): Promise<void>;
  /** With how many ops the application goes on; 0 when nothing was restored. */
  restored(opNumber: number): void;
  failed(error: unknown): void;
}

export class Restoration {
  readonly #state: Readonly<ReplicaState>;
  readonly #executor: Executor;
  readonly #durable: DurableState;
  readonly #logger: Logger;
  readonly #hooks: RestorationHooks;
  #isRunning = false;

  constructor(state: Readonly<ReplicaState>, executor: Executor, durable: DurableState, logger: Logger, hooks: RestorationHooks) {
    this.#state = state;
    this.#executor = executor;
    this.#durable = durable;
    this.#logger = logger;
    this.#hooks = hooks;
  }

  /** Begins, if a snapshot is wanted and none is under way. */
  ifWanted(): void {
    const wanted = this.#state.snapshotWanted;
    if (wanted === undefined || this.#isRunning) return;
    this.#isRunning = true;
    this.#durable.restoring = true;
    this.#logger.log("info", "restoring", wanted);
    this.#restore(wanted).catch((error: unknown) => this.#hooks.failed(error));
  }

  async #restore(wanted: { readonly peer: number; readonly opNumber: number }): Promise<void> {
    // It is on disk that a snapshot comes before anything of it does.
    await this.#hooks.synced();
    const opNumber = await this.#executor.restore(wanted.peer, wanted.opNumber).catch((error: unknown) => {
      this.#logger.log("warn", "restoreFailed", { ...wanted, reason: reasonOf(error) });
      return 0;
    });
    this.#isRunning = false;
    this.#durable.restoring = false;
    this.#hooks.restored(opNumber);
  }
}
