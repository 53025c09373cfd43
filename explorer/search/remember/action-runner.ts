/**
 * Runs the user code of a spec against the state in the observer, at most once for each set of answers that it
 * observes: which parameters a domain gives, whether a guard holds and what an effect changes are all remembered in a
 * decision tree. Where that does not pay, the code is simply run.
 */
import { canonicalText, copyOf } from "../../../specs/language/equality.ts";
import { earlyOf } from "../../../specs/language/early-guard.ts";
import { SpecError, faultAt, messageOf } from "../../../specs/language/errors.ts";
import type { BoundAction, Predicate, SpecInstance } from "../../../specs/language/instantiate.ts";
import { CallError } from "./call-error.ts";
import type { Call } from "./call-error.ts";
import { DecisionTree, MISS } from "./decision-tree.ts";
import type { Draft, LeafChange } from "../tracked/draft.ts";
import { GrowingArray } from "../kernel/memo-table.ts";
import { TableFull } from "../kernel/pair-table.ts";
import type { Observer } from "../tracked/observer.ts";
import { argumentsText, isSameList } from "./binding.ts";
import type { Binding, OwnBinding } from "./binding.ts";
import { RunSample } from "./run-sample.ts";

export type Effect = readonly LeafChange[];

/** An action whose results are found for less than a quarter of this many look-ups in a row is run directly from then on. */
const TRIAL = 4_096;
/** An action with so many choices is asked first whether it depends on them that it is disabled. */
const MANY_CHOICES = 64;
/** Trees are forgotten when they have grown to this many nodes. */
const MAX_NODES = 1 << 22;

export class ActionRunner {
  readonly roots: readonly Binding[];

  /** The action of each binding, by its id. */
  readonly actionIds = new GrowingArray();
  private readonly bindings: OwnBinding[] = [];
  private readonly tree: DecisionTree;
  private epoch = 0;
  private domains: (readonly OwnBinding[])[] = [];
  private effects: Effect[] = [[]];
  private readonly lookups: number[];
  private readonly misses: number[];
  /** Per action: its runs, and those of its domains, that are made twice. */
  private readonly samples: readonly RunSample[];
  private readonly direct: boolean[];
  /** Called after each run of a guard and effect, while what it observes is recorded; used to check symmetric sets. */
  onRun: ((binding: Binding, effect: Effect | undefined) => void) | undefined;
  /** The same for domains, with the values that they give. */
  onDomain: ((binding: Binding, values: readonly unknown[]) => void) | undefined;
  /** Called with what a run observed. While it is set, runs are recorded even where nothing is remembered of them. */
  onObserved: ((observations: readonly number[]) => void) | undefined;
  /** Is `onObserved` called with what a remembered run observed, too? */
  repeatsObserved = false;

  constructor(
    private readonly instance: SpecInstance,
    private readonly observer: Observer,
    private readonly draft: Draft,
    private readonly now: object,
    private readonly describeState: () => string,
    private readonly memoise: boolean,
  ) {
    this.tree = new DecisionTree(observer);
    const zeros = (): number[] => instance.actions.map(() => 0);
    this.lookups = zeros();
    this.misses = zeros();
    this.samples = instance.actions.map(() => new RunSample());
    this.direct = instance.actions.map(() => !memoise);
    this.roots = instance.actions.map((_, action) => this.bind(action, {}));
  }

  /** Bytes of what is remembered of runs. */
  get bytes(): number {
    return this.tree.bytes;
  }

  binding(id: number): Binding {
    const binding = this.bindings[id];
    if (binding === undefined) throw new RangeError(`there is no binding ${String(id)}`);
    return binding;
  }

  private actionOf(binding: Binding): BoundAction {
    const action = this.instance.actions[binding.action];
    if (action === undefined) throw new RangeError(`there is no action ${String(binding.action)}`);
    return action;
  }

  private bind(action: number, args: Readonly<Record<string, unknown>>): OwnBinding {
    const { parameters } = this.instance.actions[action] ?? { parameters: [] };
    const depth = Object.keys(args).length;
    const common = { now: this.now, constants: this.instance.constants, design: this.instance.design, ...args };
    const binding: OwnBinding = {
      id: this.bindings.length,
      action,
      arguments: Object.freeze(args),
      complete: depth === parameters.length,
      open: parameters.slice(depth).reduce((n, p) => n * (p.kind === "static" ? p.members.length : 1), 1),
      choices: undefined,
      guardScope: Object.freeze(common),
      effectScope: Object.freeze({ ...common, next: this.draft.next }),
      children: new Map(),
      root: 0,
      epoch: -1,
    };
    this.actionIds.set(binding.id, action);
    this.bindings.push(binding);
    const parameter = parameters[depth];
    if (parameter?.kind === "static") binding.choices = parameter.members.map((m) => this.child(binding, parameter.name, m));
    return binding;
  }

  private child(binding: OwnBinding, name: string, value: unknown): OwnBinding {
    const key = canonicalText(value);
    let child = binding.children.get(key);
    if (child === undefined) {
      child = this.bind(binding.action, { ...binding.arguments, [name]: copyOf(value) });
      binding.children.set(key, child);
    }
    return child;
  }

  /** Calls `emit` for every enabled choice of the parameters still open in `binding`, in declaration order. */
  forEachEnabled(given: Binding, emit: (binding: Binding, effect: Effect) => void): void {
    const binding = given as OwnBinding; // every Binding was made by `bind`
    if (binding.complete) {
      const effect = this.effectOf(binding);
      if (effect === undefined) return;
      try {
        emit(binding, effect);
      } catch (error) {
        // Making the changes may fail, too, e.g. when a count becomes too large.
        throw error instanceof SpecError ? this.failure(binding, error) : error;
      }
      return;
    }
    if (binding.choices !== undefined && binding.open >= MANY_CHOICES && this.isRuledOut(binding)) return;
    for (const choice of binding.choices ?? this.domainOf(binding)) this.forEachEnabled(choice, emit);
  }

  /**
   * Is the action disabled whatever is chosen, by conjuncts that do not look at what is still open? Asked where there are
   * many choices: a guard that only looks at the state is then not run for each of them. While symmetric sets are checked,
   * every choice is shown to the check.
   */
  private isRuledOut(binding: OwnBinding): boolean {
    if (this.onRun !== undefined) return false;
    if (this.isDirect(binding)) return this.unremembered(() => this.ruledOut(binding));
    const found = this.lookup(binding);
    if (found !== MISS) return found !== 0;
    const result = this.recorded(binding, () => this.ruledOut(binding));
    this.remember(binding, result ? 1 : 0);
    return result;
  }

  private ruledOut(binding: OwnBinding): boolean {
    const { conjuncts, parameters } = this.actionOf(binding);
    const looked: string[] = [];
    const scope: Record<string, unknown> = { ...binding.guardScope };
    for (const { name } of parameters)
      if (!Object.hasOwn(scope, name))
        Object.defineProperty(scope, name, {
          enumerable: true,
          get: () => {
            looked.push(name);
            return undefined;
          },
        });
    try {
      for (const conjunct of conjuncts) {
        const holds = conjunct(scope);
        if (looked.length > 0 || typeof holds !== "boolean") return false;
        if (!holds) return true;
      }
      return false;
    } catch (error) {
      if (error instanceof TableFull) throw error;
      return false; // if it is at fault, it is so for a choice, too
    }
  }

  private lookup(binding: OwnBinding): number {
    const root = this.rootOf(binding);
    const found = this.tree.lookup(root);
    if (this.repeatsObserved && found !== MISS) this.onObserved?.(this.tree.path(root));
    return found;
  }

  private rootOf(binding: OwnBinding): number {
    if (binding.epoch !== this.epoch) {
      binding.epoch = this.epoch;
      binding.root = this.tree.addRoot();
    }
    return binding.root;
  }

  /** The effect of a complete binding in the present state; undefined if its guard does not hold. */
  effectOf(binding: OwnBinding): Effect | undefined {
    if (this.isDirect(binding)) {
      return this.unremembered(() => this.runAudited(binding));
    }
    const found = this.lookup(binding);
    if (found !== MISS) return found === 0 ? undefined : this.effects[found];
    const effect = this.recorded(binding, () => this.runAudited(binding));
    this.remember(binding, effect === undefined ? 0 : this.effects.push(effect) - 1);
    return effect;
  }

  /** The choices for the next parameter of a binding in the present state. */
  choicesOf(binding: Binding): readonly Binding[] {
    return binding.choices ?? this.domainOf(binding as OwnBinding); // made by `bind`
  }

  private domainOf(binding: OwnBinding): readonly OwnBinding[] {
    if (this.isDirect(binding)) {
      return this.unremembered(() => this.runDomainAudited(binding));
    }
    const found = this.lookup(binding);
    if (found !== MISS) return this.domains[found] ?? [];
    const domain = this.recorded(binding, () => this.runDomainAudited(binding));
    this.remember(binding, this.domains.push(domain) - 1);
    return domain;
  }

  /** Whoever checks runs sees all of them, whether they are remembered or not; what a check looks at is part of the run. */
  private runAudited(binding: OwnBinding): Effect | undefined {
    const effect = this.runAction(binding);
    try {
      this.onRun?.(binding, effect);
    } catch (error) {
      // What is at fault is the change: it shows where it is first made, in the image of a state.
      if (error instanceof CallError || !(error instanceof SpecError)) throw error;
      throw new CallError(`action ${this.describe(binding)}: ${error.message}`, this.callOf(binding), { cause: error });
    }
    return effect;
  }
  private runDomainAudited(binding: OwnBinding): readonly OwnBinding[] {
    const domain = this.runDomain(binding);
    if (this.samples[binding.action]?.isTaken() === true && !isSameList(domain, this.runDomain(binding)))
      throw this.impure(binding, "has a domain that gives different values when computed twice");
    this.onDomain?.(binding, this.valuesOf(binding, domain));
    return domain;
  }

  /** Counts the look-up, and decides whether remembering still pays for this action. */
  private isDirect(binding: Binding): boolean {
    const a = binding.action;
    if (this.direct[a] === true) return true;
    const lookups = (this.lookups[a] = (this.lookups[a] ?? 0) + 1);
    if (lookups % TRIAL === 0) {
      if ((this.misses[a] ?? 0) > 0.75 * TRIAL) this.direct[a] = true;
      this.misses[a] = 0;
    }
    return false;
  }

  private unremembered<T>(run: () => T): T {
    if (this.onObserved === undefined) return run();
    this.observer.begin();
    try {
      return run();
    } finally {
      this.observer.recording = false;
      this.onObserved(this.observer.seen);
    }
  }

  private recorded<T>(binding: Binding, run: () => T): T {
    const a = binding.action;
    this.misses[a] = (this.misses[a] ?? 0) + 1;
    this.observer.begin();
    try {
      return run();
    } finally {
      this.observer.recording = false;
    }
  }

  private remember(binding: OwnBinding, result: number): void {
    if (!this.tree.insert(this.rootOf(binding), result))
      throw this.impure(binding, "reads other parts of the state than in an equal situation before");
    this.onObserved?.(this.observer.seen);
    if (this.tree.size > MAX_NODES) this.forget();
  }

  /** Drops all that is remembered. */
  forget(): void {
    this.tree.clear();
    this.epoch++;
    this.domains = [];
    this.effects = [[]];
  }

  /** Runs an action with arguments that need not be in its domains, on the state in the observer. */
  runElsewhere(action: number, args: Readonly<Record<string, unknown>>): Effect | undefined {
    let binding = this.roots[action] as OwnBinding; // made by `bind`
    for (const [name, value] of Object.entries(args)) binding = this.child(binding, name, value);
    return this.runAction(binding);
  }

  /** Runs of actions and domains so far, and how many of them were made twice to see whether they are pure. */
  get purity(): { readonly runs: number; readonly checked: number } {
    const sum = (of: (s: RunSample) => number): number => this.samples.reduce((total, s) => total + of(s), 0);
    return { runs: sum((s) => s.runs), checked: sum((s) => s.taken) };
  }

  /** The values that a domain gives on the state in the observer, for arguments that need not be in their domains. */
  domainElsewhere(action: number, args: Readonly<Record<string, unknown>>): readonly unknown[] {
    let binding = this.roots[action] as OwnBinding; // made by `bind`
    for (const [name, value] of Object.entries(args)) binding = this.child(binding, name, value);
    return this.valuesOf(binding, this.runDomain(binding));
  }

  private valuesOf(binding: Binding, domain: readonly Binding[]): readonly unknown[] {
    const name = this.actionOf(binding).parameters[Object.keys(binding.arguments).length]?.name ?? "";
    return domain.map((b) => b.arguments[name]);
  }

  /** Runs guard and effect on the state in the observer, without remembering anything. */
  runAction(binding: OwnBinding): Effect | undefined {
    const first = this.runOnce(binding);
    if (this.samples[binding.action]?.isTaken() === true && JSON.stringify(first) !== JSON.stringify(this.runOnce(binding)))
      throw this.impure(binding, "gives different results when run twice");
    return first;
  }

  private runOnce(binding: OwnBinding): Effect | undefined {
    const { conjuncts, then } = this.actionOf(binding);
    try {
      if (!this.allHold(binding, conjuncts, conjuncts.length)) return undefined;
      this.draft.begin();
      then(binding.effectScope);
      return this.draft.finish();
    } catch (error) {
      throw this.failure(binding, error);
    }
  }

  /** Are the first so many conjuncts true? */
  private allHold(binding: OwnBinding, conjuncts: readonly Predicate[], count: number): boolean {
    for (let i = 0; i < count; i++) {
      const holds = conjuncts[i]?.(binding.guardScope);
      if (typeof holds !== "boolean") throw new TypeError(`a conjunct of its guard gives ${String(holds)} instead of true or false`);
      if (!holds) return false;
    }
    return true;
  }

  private runDomain(binding: OwnBinding): readonly OwnBinding[] {
    const action = this.actionOf(binding);
    const chosen = Object.keys(binding.arguments).length;
    const parameter = action.parameters[chosen];
    if (parameter?.kind !== "state") throw new RangeError("only a domain that depends on the state is run");
    try {
      // Behind a guard that is false already there is nothing to choose.
      if (!this.allHold(binding, action.conjuncts, earlyOf(action)[chosen] ?? 0)) return [];
      // A domain is a set: what it names twice counts once.
      return [...new Set(Array.from(parameter.of(binding.guardScope), (value) => this.child(binding, parameter.name, value)))];
    } catch (error) {
      throw this.failure(binding, error);
    }
  }

  private callOf(binding: Binding): Call {
    const { name, location } = this.actionOf(binding);
    return { action: name, arguments: binding.arguments, location };
  }
  /** `ReceiveSV(r=3, m={…})`. */
  describe(binding: Binding): string {
    return `${this.actionOf(binding).name}(${argumentsText(binding.arguments)})`;
  }
  private impure(binding: Binding, how: string): SpecError {
    return new CallError(
      `action ${this.describe(binding)} is not pure: it ${how}; actions may depend on now and their parameters only`,
      this.callOf(binding),
    );
  }
  /** Names the action in an error of a change that was made without running it again. */
  failureLater(action: number, error: unknown): Error {
    if (!(error instanceof SpecError)) return error instanceof Error ? error : new Error(messageOf(error));
    return new SpecError(`action ${this.instance.actions[action]?.name ?? ""}: ${error.message}`, { cause: error });
  }
  /** Turns what user code threw into an error that names the action and the state. */
  failure(binding: Binding, error: unknown): Error {
    if (error instanceof Error && error.name === "TableFull") return error;
    const { message } = faultAt(`action ${this.describe(binding)} in the state ${this.describeState()}`, error);
    return new CallError(message, this.callOf(binding), { cause: error });
  }
}
