/**
 * Is a set declared symmetric really symmetric? Each time user code runs on new answers, it is run again on the state
 * with the members of the set permuted: the effect must be the permuted effect, and a predicate must say the same.
 * Since results are remembered by what was observed, this covers every step and every state of the search. Initial
 * states need no symmetry: what is reached from a permuted one is the permutation of what is reached.
 */
import type { Permutation } from "../../../specs/language/codec.ts";
import { canonicalText } from "../../../specs/language/collections.ts";
import { SpecError } from "../../../specs/language/errors.ts";
import type { CallScope, SpecInstance } from "../../../specs/language/instantiate.ts";
import type { ActionRunner, Binding, Effect } from "../remember/action-runner.ts";
import type { Changes } from "../tracked/draft.ts";
import type { Observer } from "../tracked/observer.ts";
import type { PredicateSet } from "../remember/predicates.ts";
import { renameEverywhere } from "../quotient/symmetry.ts";
import type { LeafPermutations } from "../quotient/symmetry.ts";

/** So many permuted states are looked at by `checkState`. */
const MAX_STATES = 5_000;

/** Lists in domains often stand for sets, in the order in which those happened to be enumerated. */
const unordered = (value: unknown): string => (Array.isArray(value) ? `[${value.map(unordered).sort().join(",")}]` : canonicalText(value));

/** Are the twin's values the renamed ones, as sets? */
const isRenaming = (values: readonly unknown[], twin: readonly unknown[], permutation: Permutation): boolean => {
  const expected = new Set(values.map((v) => unordered(renameEverywhere(v, permutation))));
  const actual = new Set(twin.map(unordered));
  return expected.size === actual.size && [...actual].every((text) => expected.has(text));
};

export class SymmetryCheck {
  constructor(
    private readonly instance: SpecInstance,
    private readonly permutations: LeafPermutations,
    private readonly observer: Observer,
    private readonly runner: ActionRunner,
    private readonly changes: Changes,
    private readonly scope: CallScope,
  ) {}

  /** To be called with the binding that was just run on the state in the observer, and its effect. */
  readonly check = (binding: Binding, effect: Effect | undefined): void => {
    const { observer, permutations } = this;
    const ids = observer.ids.slice();
    const successor = effect && this.apply(effect, ids);
    for (let k = 0; k < permutations.permutations.length; k++) {
      const permutation = permutations.permutations[k] ?? {};
      observer.ids.set(permutations.image(k, ids));
      const twin = this.runner.runElsewhere(binding.action, this.renamed(binding, permutation));
      const twinSuccessor = twin && this.apply(twin, observer.ids);
      const expected = successor && permutations.image(k, successor);
      observer.ids.set(ids);
      if (expected?.join() !== twinSuccessor?.join()) throw this.wrong(this.runner.describe(binding), permutation);
    }
  };

  /** To be called with the values that the domain of the next parameter has just given on the state in the observer. */
  readonly checkDomain = (binding: Binding, values: readonly unknown[]): void => {
    const { observer, permutations } = this;
    const ids = observer.ids.slice();
    for (let k = 0; k < permutations.permutations.length; k++) {
      const permutation = permutations.permutations[k] ?? {};
      observer.ids.set(permutations.image(k, ids));
      const twin = this.runner.domainElsewhere(binding.action, this.renamed(binding, permutation));
      observer.ids.set(ids);
      if (!isRenaming(values, twin, permutation)) throw this.wrong(`a domain of ${this.runner.describe(binding)}`, permutation);
    }
  };

  /** Domains that do not depend on the state are looked at once, beforehand. */
  checkStaticDomains(): void {
    for (const { name, parameters } of this.instance.actions)
      for (const parameter of parameters)
        for (const permutation of this.permutations.permutations)
          if (parameter.kind === "static" && !isRenaming(parameter.members, parameter.members, permutation))
            throw this.wrong(`the domain of ${parameter.name} in ${name}`, permutation);
  }

  /** To be called with vectors of leaf ids that need not be representatives: what is observed of those may never be news. */
  checkState(ids: Uint32Array): void {
    const { observer, permutations, instance } = this;
    const predicates = [...instance.invariants, ...instance.witnesses, ...instance.constraints];
    const verdicts = (vector: Uint32Array): unknown[] => {
      observer.ids.set(vector);
      return predicates.map((p) => p.test(this.scope));
    };
    const here = verdicts(ids);
    for (let k = 0; k < permutations.permutations.length && this.states < MAX_STATES; k++, this.states++) {
      const at = verdicts(permutations.image(k, ids)).findIndex((verdict, i) => verdict !== here[i]);
      const wrong = predicates[at];
      if (wrong !== undefined) throw this.wrong(wrong.name, permutations.permutations[k] ?? {});
    }
    observer.ids.set(ids);
  }
  private states = 0;

  private renamed(binding: Binding, permutation: Permutation): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Object.entries(binding.arguments).map(([name, v]) => [name, renameEverywhere(v, permutation)]));
  }

  /** To be called with predicates that were just evaluated on the state (or step) in the observer. */
  readonly checkPredicates = (set: PredicateSet, verdict: number, again: () => number): void => {
    const { observer, permutations } = this;
    const ids = observer.ids.slice();
    const n = observer.leaves.length;
    for (let k = 0; k < permutations.permutations.length; k++) {
      observer.ids.set(permutations.image(k, ids));
      if (set.pairs) observer.ids.set(permutations.image(k, ids.subarray(n)), n);
      const different = again() ^ verdict;
      observer.ids.set(ids);
      if (different === 0) continue;
      const name = set.predicates[31 - Math.clz32(different & -different)]?.name ?? "";
      throw this.wrong(`${set.what} ${name}`, permutations.permutations[k] ?? {});
    }
  };

  private apply(effect: Effect, ids: Uint32Array): Uint32Array {
    const next = ids.slice(0, this.observer.leaves.length);
    for (const [leaf, change] of effect) next[leaf] = this.changes.apply(this.observer.leaf(leaf), next[leaf] ?? 0, change);
    return next;
  }

  private wrong(who: string, permutation: Permutation): SpecError {
    const sets = Object.entries(permutation).flatMap(([name, images]) => ([...images].some(([from, to]) => from !== to) ? [name] : []));
    return new SpecError(
      `the set ${sets.join(", ")} of ${this.instance.name} is declared symmetric, but ${who} does not treat its members alike; declare it ordered`,
    );
  }
}
