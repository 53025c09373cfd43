/** Random specs for fast-check: made of its random numbers, shrunk by leaving out and simplifying parts. */
import fc from "fast-check";
import type { SpecSyntax } from "../syntax/spec.ts";
import type { Feature } from "../translate/features.ts";
import { Dice } from "./dice.ts";
import { randomSpec } from "./random-spec.ts";
import { simplerSpecs } from "./simpler.ts";

class SpecArbitrary extends fc.Arbitrary<SpecSyntax> {
  constructor(private readonly features: ReadonlySet<Feature>) {
    super();
  }
  generate(random: fc.Random): fc.Value<SpecSyntax> {
    const dice = new Dice((min, max) => random.nextInt(min, max));
    return new fc.Value(randomSpec(dice, this.features), undefined);
  }
  canShrinkWithoutContext(value: unknown): value is SpecSyntax {
    return typeof value === "object" && value !== null && "variables" in value && "actions" in value;
  }
  shrink(spec: SpecSyntax): fc.Stream<fc.Value<SpecSyntax>> {
    return fc.stream(values(spec));
  }
}
function* values(spec: SpecSyntax): IterableIterator<fc.Value<SpecSyntax>> {
  for (const simpler of simplerSpecs(spec)) yield new fc.Value(simpler, undefined);
}

export const arbitrarySpec = (features: readonly Feature[]): fc.Arbitrary<SpecSyntax> => new SpecArbitrary(new Set(features));
