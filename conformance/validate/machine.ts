/**
 * A spec that is run step by step along a log, forwards and back. It costs as much as a step changes, not as much as the
 * state holds, and takes constants as large as a log needs: no domain is listed that need not be. Types are not checked.
 */
import { initialStates } from "../../explorer/interpret/index.ts";
import { nextState } from "../../explorer/interpret/next-state.ts";
import { conjunctText } from "../../explorer/interpret/step.ts";
import { Counted, NetworkValue, canonicalText, equal } from "../../specs/language/collections.ts";
import { LockstepError } from "../../specs/language/errors.ts";
import type { BoundAction, CallScope, Parameter, SpecInstance, State } from "../../specs/language/instantiate.ts";
import type { Arguments } from "../driver.ts";
import { Draft, isFields } from "../../specs/language/draft.ts";
import { LiveNetwork, NetworkDraft } from "./live-network.ts";
import type { Sent } from "./live-network.ts";

export interface Candidate {
  readonly action: string;
  readonly args: Arguments;
}

/** What one step takes back. */
interface Undo {
  readonly plain: Readonly<Record<string, unknown>>;
  readonly networks: readonly (readonly [LiveNetwork, Sent])[];
}

/** Texts of frozen values by identity: states share what did not change. */
const texts = new WeakMap<object, string>();
const textOf = (value: unknown): string => {
  if (!isFields(value)) return canonicalText(value);
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = `{${Object.keys(value)
    .sort()
    .map((k) => `${k}:${textOf(value[k])}`)
    .join(",")}}`;
  if (Object.isFrozen(value)) texts.set(value, text);
  return text;
};

export class Machine {
  /** What guards read. The networks in it change in place. */
  now: State;
  private readonly networks: ReadonlyMap<string, LiveNetwork>;
  private readonly undos: Undo[] = [];
  private readonly actions: ReadonlyMap<string, BoundAction>;
  private readonly members = new Map<Parameter, ReadonlySet<unknown>>();

  constructor(readonly instance: SpecInstance) {
    const [initial, ...others] = initialStates(instance);
    if (initial === undefined || others.length > 0)
      throw new LockstepError("load", `${instance.name} has ${String(others.length + 1)} initial states; a log is followed from one`);
    const networks = Object.entries(initial).flatMap(([name, v]): [string, LiveNetwork][] =>
      v instanceof NetworkValue ? [[name, new LiveNetwork((v as NetworkValue<unknown>).entries(), v.by)]] : [],
    );
    this.networks = new Map(networks);
    this.now = Object.freeze({ ...initial, ...Object.fromEntries(networks) });
    this.actions = new Map(instance.actions.map((a) => [a.name, a]));
  }

  /** How many steps can be taken back. */
  get depth(): number {
    return this.undos.length;
  }

  action(name: string): BoundAction | undefined {
    return this.actions.get(name);
  }
  private scope(): CallScope {
    return { now: this.now, constants: this.instance.constants, design: this.instance.design };
  }
  private isMember(parameter: Parameter, scope: CallScope, value: unknown): boolean {
    if (parameter.kind === "state") {
      for (const member of parameter.of(scope)) if (equal(member, value)) return true;
      return false;
    }
    const members = this.members.get(parameter) ?? new Set(parameter.members);
    this.members.set(parameter, members);
    return members.has(value) || (typeof value === "object" && parameter.members.some((m) => equal(m, value)));
  }

  /** Why the step is not allowed: an argument outside its domain, or the first conjunct that is false. */
  refusal({ action: name, args }: Candidate): string | undefined {
    const action = this.actions.get(name);
    if (action === undefined) return `the spec has no action ${name}`;
    const scope = { ...this.scope(), ...args };
    for (const parameter of action.parameters) {
      const value = args[parameter.name];
      if (!this.isMember(parameter, scope, value)) return `${parameter.name} = ${canonicalText(value)} is not possible here`;
    }
    const at = action.conjuncts.findIndex((conjunct) => conjunct(scope) !== true);
    return at < 0 ? undefined : `the guard is false: ${conjunctText(action, at)}`;
  }

  /** Takes a step that is allowed. Returns the messages that are now pending once more than before. */
  step({ action: name, args }: Candidate): readonly Sent[] {
    const action = this.actions.get(name);
    if (action === undefined) throw new LockstepError("usage", `${this.instance.name} has no action ${name}`);
    const plain = Object.fromEntries(Object.entries(this.now).filter(([k]) => !this.networks.has(k)));
    const draft = new Draft(plain);
    const drafts = [...this.networks].map(([k, network]) => [k, network, new NetworkDraft(k, network)] as const);
    const next: Record<string, unknown> = {};
    const others = this.instance.variables.filter((v) => !this.networks.has(v.name));
    Object.defineProperties(next, Object.getOwnPropertyDescriptors(nextState(others, draft.proxy)));
    for (const [k, , networkDraft] of drafts) next[k] = networkDraft;
    action.then({ ...this.scope(), ...args, next });
    this.now = Object.freeze({ ...draft.finish(), ...Object.fromEntries(this.networks) });
    const undone: (readonly [LiveNetwork, Sent])[] = [];
    const sent: Sent[] = [];
    for (const [, network, networkDraft] of drafts)
      for (const change of networkDraft.changes.values()) {
        const before = network.put(change.text, change.message, change.count);
        undone.push([network, { ...change, count: before }]);
        if ((change.count ?? 0) > (before ?? 0)) sent.push(change);
      }
    this.undos.push({ plain, networks: undone });
    return sent;
  }

  undo(): void {
    const undo = this.undos.pop();
    if (undo === undefined) return;
    for (const [network, { text, message, count }] of undo.networks) network.put(text, message, count);
    this.now = Object.freeze({ ...undo.plain, ...Object.fromEntries(this.networks) });
  }

  /** Every choice of arguments for which the action is allowed. `only` narrows domains that would be too large to list. */
  choices(name: string, only: Readonly<Record<string, readonly unknown[]>> = {}): readonly Candidate[] {
    const action = this.actions.get(name);
    if (action === undefined) return [];
    const found: Candidate[] = [];
    const choose = (at: number, scope: CallScope, args: Arguments): void => {
      const parameter = action.parameters[at];
      if (parameter === undefined) {
        if (action.conjuncts.every((conjunct) => conjunct(scope) === true)) found.push({ action: name, args });
        return;
      }
      const domain = only[parameter.name] ?? (parameter.kind === "static" ? parameter.members : parameter.of(scope));
      for (const value of domain) choose(at + 1, { ...scope, [parameter.name]: value }, { ...args, [parameter.name]: value });
    };
    choose(0, this.scope(), {});
    return found;
  }

  /** Equal states have equal keys; states whose networks differ have different ones with near certainty. */
  key(): string {
    return Object.entries(this.now)
      .map(([name, value]) => this.networks.get(name)?.key ?? (value instanceof Counted ? canonicalText(value) : textOf(value)))
      .join("|");
  }
}
