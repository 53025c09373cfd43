/** Who waits until the state machine has executed an op. */
export class ExecutionWaiters {
  private executedTo = 0;
  private failure: Error | undefined;
  private waiting: { readonly opNumber: number; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];

  /** Resolves when the op is executed here. */
  reached(opNumber: number): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (opNumber <= this.executedTo) return Promise.resolve();
    return new Promise((resolve, reject) => this.waiting.push({ opNumber, resolve, reject }));
  }

  executed(opNumber: number): void {
    this.executedTo = Math.max(this.executedTo, opNumber);
    const due = this.waiting.filter((w) => w.opNumber <= this.executedTo);
    if (due.length === 0) return;
    this.waiting = this.waiting.filter((w) => w.opNumber > this.executedTo);
    for (const { resolve } of due) resolve();
  }

  /** Nothing more will be executed. */
  fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.waiting) reject(this.failure);
    this.waiting = [];
  }
}
