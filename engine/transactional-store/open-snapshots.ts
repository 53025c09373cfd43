/**
 * The snapshots that transactions and exports read at: the collector keeps what they can see. A transaction that is
 * open for too long is given up, so that it does not keep all versions for ever.
 */
import type { Clock } from "../ports.ts";
import { StoreError } from "./errors.ts";

interface OpenSnapshot {
  readonly version: number;
  readonly sinceMs: number;
  /** An export is not given up: it ends by itself. */
  readonly mayExpire: boolean;
}

export class OpenSnapshots {
  readonly #open = new Map<string, OpenSnapshot>();
  readonly #givenUp = new Map<string, string>();
  /** Whoever keeps more about a transaction can let go of it. */
  onGivenUp: (id: string) => void = () => undefined;

  constructor(
    protected readonly clock: Clock,
    /** 0: without end. */
    protected readonly maxAgeMs: number,
  ) {}

  /** In the step in which the version is taken. */
  open(id: string, version: number, mayExpire: boolean): void {
    this.#open.set(id, { version, sinceMs: this.clock.now(), mayExpire });
  }

  end(id: string): void {
    this.#open.delete(id);
    this.#givenUp.delete(id);
  }

  /** Throws StoreError, with the reason, for one that was given up. */
  checkOpen(id: string): void {
    this.expire();
    const reason = this.#givenUp.get(id);
    if (reason !== undefined) throw new StoreError(`the transaction was given up: ${reason}`);
    if (!this.#open.has(id)) throw new StoreError("the transaction is over");
  }

  /** The lowest version that is read; `otherwise` if none is. */
  lowest(otherwise: number): number {
    this.expire();
    return Math.min(otherwise, ...[...this.#open.values()].map((s) => s.version));
  }

  giveUpAll(reason: string): void {
    for (const [id, { mayExpire }] of this.#open) if (mayExpire) this.#giveUp(id, reason);
  }

  observe() {
    return Object.fromEntries([...this.#open].map(([id, { version }]) => [id, version]));
  }

  protected expire(): void {
    if (this.maxAgeMs === 0) return;
    const now = this.clock.now();
    for (const [id, { sinceMs, mayExpire }] of this.#open) {
      // In the order of their opening: the first young one ends the search.
      if (now - sinceMs <= this.maxAgeMs) break;
      if (mayExpire) this.#giveUp(id, `it was open for more than ${this.maxAgeMs} ms`);
    }
  }

  #giveUp(id: string, reason: string): void {
    this.#open.delete(id);
    this.onGivenUp(id);
    this.#givenUp.set(id, reason);
    // Nobody may ever ask; the oldest are forgotten.
    const [oldest] = this.#givenUp.keys();
    if (this.#givenUp.size > 1000 && oldest !== undefined) this.#givenUp.delete(oldest);
  }
}
