/** Work that must be done one after the other. */

export class Queues {
  private readonly tails = new Map<string, Promise<unknown>>();

  /** Starts `work` when all earlier work under any of `keys` has ended, well or not. */
  run<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const before = Promise.all(keys.map((key) => this.tails.get(key) ?? Promise.resolve()));
    const result = before.then(work);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    for (const key of keys) this.tails.set(key, tail);
    void tail.then(() => {
      for (const key of keys) if (this.tails.get(key) === tail) this.tails.delete(key);
    });
    return result;
  }

  async idle(): Promise<void> {
    await Promise.all([...this.tails.values()]);
  }
}
