/**
 * What the engine needs from the world. Every part of the engine is a state machine that reaches the outside only through
 * these interfaces. `wiring/production` implements them with TCP, timers, fsync and LevelDB; `wiring/controlled` gives
 * every delivery, timer, completion of a disk operation and crash to whoever drives it. There is one engine on both.
 */

export interface Clock {
  /** Milliseconds of a clock that never goes back; its origin means nothing. */
  now(): number;
  /** Calls `fire` once, `delayMs` from now, unless cancelled. The name is for logs and for whoever controls the clock. */
  setTimer(name: string, delayMs: number, fire: () => void): Timer;
}
export interface Timer {
  cancel(): void;
}

export interface Random {
  bytes(length: number): Uint8Array;
  /** A whole number of 0 to `below` - 1, each as likely. */
  integer(below: number): number;
}

/** Unreliable: messages may be lost, delayed, repeated and overtaken. They are never altered, and the sender is who it says. */
export interface Network {
  /** Replicas are numbered from 1, as in the paper. `message` is a plain value of `codec.ts`. */
  send(to: number, message: unknown): void;
  /** The message comes from a peer that knows the cluster's key, and is still to be validated. */
  onMessage(handler: (from: number, message: unknown) => void): void;
}

/**
 * One directory of files, for logs. An operation that has resolved survives a crash of the process; only what was synced
 * afterwards survives a crash of the machine: the bytes of a file by `sync`, names (creations, renames, removals) by
 * `syncDirectory`. Operations on the same file are carried out in the order of the calls. File names have no directory part.
 * Every operation rejects with an Error whose `code` is Node's; an append that fails may leave any prefix of its bytes, and
 * after a sync that fails nobody knows what is durable: a later one that succeeds does not tell.
 */
export interface Disk {
  list(): Promise<readonly string[]>;
  /** The bytes of a file from `offset` on, at most `length`; all of it by default. */
  read(file: string, offset?: number, length?: number): Promise<Uint8Array>;
  size(file: string): Promise<number>;
  /** Creates the file when there is none. A crash may leave any prefix of the bytes. */
  append(file: string, bytes: Uint8Array): Promise<void>;
  /** Makes the file shorter: EINVAL beyond its end. */
  truncate(file: string, length: number): Promise<void>;
  /** Replaces `to`, if there is one, in one step. */
  rename(from: string, to: string): Promise<void>;
  remove(file: string): Promise<void>;
  sync(file: string): Promise<void>;
  syncDirectory(): Promise<void>;
}

export type Write = { readonly put: string; readonly value: Uint8Array } | { readonly delete: string };
export interface Range {
  readonly from?: string;
  /** Not included. */
  readonly to?: string;
  readonly limit?: number;
  readonly reverse?: boolean;
}
/**
 * An ordered table on disk (LevelDB). The writes of one call are atomic, and calls are carried out in their order; a synced call
 * is durable with all before it, and unsynced calls are lost in a crash of the machine from the last backwards.
 */
export interface Table {
  get(key: string): Promise<Uint8Array | undefined>;
  write(writes: readonly Write[], options: { readonly sync: boolean }): Promise<void>;
  /** In the order of the keys' UTF-8 bytes; as of the first step of the iteration. */
  entries(range?: Range): AsyncIterable<readonly [string, Uint8Array]>;
  close(): Promise<void>;
}

/** Beside a table, and apart from it: how many synced writes it has had, so that one that has lost its end is noticed. */
export interface Witness {
  /** At the start: the table has had at least so many. */
  readonly seen: number;
  /** So many are synced by now. */
  wrote(count: number): void;
}

/**
 * A place between two atomic steps of a protocol, where other work may come between. In production it is passed at once
 * (`undefined`); controlled, the engine waits there. `const pause = steps.reached("Apply", { key }); if (pause) await pause;`
 */
export interface Steps {
  reached(step: string, args?: Readonly<Record<string, unknown>>): Promise<void> | undefined;
}

/** One action of a protocol, as it was taken: what trace validation reads. */
export interface JournalEvent {
  /** The name of the spec's action. */
  readonly act: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Fields of the node's state after the action. */
  readonly post: Readonly<Record<string, unknown>>;
  /** The message that the action received, and those that it sent: `replica:incarnation:number`. */
  readonly recv?: readonly string[];
  readonly send?: readonly string[];
}
/** Written before the effect of the action becomes visible to others. */
export interface Journal {
  record(event: JournalEvent): void;
}

export type Level = "debug" | "info" | "warn" | "error";
/** Structured logs for operators: one event with its fields. */
export interface Logger {
  log(level: Level, event: string, fields?: Readonly<Record<string, unknown>>): void;
}
