/** States that differ by renaming the members of symmetric sets. */
import type { SpecSyntax } from "../syntax/spec.ts";
import type { State } from "./evaluate.ts";
import { stateText } from "./relation.ts";
import { rename } from "./values.ts";
import type { Value } from "./values.ts";

type Renaming = ReadonlyMap<string, readonly number[]>;

const orders = (size: number): readonly (readonly number[])[] => {
  const extend = (order: readonly number[]): readonly (readonly number[])[] =>
    order.length === size
      ? [order]
      : Array.from({ length: size }, (_, i) => i + 1)
          .filter((i) => !order.includes(i))
          .flatMap((i) => extend([...order, i]));
  return extend([]);
};

/** The identity first. */
const renamings = (spec: SpecSyntax): readonly Renaming[] =>
  spec.sets
    .filter((s) => s.symmetric)
    .reduce<readonly Renaming[]>(
      (all, s) => all.flatMap((r) => orders(s.size).map((order) => new Map([...r, [s.name, order]]))),
      [new Map()],
    );

/** Of each class of states one: that with the least text. */
export const representatives = (spec: SpecSyntax): ((state: State) => State) => {
  const all = renamings(spec).map((renaming) => ({ renaming, known: new Map<string, Value>() }));
  return (state) => {
    let best = state;
    let bestText = stateText(spec, state);
    for (const { renaming, known } of all.slice(1)) {
      const renamed = (v: Value): Value => {
        const image = known.get(v.text) ?? rename(v, (set, index) => renaming.get(set)?.[index - 1] ?? index);
        known.set(v.text, image);
        return image;
      };
      const image = new Map([...state].map(([name, v]) => [name, renamed(v)] as const));
      const text = stateText(spec, image);
      if (text < bestText) [best, bestText] = [image, text];
    }
    return best;
  };
};
