/** A clock that stands still until it is advanced by hand. */
import type { Clock, Timer } from "../../ports.ts";

export interface SetTimer {
  readonly id: number;
  readonly name: string;
  readonly dueMs: number;
}

export class ControlledClock implements Clock {
  activity = 0;
  private timeMs: number;
  private lastId = 0;
  private readonly set = new Map<number, SetTimer & { readonly fire: () => void }>();

  constructor(startMs = 0) {
    this.timeMs = startMs;
  }

  now(): number {
    return this.timeMs;
  }

  setTimer(name: string, delayMs: number, fire: () => void): Timer {
    if (!(delayMs >= 0)) throw new RangeError(`the delay of timer ${name} must be at least 0 ms, not ${delayMs}`);
    this.activity++;
    const id = ++this.lastId;
    this.set.set(id, { id, name, dueMs: this.timeMs + delayMs, fire });
    return {
      cancel: () => {
        if (this.set.delete(id)) this.activity++;
      },
    };
  }

  /** In the order in which they fall due; those due at the same time, in the order in which they were set. */
  timers(): readonly SetTimer[] {
    return [...this.set.values()].map(({ id, name, dueMs }) => ({ id, name, dueMs })).sort((a, b) => a.dueMs - b.dueMs || a.id - b.id);
  }

  /** Fires all that fall due on the way, also those that are set on the way. What they start asynchronously needs `settle`. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`a clock does not go back: ${ms} ms`);
    const endMs = this.timeMs + ms;
    for (let next = this.timers()[0]; next !== undefined && next.dueMs <= endMs; next = this.timers()[0]) this.fireById(next.id);
    this.timeMs = endMs;
  }

  /**
   * Fires the timer with this id, or the first to fall due with this name. The time becomes that at which it falls due, if
   * that is later; other timers stay, as if they were late. Throws when there is none.
   */
  fire(timer: string | number): void {
    const found = this.timers().find((t) => (typeof timer === "number" ? t.id === timer : t.name === timer));
    if (found === undefined) {
      const names = this.timers().map((t) => t.name);
      throw new Error(`no timer ${timer} is set; set are: ${names.join(", ") || "none"}`);
    }
    this.fireById(found.id);
  }

  private fireById(id: number): void {
    const timer = this.set.get(id);
    if (timer === undefined) return;
    this.activity++;
    this.set.delete(id);
    this.timeMs = Math.max(this.timeMs, timer.dueMs);
    timer.fire();
  }
}
