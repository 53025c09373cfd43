/** Random choices. */

/** Gives an integer from `min` to `max`, both included. */
export type Roll = (min: number, max: number) => number;

export class Dice {
  constructor(private readonly roll: Roll) {}

  below(n: number): number {
    return this.roll(0, n - 1);
  }
  /** True `percent` times in a hundred. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  pick<T>(all: readonly T[]): T {
    const chosen = all[this.below(all.length)];
    if (chosen === undefined) throw new RangeError("nothing to pick from");
    return chosen;
  }
  maybe<T>(all: readonly T[]): T | undefined {
    return all.length === 0 ? undefined : this.pick(all);
  }
  style(): number {
    return this.below(420);
  }
  times<T>(from: number, to: number, make: (i: number) => T): T[] {
    return Array.from({ length: this.roll(from, to) }, (_, i) => make(i));
  }
}
