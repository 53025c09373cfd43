/** The operating system's random numbers, fit for keys and nonces. */
import { randomBytes, randomInt } from "node:crypto";
import type { Random } from "../../ports.ts";

export class SystemRandom implements Random {
  bytes(length: number): Uint8Array {
    return new Uint8Array(randomBytes(length));
  }

  integer(below: number): number {
    return randomInt(below);
  }
}
