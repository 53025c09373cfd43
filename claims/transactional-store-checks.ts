/** Short forms for the checks of the transactional store. */
import type { Check } from "./claim.ts";

const holds = { verdict: "holds" } as const;

/** Checks of the model of one aspect: a property, and in how many states it is violated. */
export const on =
  (aspect: string) =>
  (property: string, lengthOrHolds: number | "holds", options: Omit<Check, "model" | "property" | "expected"> = {}): Check => ({
    model: `transactional-store/${aspect}`,
    property,
    expected: lengthOrHolds === "holds" ? holds : { verdict: "violated", property, length: lengthOrHolds },
    ...options,
  });

/** The counterexample that shows it. */
export const shown = (name: string) => ({ counterexample: `transactional-store/${name}` });
