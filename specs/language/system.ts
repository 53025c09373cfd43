/**
 * How a spec is written: a `system` declares constants, design switches and variables, and makes actions, domains and
 * predicates that are typed by them; `system.spec({…})` puts them together under their TLA+ names.
 */
import type { ConstantDeclarations, ConstantsOf } from "./constants.ts";
import type { Bag, FiniteSet, Network } from "./collections.ts";
import type { Next, Now, ValueOf, Variables } from "./types.ts";
import type { Index, Indexed, NamedBy, Scalar, ValueSet } from "./value-set.ts";

/** A design switch: a named choice, with the default first. */
export type Choice = string | boolean;
export type DesignDeclarations = Readonly<Record<string, readonly [Choice, ...Choice[]]>>;
export type DesignOf<D extends DesignDeclarations> = { readonly [K in keyof D]: D[K][number] };

/** What every piece of a spec may read. */
export interface Scope<V extends Variables, C, D> {
  /** The unprimed state. */
  readonly now: Now<V>;
  readonly constants: C;
  readonly design: D;
}

/** Stored user code: it is typed where it is written and called through the one boundary `call`. */
export type UserFunction = (scope: never) => unknown;

/** A domain that depends on the state, and possibly on parameters declared before it. */
export interface StateDomain<T> {
  readonly kind: "state-domain";
  readonly needs: readonly string[];
  readonly of: (scope: never) => Iterable<T>;
}
export type Domain<T = unknown> =
  (T extends Scalar ? ValueSet<T> : never) | ValueSet | Iterable<T> | ((constants: never) => Iterable<T>) | StateDomain<T>;
export type Parameters = Readonly<Record<string, Domain>>;
type ElementOf<X> =
  X extends ValueSet<infer K>
    ? K
    : X extends StateDomain<infer T>
      ? T
      : X extends Iterable<infer T>
        ? T
        : X extends (constants: never) => Iterable<infer T>
          ? T
          : never;
export type Arguments<P extends Parameters> = { readonly [K in keyof P]: ElementOf<P[K]> };

/** A guard is a conjunction, given as its conjuncts so that an explanation can name the false one. */
type Guard<S> = ((scope: S) => boolean) | readonly ((scope: S) => boolean)[];

export interface Action {
  readonly kind: "action";
  readonly parameters: Parameters;
  readonly when: readonly UserFunction[];
  readonly then: UserFunction;
  /** Where the action was written, `file:line`. */
  readonly location: string;
}
/** An effect on one process's own variables that must change nothing that matters: see `reduction`. */
export interface Reduction {
  readonly kind: "reduction";
  readonly parameters: Parameters;
  readonly then: UserFunction;
}

type InitValue<T> =
  T extends FiniteSet<infer E>
    ? Iterable<E>
    : T extends Bag<infer B>
      ? Iterable<B>
      : T extends Network<infer M>
        ? Iterable<M>
        : T extends readonly unknown[]
          ? T
          : T extends Indexed<infer W>
            ? Indexed<InitValue<W>>
            : T extends NamedBy<infer W>
              ? NamedBy<InitValue<W>>
              : T extends object
                ? { readonly [K in keyof T]: InitValue<T[K]> }
                : T;
/** An initial state; sets, bags and networks may be given as arrays, wherever they lie. */
export type Init<V extends Variables> = { readonly [K in keyof V]: InitValue<ValueOf<V[K]>> };

/** How a behaviour is drawn where messages are not the story: who does what, and what is kept where. */
export interface LanesDeclaration<S> {
  /** The lane of whoever does an action (a thread, a client, the disk); "" for what happens to all. */
  readonly actor: (action: string, argumentsByName: Readonly<Record<string, unknown>>) => string;
  /** What is kept where, as a short text that is shown when it changes: memory, page cache, disk. */
  readonly stores: Readonly<Record<string, (scope: S) => string>>;
}

export interface SpecParts<V extends Variables, C, D> {
  /** One initial state or several. */
  readonly init: (scope: { readonly constants: C; readonly design: D }) => Init<V> | readonly Init<V>[];
  readonly actions: Readonly<Record<string, Action>>;
  readonly invariants?: Readonly<Record<string, (scope: Scope<V, C, D>) => boolean>>;
  /** TLA+ `[][P]_vars`: must be true of every step; `next` is the successor. */
  readonly actionProperties?: Readonly<Record<string, (scope: Scope<V, C, D> & { readonly next: Now<V> }) => boolean>>;
  /** TLC's CONSTRAINT: states where one is false are generated and checked, but neither counted nor expanded. */
  readonly constraints?: Readonly<Record<string, (scope: Scope<V, C, D>) => boolean>>;
  /** TLC's ACTION_CONSTRAINT: a step where one is false is generated, and the invariants of its end checked, but it leads nowhere. */
  readonly actionConstraints?: Readonly<Record<string, (scope: Scope<V, C, D> & { readonly next: Now<V> }) => boolean>>;
  /** Where a state without a next step is the end and no deadlock: a predicate, or `"always"`. */
  readonly terminated?: "always" | ((scope: Scope<V, C, D>) => boolean);
  /** "Sometimes" properties: each must be true in some reachable state. */
  readonly witnesses?: Readonly<Record<string, (scope: Scope<V, C, D>) => boolean>>;
  readonly reductions?: Readonly<Record<string, Reduction>>;
  readonly lanes?: LanesDeclaration<Scope<V, C, D>>;
  /** TLA+ ASSUME over constants and design; the name is the message when it is false. */
  readonly assumptions?: Readonly<Record<string, (scope: { readonly constants: C; readonly design: D }) => boolean>>;
}

/** A spec with the types of its parts folded away: what `instantiate` takes. */
export interface Spec {
  readonly name: string;
  readonly constants: ConstantDeclarations;
  readonly design: DesignDeclarations;
  readonly variables: Variables;
  readonly init: UserFunction;
  readonly actions: Readonly<Record<string, Action>>;
  readonly invariants: Readonly<Record<string, UserFunction>>;
  readonly actionProperties: Readonly<Record<string, UserFunction>>;
  readonly constraints: Readonly<Record<string, UserFunction>>;
  readonly actionConstraints?: Readonly<Record<string, UserFunction>>;
  readonly terminated?: "always" | UserFunction | undefined;
  readonly witnesses: Readonly<Record<string, UserFunction>>;
  readonly reductions: Readonly<Record<string, Reduction>>;
  readonly assumptions: Readonly<Record<string, UserFunction>>;
  readonly lanes: LanesDeclaration<never> | undefined;
}

const packageRoot = new URL("../../", import.meta.url).href;

/** The place in a stack that called into the language, relative to the package where it lies within it. */
const callerLocation = ({ stack = "" }: Error): string => {
  const frames = stack.split("\n").slice(1);
  const caller = frames.find((f) => !/specs\/language\/system\.[jt]s/.test(f)) ?? "";
  const place = /\(?((?:file:\/\/|https?:\/\/|\/)[^)]*?):(\d+):\d+\)?$/.exec(caller.trim());
  if (place?.[1] === undefined || place[2] === undefined) return "";
  const url = place[1].startsWith("/") ? `file://${place[1]}` : place[1];
  return `${url.startsWith(packageRoot) ? url.slice(packageRoot.length) : url.replace(/^file:\/\//, "")}:${place[2]}`;
};

export interface SystemDeclaration<V extends Variables, C extends ConstantDeclarations, D extends DesignDeclarations> {
  readonly name: string;
  readonly constants?: C;
  readonly design?: D;
  readonly variables: V;
}

/** Declares a system. The returned object makes the parts of its specs. */
export const system = <
  V extends Variables,
  const C extends ConstantDeclarations = Readonly<Record<never, never>>,
  const D extends DesignDeclarations = Readonly<Record<never, never>>,
>(
  declaration: SystemDeclaration<V, C, D>,
) => {
  type S = Scope<V, ConstantsOf<C>, DesignOf<D>>;
  return {
    /** An action: `then` may happen in the states where `when` holds, once for each choice of the parameters. */
    action: <const P extends Parameters>(
      parameters: P,
      body: { readonly when?: Guard<S & Arguments<P>>; readonly then: (scope: S & Arguments<P> & { readonly next: Next<V> }) => void },
    ): Action => {
      const here = new Error();
      return {
        kind: "action",
        parameters,
        when: body.when === undefined ? [] : typeof body.when === "function" ? [body.when] : body.when,
        then: body.then,
        // Few are ever shown, and to write a stack takes long.
        get location() {
          return callerLocation(here);
        },
      };
    },
    /** A domain computed from the state and from the parameters named in `needs`. */
    domain: <const P extends Parameters, T>(needs: P, of: (scope: S & Arguments<P>) => Iterable<T>): StateDomain<T> => ({
      kind: "state-domain",
      needs: Object.keys(needs),
      of,
    }),
    /**
     * A reduction: a normal form for what one process owns (the variables indexed by its first parameter and the
     * inbox of that destination). It must not change any verdict or length; the search checks as it goes that states
     * with equal normal forms have equal successors, again up to normal form, and reports a wrong declaration. What an
     * invariant, witness, constraint or action property has been seen to read, it may not change at all.
     * Further parameters have domains that do not depend on the state; each choice of them is a rule of its own, which
     * is run again only when what it reads has changed.
     */
    reduction: <const P extends Parameters>(
      parameters: P,
      then: (scope: S & Arguments<P> & { readonly next: Next<V> }) => void,
    ): Reduction => ({
      kind: "reduction",
      parameters,
      then,
    }),
    /** Types a predicate over states, for invariants, constraints and witnesses written in files of their own. */
    predicate: (test: (scope: S) => boolean) => test,
    spec: (parts: SpecParts<V, ConstantsOf<C>, DesignOf<D>>): Spec => ({
      name: declaration.name,
      constants: declaration.constants ?? {},
      design: declaration.design ?? {},
      variables: declaration.variables,
      init: parts.init,
      actions: parts.actions,
      invariants: parts.invariants ?? {},
      actionProperties: parts.actionProperties ?? {},
      constraints: parts.constraints ?? {},
      actionConstraints: parts.actionConstraints ?? {},
      terminated: parts.terminated,
      witnesses: parts.witnesses ?? {},
      reductions: parts.reductions ?? {},
      assumptions: parts.assumptions ?? {},
      lanes: parts.lanes,
    }),
  };
};

/** The scope type of a system's pieces, for functions that several of them share. */
export type ScopeOf<Y> = Y extends { readonly predicate: (test: (scope: infer S) => boolean) => unknown } ? S : never;
/** The primed state of a system. */
export type NextOf<Y> = Y extends { readonly reduction: (parameters: never, then: (scope: infer S) => void) => unknown }
  ? S extends { readonly next: infer N }
    ? N
    : never
  : never;
export type { ConstantsOf, Index };
