/**
 * Runs the user code of a spec against the state in the observer, at most once for each set of answers that it
 * observes: which parameters a domain gives, whether a guard holds and what an effect changes are all remembered in a
 * decision tree. Where that does not pay, the code is simply run.
 */
import { Counted, SetValue, canonicalText } from "../../../specs/language/collections.ts";
import { SpecError, messageOf } from "../../../specs/language/errors.ts";
import type { BoundAction, CallScope, SpecInstance } from "../../../specs/language/instantiate.ts";
import { DecisionTree, MISS } from "./decision-tree.ts";
import type { Draft, LeafChange } from "../tracked/draft.ts";
import { GrowingArray } from "../kernel/memo-table.ts";
import { TableFull } from "../kernel/pair-table.ts";
import type { Observer } from "../tracked/observer.ts";

/** An action with some or all of its parameters chosen. */
export interface Binding {
  readonly id: number;
  readonly action: number;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly complete: boolean;
  /** The next parameter's choices, if they do not depend on the state. */
  readonly choices: readonly Binding[] | undefined;
}
interface OwnBinding extends Binding {
  choices: readonly Binding[] | undefined;
  readonly guardScope: CallScope;
  readonly effectScope: CallScope;
  readonly children: Map<string, OwnBinding>;
  root: number;
  epoch: number;
}

export type Effect = readonly LeafChange[];

/** An action whose results are found for less than a quarter of this many look-ups in a row is run directly from then on. */
const TRIAL = 4_096;
/** An action with so many choices is asked first whether it depends on them that it is disabled. */
const MANY_CHOICES = 64;
/** Trees are forgotten when they have grown to this many nodes. */
const MAX_NODES = 1 << 22;
/** Purity is checked by running twice: each action's first runs, and then one in so many. */
const CHECKED_RUNS = 16;
const CHECK_EVERY = 64;

const argumentsText = (args: Readonly<Record<string, unknown>>): string =>
  Object.entries(args)
    .map(([k, v]) => `${k}=${typeof v === "string" || typeof v === "number" ? String(v) : canonicalText(v)}`)
    .join(", ");

/** A copy that no longer looks at the state: what a domain takes out of `now` must stay what it was. */
const settled = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof SetValue) return new SetValue(value.entries());
  if (value instanceof Counted) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(settled));
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([k, v]) => [k, settled(v)])));
};

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
  private readonly runs: number[];
  private readonly shown: number[] = [];
  private readonly direct: boolean[];
  /** Called after each run of a guard and effect whose result is news; used to check symmetric sets. */
  onRun: ((binding: Binding, effect: Effect | undefined) => void) | undefined;
  /** The same for domains, with the values that they give. */
  onDomain: ((binding: Binding, values: readonly unknown[]) => void) | undefined;
  /** Called with what a run observed. While it is set, runs are recorded even where nothing is remembered of them. */
  onObserved: ((observations: readonly number[]) => void) | undefined;

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
    this.runs = zeros();
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
      child = this.bind(binding.action, { ...binding.arguments, [name]: settled(value) });
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
    if (binding.choices !== undefined && binding.choices.length >= MANY_CHOICES && this.isRuledOut(binding)) return;
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
    const found = this.tree.lookup(this.rootOf(binding));
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
      const effect = this.unremembered(() => this.runAction(binding));
      if (this.isShown(binding.action)) this.onRun?.(binding, effect);
      return effect;
    }
    const found = this.tree.lookup(this.rootOf(binding));
    if (found !== MISS) return found === 0 ? undefined : this.effects[found];
    const effect = this.recorded(binding, () => this.runAction(binding));
    this.remember(binding, effect === undefined ? 0 : this.effects.push(effect) - 1);
    this.onRun?.(binding, effect);
    return effect;
  }

  private domainOf(binding: OwnBinding): readonly OwnBinding[] {
    if (this.isDirect(binding)) {
      const domain = this.unremembered(() => this.runDomain(binding));
      if (this.onDomain !== undefined && this.isShown(binding.action)) this.onDomain(binding, this.valuesOf(binding, domain));
      return domain;
    }
    const found = this.tree.lookup(this.rootOf(binding));
    if (found !== MISS) return this.domains[found] ?? [];
    const domain = this.recorded(binding, () => this.runDomain(binding));
    this.remember(binding, this.domains.push(domain) - 1);
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

  /** Where nothing is remembered, many runs of an action count as news, and then one in so many. */
  private isShown(action: number): boolean {
    const runs = (this.shown[action] = (this.shown[action] ?? 0) + 1);
    return runs <= TRIAL || runs % CHECK_EVERY === 0;
  }

  private isSample(action: number): boolean {
    const runs = this.runs[action] ?? 0;
    return runs <= CHECKED_RUNS || runs % CHECK_EVERY === 0;
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
    this.runs[binding.action] = (this.runs[binding.action] ?? 0) + 1;
    if (this.isSample(binding.action)) {
      const second = this.runOnce(binding);
      if (JSON.stringify(first) !== JSON.stringify(second)) throw this.impure(binding, "gives different results when run twice");
    }
    return first;
  }

  private runOnce(binding: OwnBinding): Effect | undefined {
    const { conjuncts, then } = this.actionOf(binding);
    try {
      for (const conjunct of conjuncts) {
        const holds = conjunct(binding.guardScope);
        if (typeof holds !== "boolean") throw new TypeError(`a conjunct of its guard gives ${String(holds)} instead of true or false`);
        if (!holds) return undefined;
      }
      this.draft.begin();
      then(binding.effectScope);
      return this.draft.finish();
    } catch (error) {
      throw this.failure(binding, error);
    }
  }

  private runDomain(binding: OwnBinding): readonly OwnBinding[] {
    const parameter = this.actionOf(binding).parameters[Object.keys(binding.arguments).length];
    if (parameter?.kind !== "state") throw new RangeError("only a domain that depends on the state is run");
    try {
      // A domain is a set: what it names twice counts once.
      return [...new Set(Array.from(parameter.of(binding.guardScope), (value) => this.child(binding, parameter.name, value)))];
    } catch (error) {
      throw this.failure(binding, error);
    }
  }

  /** `ReceiveSV(r=3, m={…})`. */
  describe(binding: Binding): string {
    return `${this.actionOf(binding).name}(${argumentsText(binding.arguments)})`;
  }
  private impure(binding: Binding, how: string): SpecError {
    return new SpecError(`action ${this.describe(binding)} is not pure: it ${how}; actions may depend on now and their parameters only`);
  }
  /** Names the action in an error of a change that was made without running it again. */
  failureLater(action: number, error: unknown): Error {
    if (!(error instanceof SpecError)) return error instanceof Error ? error : new Error(messageOf(error));
    return new SpecError(`action ${this.instance.actions[action]?.name ?? ""}: ${error.message}`, { cause: error });
  }
  /** Turns what user code threw into an error that names the action and the state. */
  failure(binding: Binding, error: unknown): Error {
    if (error instanceof Error && error.name === "TableFull") return error;
    const message = messageOf(error);
    const where = `action ${this.describe(binding)} in the state ${this.describeState()}`;
    if (error instanceof TypeError && /read.only|only a getter|not extensible|Cannot delete/i.test(message))
      return new SpecError(`${where}: writes to now, which is read-only; write to next (${message})`, { cause: error });
    return new SpecError(`${where}: ${error instanceof SpecError ? message : `threw ${message}`}`, { cause: error });
  }
}
