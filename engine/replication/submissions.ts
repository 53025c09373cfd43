/** Operations that were submitted here and wait for their execution, by op number. */
export class Submissions {
  readonly #waiting = new Map<number, { readonly resolve: (opNumber: number) => void; readonly reject: (error: Error) => void }>();

  /** Resolves with the op number when the op has been executed. */
  executionOf(opNumber: number): Promise<number> {
    return new Promise((resolve, reject) => this.#waiting.set(opNumber, { resolve, reject }));
  }

  /** All ops up to this one have their effect. */
  executed(opNumber: number): void {
    for (const [waiting, { resolve }] of this.#waiting) {
      if (waiting > opNumber) continue;
      this.#waiting.delete(waiting);
      resolve(waiting);
    }
  }

  /** Those above `opNumber` may never be executed. */
  lostAbove(opNumber: number, error: Error): void {
    for (const [waiting, { reject }] of this.#waiting) {
      if (waiting <= opNumber) continue;
      this.#waiting.delete(waiting);
      reject(error);
    }
  }
}
