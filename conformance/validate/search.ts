/**
 * Is there a behaviour of the spec that explains the logs of all nodes? Depth-first over (state of the spec, place in
 * each log), with failures remembered. Order comes from each node's own log, and from messages that cannot be received
 * before they are sent; there is no clock. Engines log every action of their spec, and a message that is lost needs no
 * action, so that no step without an event is looked for.
 */
import { canonicalText, equal } from "../../specs/language/collections.ts";
import { valueText } from "../../explorer/value-text.ts";
import type { State } from "../../specs/language/instantiate.ts";
import { eventName } from "./event.ts";
import type { LogEvent, NodeLog } from "./event.ts";
import { Machine } from "./machine.ts";
import type { Candidate } from "./machine.ts";
import type { LogMapping } from "./mapping.ts";

export interface SearchLimits {
  /** Steps of the spec that are tried. */
  readonly maxSteps: number;
  /** The nodes were killed at the end, so the last event of each may not have been executed. */
  readonly cutOff: boolean;
  /** Polled now and then: a returned text ends the search as inconclusive. */
  readonly interrupted: () => string | undefined;
}
export const searchDefaults: SearchLimits = { maxSteps: 5_000_000, cutOff: false, interrupted: () => undefined };

/** One event that comes next at the longest matching prefix, and why it does not match. */
export interface Mismatch {
  readonly event: string;
  readonly act: string;
  readonly candidate: Candidate | undefined;
  readonly reason: string;
}

export type SearchOutcome =
  | { readonly kind: "accepted"; readonly behaviour: readonly Taken[] }
  | { readonly kind: "exhausted"; readonly longest: number; readonly mismatches: readonly Mismatch[]; readonly reached: readonly string[] }
  | { readonly kind: "stopped"; readonly reason: string; readonly longest: number };

/** An event, and the step of the behaviour that it stands for; without one it never happened. */
export interface Taken {
  readonly event: LogEvent;
  readonly candidate: Candidate | undefined;
}

/** What came of the moves of a frame so far. */
interface Progress {
  /** Set once an independent event was taken from here: no other event need be tried. */
  settledOn: LogEvent | undefined;
  /** Moves that were taken. */
  children: number;
}
interface Frame {
  /** Moves not yet tried, lazily. */
  readonly moves: Iterator<Taken>;
  /** How this frame was entered. */
  readonly taken: Taken | undefined;
  readonly progress: Progress;
}

const lookUp = (state: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return (value as unknown[]).at(Number(key));
    return typeof value === "object" && value !== null ? (Reflect.get(value, key) as unknown) : undefined;
  }, state);

export class LogSearch {
  private readonly machine: Machine;
  private readonly cursors: number[];
  private readonly sentBy = new Map<string, readonly [node: number, index: number]>();
  private readonly failed = new Map<string, Set<string>>();
  private readonly frames: Frame[] = [];
  private matched = 0;
  private tried = 0;
  private longest = -1;
  private mismatches: readonly Mismatch[] = [];
  private reached: readonly string[] = [];
  private lastNode = 0;

  constructor(
    private readonly logs: readonly NodeLog[],
    private readonly mapping: LogMapping,
    private readonly limits: SearchLimits,
  ) {
    this.machine = new Machine(mapping.instance);
    this.cursors = logs.map(() => 0);
    for (const [n, log] of logs.entries())
      for (const [i, event] of log.events.entries()) for (const id of event.send) this.sentBy.set(id, [n, i]);
  }

  run(): SearchOutcome {
    this.enter(undefined);
    for (let frame = this.frames.at(-1); frame !== undefined; frame = this.frames.at(-1)) {
      if (this.isDone()) return { kind: "accepted", behaviour: this.frames.flatMap((f) => (f.taken === undefined ? [] : [f.taken])) };
      const stopped = this.tried >= this.limits.maxSteps ? `more than ${String(this.limits.maxSteps)} steps tried` : this.interrupted();
      if (stopped !== undefined) return { kind: "stopped", reason: stopped, longest: Math.max(this.longest, this.matched) };
      const move = frame.moves.next();
      if (move.done === true) this.leave(frame);
      else if (this.attempt(move.value, frame.progress)) this.enter(move.value);
    }
    return { kind: "exhausted", longest: this.longest, mismatches: this.mismatches, reached: this.reached };
  }
  private interrupted(): string | undefined {
    return (++this.tried & 1023) === 0 ? this.limits.interrupted() : undefined;
  }

  private isDone(): boolean {
    return this.logs.every((log, n) => this.cursors[n] === log.events.length);
  }
  private nextOf(node: number): LogEvent | undefined {
    return this.logs[node]?.events[this.cursors[node] ?? 0];
  }

  private enter(taken: Taken | undefined): void {
    const progress: Progress = { settledOn: undefined, children: 0 };
    this.frames.push({ progress, taken, moves: this.moves(progress) });
  }
  /**
   * Everything from here failed: remember it, and go back. Where there was one way to go on, what came of it is remembered,
   * and finding the key of a state costs more than going that way again.
   */
  private leave(frame: Frame): void {
    const { settledOn, children } = frame.progress;
    if (children === 0) this.record();
    if (settledOn === undefined || children > 1) {
      const places = this.places();
      const states = this.failed.get(places) ?? new Set<string>();
      this.failed.set(places, states.add(this.machine.key()));
    }
    this.frames.pop();
    if (frame.taken !== undefined) this.back(frame.taken);
  }
  private places(): string {
    return this.cursors.join(" ");
  }

  /** The moves from here, best first. What has come of them decides on the later ones. */
  private *moves(progress: Progress): Generator<Taken, undefined> {
    for (let i = 0; i < this.logs.length; i++) {
      const node = (this.lastNode + i) % this.logs.length;
      const event = this.nextOf(node);
      if (event === undefined || this.waitsFor(event) !== undefined) continue;
      for (const candidate of this.mapping.candidates(event, this.machine.now)) yield { event, candidate };
      if (progress.settledOn === event) break;
    }
    for (let node = 0; node < this.logs.length; node++) {
      const event = this.nextOf(node);
      if (event !== undefined && this.mayBeUnexecuted(node)) yield { event, candidate: undefined };
    }
    return undefined;
  }

  /** A message that the event consumed, and that has not been sent yet. */
  private waitsFor(event: LogEvent): string | undefined {
    return event.recv.find((id) => {
      const sender = this.sentBy.get(id);
      return sender === undefined || (this.cursors[sender[0]] ?? 0) <= sender[1];
    });
  }
  /** The last event before a crash is written before it takes effect. */
  private mayBeUnexecuted(node: number): boolean {
    const [event, following] = [this.nextOf(node), this.logs[node]?.events[(this.cursors[node] ?? 0) + 1]];
    if (event === undefined || this.mapping.skipped !== undefined) return false;
    return following === undefined ? this.limits.cutOff : following.inc !== event.inc;
  }

  /** Takes the move if spec and event agree, and if it does not lead to where all has failed before. */
  private attempt(move: Taken, progress: Progress): boolean {
    const { event, candidate } = move;
    if (candidate !== undefined) {
      if (this.machine.refusal(candidate) !== undefined) return false;
      this.machine.step(candidate);
      if (this.difference(event, this.machine.now) !== undefined) {
        this.machine.undo();
        return false;
      }
    }
    progress.children++;
    if (candidate !== undefined && this.mapping.isIndependent(event)) progress.settledOn = event;
    this.forward(move);
    if (this.failed.get(this.places())?.has(this.machine.key()) !== true) return true;
    this.back(move);
    return false;
  }
  private forward({ event }: Taken): void {
    const node = this.logs.findIndex((log) => log.node === event.node);
    this.cursors[node] = (this.cursors[node] ?? 0) + 1;
    this.lastNode = node;
    this.matched++;
  }
  private back({ event, candidate }: Taken): void {
    if (candidate !== undefined) this.machine.undo();
    const node = this.logs.findIndex((log) => log.node === event.node);
    this.cursors[node] = (this.cursors[node] ?? 0) - 1;
    this.matched--;
  }

  private difference(event: LogEvent, after: State): string | undefined {
    for (const { path, value, read } of this.mapping.expectations(event)) {
      const spec = read === undefined ? lookUp(after, path) : read(after);
      if (!equal(spec, value)) return `${path.join(".")} is ${valueText(value)} in the log, ${valueText(spec)} in the spec`;
    }
    return undefined;
  }

  /** A dead end: if it is the farthest so far, why each node's next event does not match. */
  private record(): void {
    if (this.matched <= this.longest) return;
    this.longest = this.matched;
    this.reached = this.logs.map((log, n) => `${log.node}: ${String(this.cursors[n] ?? 0)} of ${String(log.events.length)}`);
    this.mismatches = this.logs.flatMap((_, node): Mismatch[] => {
      const event = this.nextOf(node);
      return event === undefined ? [] : this.reasons(event);
    });
  }
  private reasons(event: LogEvent): Mismatch[] {
    const about = { event: eventName(event), act: event.act };
    const id = this.waitsFor(event);
    if (id !== undefined)
      return [
        { ...about, candidate: undefined, reason: `message ${id} ${this.sentBy.has(id) ? "is not yet sent" : "was sent by no event"}` },
      ];
    const candidates = this.mapping.candidates(event, this.machine.now);
    if (candidates.length === 0) return [{ ...about, candidate: undefined, reason: "it can stand for no step of the spec here" }];
    return candidates.map((candidate) => {
      const refusal = this.machine.refusal(candidate);
      if (refusal !== undefined) return { ...about, candidate, reason: refusal };
      this.machine.step(candidate);
      const difference = this.difference(event, this.machine.now);
      this.machine.undo();
      return { ...about, candidate, reason: difference ?? `it leads to a dead end (${canonicalText(candidate.action)})` };
    });
  }
}
