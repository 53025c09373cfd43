/**
 * Is a set declared symmetric really symmetric? Each time user code runs, it is run again on the state with the members of
 * the set permuted: the effect must be the permuted effect, and a predicate must say the same. What the runs on permuted
 * states look at counts as looked at, so that a result is remembered only for states of which all images have been looked
 * at: this covers every step and every state of the search, whether results are remembered or not. Initial states need no
 * symmetry: what is reached from a permuted one is the permutation of what is reached.
 */
import type { Permutation } from "../../../specs/language/codec.ts";
import { canonicalText } from "../../../specs/language/collections.ts";
import { SpecError } from "../../../specs/language/errors.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import type { ActionRunner, Effect } from "../remember/action-runner.ts";
import type { Binding } from "../remember/binding.ts";
import type { Changes } from "../tracked/draft.ts";
import type { Observer } from "../tracked/observer.ts";
import type { PredicateSet } from "../remember/predicates.ts";
import { renameEverywhere } from "../quotient/symmetry.ts";
import type { LeafPermutations } from "../quotient/symmetry.ts";

const isSame = (a: Uint32Array | undefined, b: Uint32Array | undefined): boolean => {
  if (a === undefined || b === undefined) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

/** Lists in domains often stand for sets, in the order in which those happened to be enumerated. */
const unordered = (value: unknown): string => (Array.isArray(value) ? `[${value.map(unordered).sort().join(",")}]` : canonicalText(value));

/** Are the twin's values the renamed ones, as sets? */
const isRenaming = (values: readonly unknown[], twin: readonly unknown[], permutation: Permutation): boolean => {
  const expected = new Set(values.map((v) => unordered(renameEverywhere(v, permutation))));
  const actual = new Set(twin.map(unordered));
  return expected.size === actual.size && [...actual].every((text) => expected.has(text));
};

/** So many permutations are all looked at; of more, all that swap two members, and some of the others in turn. */
const ALL_PERMUTATIONS = 720;
const SOME_PERMUTATIONS = 100;

export class SymmetryCheck {
  /** Of the permutations that swap two members, their numbers. */
  private readonly swaps: readonly number[];
  private turn = 0;
  /** The images of the state that was looked at last: its actions are run one after the other. */
  private imagesOf = new Uint32Array(0);
  private images: (Uint32Array | undefined)[] = [];

  constructor(
    private readonly instance: SpecInstance,
    private readonly permutations: LeafPermutations,
    private readonly observer: Observer,
    private readonly runner: ActionRunner,
    private readonly changes: Changes,
  ) {
    const all = permutations.permutations;
    const moved = (p: Permutation): number =>
      Object.values(p).reduce((sum, images) => sum + [...images].filter(([from, to]) => from !== to).length, 0);
    this.swaps = all.length <= ALL_PERMUTATIONS ? [] : all.flatMap((p, k) => (moved(p) === 2 ? [k] : []));
  }

  /** Permutations looked at for each run of user code, and how many there are. */
  get share(): readonly [looked: number, of: number] {
    const of = this.permutations.permutations.length;
    return [of <= ALL_PERMUTATIONS ? of : Math.min(of, this.swaps.length + SOME_PERMUTATIONS), of];
  }

  private forEachPermutation(visit: (k: number, permutation: Permutation) => void): void {
    const all = this.permutations.permutations;
    const at = (k: number): void => visit(k, all[k] ?? {});
    if (all.length <= ALL_PERMUTATIONS) {
      for (let k = 0; k < all.length; k++) at(k);
      return;
    }
    this.swaps.forEach(at);
    for (let i = 0; i < SOME_PERMUTATIONS; i++) at(this.turn++ % all.length);
  }

  private image(k: number, ids: Uint32Array): Uint32Array {
    if (!isSame(this.imagesOf, ids)) {
      this.imagesOf = ids.slice();
      this.images = [];
    }
    return (this.images[k] ??= this.permutations.image(k, ids));
  }

  /**
   * Runs user code on an image of the state in the observer. What it looks at there is recorded as looked at here, so that
   * what is remembered of this run is not believed of a state whose images would tell otherwise.
   */
  private onImage<T>(k: number, image: Uint32Array, run: () => T): T {
    const { observer, permutations } = this;
    const { result, asked } = observer.elsewhere(image, run);
    for (let i = 0; i < asked.length; i += 3)
      observer.observe(...permutations.original(k, asked[i] ?? 0, asked[i + 1] ?? 0, asked[i + 2] ?? 0));
    return result;
  }

  /** To be called with the binding that was just run on the state in the observer, and its effect. */
  readonly check = (binding: Binding, effect: Effect | undefined): void => {
    const ids = this.present();
    const successor = effect && this.apply(effect, ids);
    this.forEachPermutation((k, permutation) => {
      const image = this.image(k, ids);
      const twin = this.onImage(k, image, () => this.runner.runElsewhere(binding.action, this.renamed(binding, permutation)));
      const twinSuccessor = twin && this.apply(twin, image);
      const expected = successor && this.permutations.image(k, successor);
      if (!isSame(expected, twinSuccessor)) throw this.wrong(this.runner.describe(binding), permutation);
    });
  };

  /** To be called with the values that the domain of the next parameter has just given on the state in the observer. */
  readonly checkDomain = (binding: Binding, values: readonly unknown[]): void => {
    const ids = this.present();
    this.forEachPermutation((k, permutation) => {
      const run = (): readonly unknown[] => this.runner.domainElsewhere(binding.action, this.renamed(binding, permutation));
      if (!isRenaming(values, this.onImage(k, this.image(k, ids), run), permutation))
        throw this.wrong(`a domain of ${this.runner.describe(binding)}`, permutation);
    });
  };

  /** Domains that do not depend on the state are looked at once, beforehand. */
  checkStaticDomains(): void {
    for (const { name, parameters } of this.instance.actions)
      for (const parameter of parameters)
        this.forEachPermutation((_, permutation) => {
          if (parameter.kind === "static" && !isRenaming(parameter.members, parameter.members, permutation))
            throw this.wrong(`the domain of ${parameter.name} in ${name}`, permutation);
        });
  }

  private present(): Uint32Array {
    return this.observer.ids.subarray(0, this.observer.leaves.length);
  }

  private renamed(binding: Binding, permutation: Permutation): Readonly<Record<string, unknown>> {
    return Object.fromEntries(Object.entries(binding.arguments).map(([name, v]) => [name, renameEverywhere(v, permutation)]));
  }

  /** To be called with predicates that were just evaluated on the state (or step) in the observer. */
  readonly checkPredicates = (set: PredicateSet, verdict: number, again: () => number): void => {
    const { observer, permutations } = this;
    const n = observer.leaves.length;
    const ids = observer.ids.slice();
    const both = new Uint32Array(ids.length);
    this.forEachPermutation((k, permutation) => {
      both.set(this.image(k, ids.subarray(0, n)));
      if (set.pairs) both.set(permutations.image(k, ids.subarray(n)), n);
      const different = this.onImage(k, both, again) ^ verdict;
      if (different === 0) return;
      const name = set.predicates[31 - Math.clz32(different & -different)]?.name ?? "";
      throw this.wrong(`${set.what} ${name}`, permutation);
    });
  };

  private apply(effect: Effect, ids: Uint32Array): Uint32Array {
    const next = ids.slice();
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
