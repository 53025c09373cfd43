/** `import "lockstep/vitest"` in a test or a setup file gives expect the matcher `toConform`. */
import { expect } from "vitest";
import type { Conformance } from "./to-conform.ts";
import { toConform } from "./to-conform.ts";

declare module "vitest" {
  // The name of the type parameter is vitest's.
  interface Matchers<T> {
    /** Of a function that makes a driver: the engine passes a tour of the model, and refuses every counterexample given. */
    toConform(conformance: Conformance): Promise<T>;
  }
}

expect.extend({ toConform });
