/**
 * What conformance asks of an engine: one instance of a system under full control, whose every step is an action of the
 * spec, and whose state can be read as a state of the spec. Nothing here knows a protocol.
 */
import type { Design, State } from "../specs/language/instantiate.ts";
import type { Constants } from "../specs/language/schema.ts";
import { messageOf } from "../specs/language/errors.ts";

export type Awaitable<T> = T | Promise<T>;

/** What an engine is started with. */
export interface Setup {
  /** The name of the model. */
  readonly model: string;
  readonly constants: Constants;
  /** The design of the behaviour to come. A production engine has one design, and may ignore it. */
  readonly design: Design;
  /** For whatever the engine draws at random; the same seed gives the same run. */
  readonly seed: number;
  /** The state to start in, one of the spec's initial states; a spec may have several. */
  readonly initial: State;
}

export type Arguments = Readonly<Record<string, unknown>>;

export type StepResult =
  | { readonly kind: "ok" }
  /** The engine would not do this now; the guard says why, in the engine's words. Its state is as before. */
  | { readonly kind: "refused"; readonly guard: string }
  /** The harness failed, so nothing is known about the engine. Throwing says the same. */
  | { readonly kind: "harnessError"; readonly message: string };

export interface Observation {
  /** Variable -> value, as the reader of traces gives them: every variable of the spec, but for unobserved ones. */
  readonly state: Readonly<Record<string, unknown>>;
  /** Paths that cannot be observed, as `replicas.*.lastNormalView`: keys after dots, `*` for every key. Never inside a set. */
  readonly unobserved: readonly string[];
}

export interface Driver {
  /** For reports. */
  readonly name: string;
  /** Starts afresh, whatever happened before. */
  init(setup: Setup): Awaitable<void>;
  step(action: string, args: Arguments): Awaitable<StepResult>;
  /** The engine's state when it is quiescent; never after a sleep. */
  observe(): Awaitable<Observation>;
  /** Releases processes and files. May be called more than once. */
  close(): Awaitable<void>;
}
export type DriverFactory = () => Awaitable<Driver>;

/** The harness, not the engine, is at fault: nothing may be concluded. `tail` holds the last lines that the engine wrote. */
export class HarnessError extends Error {
  override readonly name = "HarnessError";
  constructor(
    message: string,
    readonly tail: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Whatever a driver throws, as a HarnessError that says where. */
export const harnessError = (where: string, error: unknown): HarnessError =>
  new HarnessError(`${where}: ${messageOf(error)}`, error instanceof HarnessError ? error.tail : [], { cause: error });

/** What `replay`, `tour` and the matcher give in place of a verdict. */
export interface HarnessFailure {
  readonly verdict: "harnessError";
  /** The state that was to be reached, numbered from 1; the initial one is 1. */
  readonly step: number;
  readonly action: string | undefined;
  readonly message: string;
  readonly tail: readonly string[];
}
