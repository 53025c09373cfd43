/** Verdicts on packed states: a decision tree over their bits, learnt by running the predicates. */
import { SpecError } from "../../../specs/language/errors.ts";
import type { DecisionGraph } from "../kernel/decision-graph.ts";
import type { Observer } from "../tracked/observer.ts";
import type { PackedLayout } from "../tracked/packed-layout.ts";
import type { PackedTests } from "./packed-tests.ts";
import type { PredicateSet, Verdicts } from "./predicates.ts";

/** Looked at after this many runs: if more than half of the evaluations since were runs, remembering is given up. */
const TRIAL = 1 << 16;

export class PackedPredicates implements Verdicts {
  private readonly tree: number;
  /** A result is a place here. */
  private readonly verdicts = [0];
  private readonly numbers = new Map<number, number>();
  private evaluations = 0;
  private runs = 0;
  private direct: boolean;

  constructor(
    private readonly set: PredicateSet,
    private readonly graph: DecisionGraph,
    private readonly tests: PackedTests,
    private readonly layout: PackedLayout,
    private readonly observer: Observer,
    memoise: boolean,
  ) {
    this.direct = !memoise;
    this.tree = graph.addTree();
  }

  get allHold(): number {
    return this.set.allHold;
  }

  get pairs(): boolean {
    return this.set.pairs;
  }

  evaluate(words: Uint32Array, base: number): number {
    if (this.direct) {
      this.show(words, base);
      return this.set.audited();
    }
    this.evaluations++;
    const found = this.graph.find(this.tree, words, base);
    return found !== 0 ? (this.verdicts[found] ?? 0) : this.learn(words, base);
  }

  private learn(words: Uint32Array, base: number): number {
    this.show(words, base);
    const verdict = this.set.recorded();
    let result = this.numbers.get(verdict);
    if (result === undefined) {
      result = this.verdicts.push(verdict) - 1;
      this.numbers.set(verdict, result);
    }
    if (!this.graph.insert(this.tree, this.tests.of(this.observer.seen), words, base, result))
      throw new SpecError(
        `${this.set.what}s (${this.set.predicates.map((p) => p.name).join(", ")}) are not pure: they read other parts of the state than in an equal situation before`,
      );
    if (++this.runs % TRIAL === 0) this.reconsider();
    return verdict;
  }

  private reconsider(): void {
    if (this.evaluations < 2 * TRIAL) {
      this.direct = true;
      this.graph.cut(this.tree);
    }
    this.evaluations = 0;
  }

  private show(words: Uint32Array, base: number): void {
    this.layout.decode(words, base, this.observer.ids);
    if (this.set.pairs) this.layout.decode(words, base + this.layout.words, this.observer.ids, this.layout.leaves.length);
  }
}
