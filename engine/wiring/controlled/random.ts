/** Random numbers from a seed: SplitMix32, so that a run repeats. Not for keys. */
import type { Random } from "../../ports.ts";

export class ControlledRandom implements Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.word() >>> 24);
  }

  integer(below: number): number {
    if (!Number.isSafeInteger(below) || below < 1 || below > 2 ** 32)
      throw new RangeError(`below must be a whole number of 1 to 2^32, not ${below}`);
    // Words beyond the last multiple of `below` would make small results likelier.
    const usable = 2 ** 32 - (2 ** 32 % below);
    for (;;) {
      const word = this.word();
      if (word < usable) return word % below;
    }
  }

  private word(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let mixed = this.state ^ (this.state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
}
