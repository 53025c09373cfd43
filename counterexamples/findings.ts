/** The written part of index.md, and the searches behind what it says was decided. */
import type { Design } from "../specs/language/instantiate.ts";
import type { Constants } from "../specs/language/schema.ts";

/** An exhausted model in which all four invariants hold; `distinct` with symmetry and reductions. */
export interface Decided {
  /** The design in words. */
  readonly of: string;
  readonly model: string;
  readonly design: Design;
  readonly constants: Constants;
  readonly distinct: number;
}

const lazy = (transferStatus: boolean, newStateGuard: "higher" | "atLeast" | "any"): Design => ({
  viewUpdate: "lazy",
  startViewGuard: "strict",
  truncate: false,
  transferStatus,
  newStateGuard,
});

const exhausted = (
  transferStatus: boolean,
  newStateGuard: "higher" | "atLeast" | "any",
  models: readonly (readonly [values: number, timers: number, distinct: number])[],
): Decided[] =>
  models.map(([values, startViewOnTimerLimit, distinct]) => ({
    of: `lazy, strict, overwrite, ${transferStatus ? "status" : "no status"}, ${newStateGuard}`,
    design: lazy(transferStatus, newStateGuard),
    model: "viewstamped-replication",
    constants: { values, startViewOnTimerLimit },
    distinct,
  }));

export const decided: readonly Decided[] = [
  ...exhausted(true, "higher", [
    [2, 1, 4258],
    [3, 1, 20018],
    [2, 2, 70553],
    [3, 2, 368425],
  ]),
  ...exhausted(true, "atLeast", [
    [2, 1, 4607],
    [3, 1, 24440],
    [2, 2, 73820],
    [3, 2, 411657],
  ]),
  ...exhausted(true, "any", [
    [2, 1, 4607],
    [3, 1, 24440],
    [2, 2, 2421007],
  ]),
  ...exhausted(false, "higher", [
    [2, 1, 4408],
    [3, 1, 20918],
    [2, 2, 75201],
    [3, 2, 398612],
  ]),
];

export const findings = {
  introduction: `
## Viewstamped Replication: state transfer

One for every numbered counterexample of Jack Vanlightly's article "Paper: VR Revisited – State Transfer (part 3)".

*Design*: view update, StartView guard, whether the log is truncated or overwritten, whether there is a status StateTransfer, and for lazy
updates the guard of ReceiveNewState. *Values, timers*: the bounds of the model, \`values\` and \`startViewOnTimerLimit\`, with three replicas
and no pauses.`,
  decidedBy: `
### What the models decided

Everything here was exhausted with symmetry and reductions, for all four invariants; \`npm run test:exhaustive\` repeats it. The design is
that of lazy 3 (lazy, strict, overwrite) with the status and the guard as given.`,
  conclusions: `
- **Does the status StateTransfer make \`newStateGuard=atLeast\` safe? Yes, as far as it was searched**: without the status it is lazy 3, with
  it nothing is violated in any of the models above. The same goes for \`any\`, which without the status fails in 19 states as well: where a
  replica waits for state in a status of its own, it does not matter from which views it accepts state.
- **Is the status needed? Not with \`newStateGuard=higher\`, the guard of the published module, as far as it was searched.** Guard and status
  are two ways to refuse an answer that comes too late; one of them is enough within these bounds. The article has both.
- **Two operations are enough for eager 1.** The article's 16 steps come from a model with three; 15 states are the minimum with two values,
  and with three values as well.
- **Eager 2 and eager 3 are one behaviour.** The shortest loss under truncation does not truncate anything. Truncation alone does its harm in
  lazy 2, which needs the largest model of all.`,
};
