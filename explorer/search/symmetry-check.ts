/**
 * Is a set declared symmetric really symmetric? Each time user code runs on new answers, it is run again on the state
 * with neighbours of the set exchanged: the effect must be the exchanged effect. Since results are remembered by what
 * was observed, this covers every step of the search.
 */
import { SpecError } from "../../specs/language/errors.ts";
import type { SpecInstance } from "../../specs/language/instantiate.ts";
import type { ActionRunner, Binding, Effect } from "./action-runner.ts";
import type { Changes } from "./draft.ts";
import type { Observer } from "./observer.ts";
import { renameEverywhere } from "./symmetry.ts";
import type { LeafPermutations } from "./symmetry.ts";

export class SymmetryCheck {
  constructor(
    private readonly instance: SpecInstance,
    private readonly generators: LeafPermutations,
    private readonly observer: Observer,
    private readonly runner: ActionRunner,
    private readonly changes: Changes,
  ) {}

  /** To be called with the binding that was just run on the state in the observer, and its effect. */
  readonly check = (binding: Binding, effect: Effect | undefined): void => {
    const { observer, generators } = this;
    const ids = observer.ids.slice();
    const successor = effect && this.apply(effect, ids);
    for (let k = 0; k < generators.permutations.length; k++) {
      const permutation = generators.permutations[k] ?? {};
      observer.ids.set(generators.image(k, ids));
      const args = Object.fromEntries(Object.entries(binding.arguments).map(([name, v]) => [name, renameEverywhere(v, permutation)]));
      const twin = this.runner.runElsewhere(binding.action, args);
      const twinSuccessor = twin && this.apply(twin, observer.ids);
      const expected = successor && generators.image(k, successor);
      observer.ids.set(ids);
      if (expected?.join() !== twinSuccessor?.join()) throw this.wrong(binding, Object.keys(permutation));
    }
  };

  private apply(effect: Effect, ids: Uint32Array): Uint32Array {
    const next = ids.slice(0, this.observer.leaves.length);
    for (const [leaf, change] of effect) next[leaf] = this.changes.apply(this.observer.leaf(leaf), next[leaf] ?? 0, change);
    return next;
  }

  private wrong(binding: Binding, sets: readonly string[]): SpecError {
    return new SpecError(
      `the set ${sets.join(", ")} of ${this.instance.name} is declared symmetric, but ${this.runner.describe(binding)} does not treat its members alike; declare it ordered`,
    );
  }
}
