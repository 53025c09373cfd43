/** Invariants, witnesses, constraints and action properties, evaluated together and remembered by what they observe. */
import { SpecError, messageOf } from "../../../specs/language/errors.ts";
import type { CallScope, Named, Predicate } from "../../../specs/language/instantiate.ts";
import type { Layout } from "../tracked/layout.ts";
import { GrowingArray } from "../kernel/memo-table.ts";
import { TableFull } from "../kernel/pair-table.ts";
import type { Observer } from "../tracked/observer.ts";
import { Footprint } from "./footprint.ts";
import type { RunSample } from "./run-sample.ts";

/** Looked at after this many evaluations: fewer hits than half, and remembering is given up. */
const TRIAL = 8_192;
/** A set holds no more: its verdict is a mask of bits. */
export const MAX_PREDICATES = 30;

/** Gives verdicts on states. */
export interface Verdicts {
  /** The verdict where all are true. */
  readonly allHold: number;
  /** Of steps: a vector holds a state and its successor. */
  readonly pairs: boolean;
  /** Bit i is set where predicate i is true of the state that starts at `base`; `isComplete`: the inner pairs follow it. */
  evaluate(vector: Uint32Array, base: number, isComplete?: boolean): number;
}

export class PredicateSet implements Verdicts {
  readonly footprint: Footprint;
  /** Per key of the footprint: twice the verdict, +1; 0 where there is none yet. */
  private verdicts = new GrowingArray();
  private lookups = 0;
  private misses = 0;
  private direct: boolean;
  /** The verdict where all are true. */
  readonly allHold: number;
  /** Called after each run, while what it observes is recorded; used to check symmetric sets. */
  onRun: ((set: PredicateSet, verdict: number, again: () => number) => void) | undefined;
  /** Is it asked for what the predicates observe, even where nothing is remembered? */
  watched = false;

  constructor(
    readonly predicates: readonly Named<Predicate>[],
    readonly what: string,
    private readonly scope: CallScope,
    private readonly layout: Layout,
    private readonly observer: Observer,
    private readonly describeState: () => string,
    private readonly sample: RunSample,
    options: { readonly pairs: boolean; readonly memoise: boolean },
  ) {
    this.footprint = new Footprint(layout, observer, options.pairs);
    this.direct = !options.memoise;
    this.allHold = (1 << predicates.length) - 1;
  }

  /** Bit i is set where predicate i is true of the clusters that start at `base`; `isComplete`: the inner pairs follow them. */
  evaluate(vector: ArrayLike<number>, base: number, isComplete = false): number {
    if (this.direct) return this.evaluateDirectly(vector, base);
    const k = this.footprint.key(vector, base, isComplete);
    if (++this.lookups % TRIAL === 0) this.reconsider();
    const verdict = this.verdicts.get(k);
    if (verdict !== 0) return verdict >>> 1;
    this.misses++;
    return this.evaluateAnew(vector, base, isComplete);
  }

  private evaluateDirectly(vector: ArrayLike<number>, base: number): number {
    this.show(vector, base);
    if (!this.watched) return this.audited();
    const verdict = this.recorded();
    this.footprint.learn(this.observer.seen);
    return verdict;
  }

  private evaluateAnew(vector: ArrayLike<number>, base: number, isComplete: boolean): number {
    this.show(vector, base);
    const verdict = this.recorded();
    if (this.footprint.learn(this.observer.seen)) this.verdicts = new GrowingArray();
    this.verdicts.set(this.footprint.key(vector, base, isComplete), (verdict << 1) | 1);
    return verdict;
  }

  /** The verdict on the state in the observer, by running the predicates; what they observe is then what the observer has seen. */
  recorded(): number {
    this.observer.begin();
    try {
      return this.audited();
    } finally {
      this.observer.recording = false;
    }
  }

  /** The same, without noting what is observed. */
  audited(): number {
    const verdict = this.run();
    if (this.sample.isTaken() && this.run() !== verdict)
      throw new SpecError(
        `${this.what}s (${this.predicates.map((p) => p.name).join(", ")}) are not pure: evaluated twice in one state, one of them gives two answers`,
      );
    this.onRun?.(this, verdict, this.again);
    return verdict;
  }

  /** Do they look at the next state, too? */
  get pairs(): boolean {
    return this.footprint.pairs;
  }

  private readonly again = (): number => this.run();

  private show(vector: ArrayLike<number>, base: number): void {
    const { layout, observer } = this;
    layout.decodeAll(vector, base, observer.ids);
    if (this.pairs) layout.decodeAll(vector, base + layout.clusters.length, observer.ids, observer.leaves.length);
  }

  private run(): number {
    let verdict = 0;
    for (let i = 0; i < this.predicates.length; i++) {
      const predicate = this.predicates[i];
      let holds: unknown;
      try {
        holds = predicate?.test(this.scope);
      } catch (error) {
        if (error instanceof TableFull) throw error;
        throw new SpecError(`${this.what} ${predicate?.name ?? ""} threw ${messageOf(error)} in the state ${this.describeState()}`, {
          cause: error,
        });
      }
      if (typeof holds !== "boolean")
        throw new SpecError(`${this.what} ${predicate?.name ?? ""} gives ${String(holds)} instead of true or false`);
      if (holds) verdict |= 1 << i;
    }
    return verdict;
  }

  private reconsider(): void {
    if (this.misses > TRIAL / 2) {
      this.direct = true;
      this.footprint.forget();
      this.verdicts = new GrowingArray();
    }
    this.misses = 0;
  }

  get bytes(): number {
    return this.footprint.bytes + this.verdicts.data.byteLength;
  }
}
