/** Random specs for fast-check: made of its random numbers, shrunk by leaving out and simplifying parts. */
import fc from "fast-check";
import type { SpecSyntax } from "../syntax/spec.ts";
import { specText } from "../translate/spec-text.ts";
import { Dice } from "./dice.ts";
import { randomSpec } from "./random-spec.ts";
import { simplerSpecs } from "./simpler.ts";

class SpecArbitrary extends fc.Arbitrary<SpecSyntax> {
  generate(random: fc.Random): fc.Value<SpecSyntax> {
    return value(randomSpec(new Dice(random.nextInt(0, 2 ** 31 - 1))));
  }
  canShrinkWithoutContext(candidate: unknown): candidate is SpecSyntax {
    return typeof candidate === "object" && candidate !== null && "variables" in candidate && "actions" in candidate;
  }
  shrink(spec: SpecSyntax): fc.Stream<fc.Value<SpecSyntax>> {
    return fc.stream(values(spec));
  }
}
/** Failures are printed as the text of the spec. */
const value = (spec: SpecSyntax): fc.Value<SpecSyntax> =>
  new fc.Value({ ...spec, [fc.toStringMethod]: () => `\n${specText(spec)}\n` }, undefined);
function* values(spec: SpecSyntax): IterableIterator<fc.Value<SpecSyntax>> {
  for (const simpler of simplerSpecs(spec)) yield value(simpler);
}

export const arbitrarySpec = (): fc.Arbitrary<SpecSyntax> => new SpecArbitrary();
