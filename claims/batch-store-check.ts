/** Short forms for the rows of the batch store's table. */
import type { Check, Claim } from "./claim.ts";

interface Options {
  readonly constants?: Check["constants"];
  readonly design?: Check["design"];
  readonly property?: string;
  /** Without the folder. */
  readonly counterexample?: string;
}

const base = (model: string, { constants, design, counterexample }: Options): Omit<Check, "property" | "expected"> => ({
  model: `batch-store/${model}`,
  ...(constants === undefined ? {} : { constants }),
  ...(design === undefined ? {} : { design }),
  ...(counterexample === undefined ? {} : { counterexample: `batch-store/${counterexample}` }),
});

export const holds = (model: string, options: Options = {}): Check => ({
  ...base(model, options),
  property: options.property ?? "everything",
  expected: { verdict: "holds" },
});

/** Of this one invariant, unless another property is given. */
export const violated = (model: string, invariant: string, length: number, options: Options = {}): Check => ({
  ...base(model, options),
  property: options.property ?? invariant,
  expected: { verdict: "violated", property: invariant, length },
});

export const outOfReach = (place: string, claim: string, reason: string): Claim => ({
  place,
  claim,
  verdict: `out of reach: ${reason}`,
  checks: [],
});
