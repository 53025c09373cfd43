/** Random choices. */

export class Dice {
  /** 32 bits. */
  constructor(private state: number) {}

  /** An integer from `min` to `max`, both included; by Mulberry32, which is quick. */
  private roll(min: number, max: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return min + (((t ^ (t >>> 14)) >>> 0) % (max - min + 1));
  }

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
