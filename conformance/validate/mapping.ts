/** What a system's events mean in its spec. One per system; the search knows no protocol. */
import type { SpecInstance, State } from "../../specs/language/instantiate.ts";
import type { LogEvent } from "./event.ts";
import type { Candidate } from "./machine.ts";

/** What must be true of the spec's state after a step. */
export interface Expectation {
  /** Keys from the variable on; `-1` is the last element of a sequence. */
  readonly path: readonly string[];
  readonly value: unknown;
  /** What is compared, where it is not the state's part at `path` but follows from several. */
  readonly read?: (now: State) => unknown;
}

/** The meaning of one set of logs: names of values and sizes are known. */
export interface LogMapping {
  /** With constants as large as the logs need. */
  readonly instance: SpecInstance;
  /** The steps that the event may stand for, in a state of the spec. None: the event is unknown, or stands for nothing here. */
  candidates(event: LogEvent, now: State): readonly Candidate[];
  /** What `post` says, and what it says by its silence. Throws LockstepError "io" for a field that it does not know. */
  expectations(event: LogEvent): readonly Expectation[];
  /**
   * True when what other nodes do can neither forbid the event, once it is allowed, nor change what it does to this
   * node, and when it forbids nothing to others. Such an event is taken as soon as possible, and no other order is tried.
   */
  isIndependent(event: LogEvent): boolean;
  /**
   * Events of other parts of the engine, which no step is looked for. If it is given, the mapping knows which events a crash
   * has taken back, and the search does not guess that some were never executed.
   */
  readonly skipped?: ReadonlySet<LogEvent>;
  /** The names of its arguments that decide nothing: they could be anything. */
  unchecked?(event: LogEvent): readonly string[];
  /** Why these cannot be the logs of any run, before anything is searched. */
  readonly fault?: string | undefined;
}

export interface Mapping {
  readonly system: string;
  /** Throws LockstepError "io" when the logs make no sense. */
  forLogs(events: readonly LogEvent[]): LogMapping;
}
