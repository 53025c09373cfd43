/**
 * The application, and who calls it: committed ops are executed one after the other in their order, each once per life of
 * the application's state. A snapshot is restored between two ops, never during one.
 */

/** What is replicated. Its state knows how far it has executed, and keeps a client table, so that a repeated request has one effect. */
export interface Application {
  /** The last op whose effect is in the application's durable state; 0 for none. Read at the start. */
  executedTo(): number;
  /**
   * The next committed op. While it only waits and has changed nothing, it rejects with the signal's reason once that is
   * aborted. Any other rejection says that the application cannot go on: the replica stops for good.
   */
  execute(opNumber: number, operation: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Replaces the state by a snapshot from `peer` of at least `opNumber` ops; resolves with how many. May reject: it is tried again. */
  restore(peer: number, opNumber: number): Promise<number>;
}

export interface ExecutorHooks {
  /** May this op be executed? Then the operation. */
  next(opNumber: number): Uint8Array | undefined;
  executed(opNumber: number): void;
  failed(error: unknown): void;
}

export class Executor {
  readonly #application: Application;
  readonly #hooks: ExecutorHooks;
  #executedTo: number;
  #running: Promise<void> | undefined;
  #paused = false;
  /** Ends the wait of an op that cannot begin yet. */
  #interrupt = new AbortController();

  constructor(application: Application, hooks: ExecutorHooks) {
    this.#application = application;
    this.#hooks = hooks;
    this.#executedTo = application.executedTo();
  }

  get executedTo(): number {
    return this.#executedTo;
  }

  /** Goes on for as long as there is a next op. */
  advance(): void {
    if (this.#running !== undefined || this.#paused || this.#hooks.next(this.#executedTo + 1) === undefined) return;
    this.#running = this.#run().then(
      () => this.#settled(),
      (error: unknown) => {
        this.#paused = true;
        this.#running = undefined;
        this.#hooks.failed(error);
      },
    );
  }

  /** Finishes the op under way, unless it has not begun, restores, and resolves with the op that the application is at now. Rejects as `restore` does. */
  async restore(peer: number, opNumber: number): Promise<number> {
    await this.stop();
    const before = this.#executedTo;
    try {
      const executedTo = await this.#application.restore(peer, opNumber);
      if (executedTo < before)
        throw new RangeError(`the snapshot of replica ${peer} is of op ${executedTo}, and op ${before} was executed here`);
      this.#executedTo = executedTo;
      return executedTo;
    } finally {
      this.#interrupt = new AbortController();
      this.#paused = false;
    }
  }

  /** Resolves when no op is being executed; none is begun afterwards. */
  async stop(): Promise<void> {
    this.#paused = true;
    this.#interrupt.abort();
    await this.#running;
  }

  #settled(): void {
    this.#running = undefined;
    this.advance();
  }

  async #run(): Promise<void> {
    const { signal } = this.#interrupt;
    while (!this.#paused) {
      const opNumber = this.#executedTo + 1;
      const operation = this.#hooks.next(opNumber);
      if (operation === undefined) return;
      try {
        await this.#application.execute(opNumber, operation, signal);
      } catch (error) {
        if (signal.aborted && error === signal.reason) return;
        throw error;
      }
      this.#executedTo = opNumber;
      this.#hooks.executed(opNumber);
    }
  }
}
