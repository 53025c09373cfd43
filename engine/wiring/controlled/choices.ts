/** Everything that can come of a construction that makes choices: all of it, or a sample of it. */
import type { Random } from "../../ports.ts";

/** A whole number of 0 to `options` - 1. */
export type Choose = (options: number) => number;

/** The outcomes of `build` under every combination of choices, by going through them like an odometer. */
export const everyOutcome = function* <T>(build: (choose: Choose) => T): Generator<T> {
  let fixed: number[] = [];
  for (;;) {
    const made: { chosen: number; options: number }[] = [];
    const outcome = build((options) => {
      const chosen = fixed[made.length] ?? 0;
      made.push({ chosen, options });
      return chosen;
    });
    yield outcome;
    while (made.length > 0 && made.at(-1)?.chosen === (made.at(-1)?.options ?? 1) - 1) made.pop();
    const last = made.at(-1);
    if (last === undefined) return;
    fixed = [...made.slice(0, -1).map((m) => m.chosen), last.chosen + 1];
  }
};

export const someOutcomes = function* <T>(build: (choose: Choose) => T, random: Random, count: number): Generator<T> {
  for (let i = 0; i < count; i++) yield build((options) => random.integer(options));
};
