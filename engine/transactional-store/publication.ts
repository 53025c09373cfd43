/**
 * Which version new snapshots take: it passes a commit when no lower one is unfinished, so that a snapshot never has a
 * part of a commit, and nothing is ever added below it.
 */
export class Publication {
  #storeVersion: number;
  readonly #pending = new Set<number>();
  readonly #waiting = new Set<{ readonly version: number; readonly done: () => void }>();

  constructor(version: number) {
    this.#storeVersion = version;
  }

  /** The version of new snapshots. */
  get storeVersion(): number {
    return this.#storeVersion;
  }
  get pending(): readonly number[] {
    return [...this.#pending];
  }

  allocated(version: number): void {
    this.#pending.add(version);
  }

  /** A commit has all its keys applied, or has failed. `manager` is the highest version that was allocated. */
  finished(version: number, manager: number): void {
    this.#pending.delete(version);
    this.raise(this.#pending.size === 0 ? manager : Math.min(...this.#pending) - 1);
  }

  /** After an import, which nothing is under way beside. */
  reset(version: number): void {
    this.#storeVersion = version;
  }

  protected raise(version: number): void {
    this.#storeVersion = Math.max(this.#storeVersion, version);
    for (const waiter of this.#waiting) if (waiter.version <= this.#storeVersion && this.#waiting.delete(waiter)) waiter.done();
  }

  async whenPublished(version: number): Promise<void> {
    if (version > this.#storeVersion) await new Promise<void>((done) => this.#waiting.add({ version, done }));
  }
}
