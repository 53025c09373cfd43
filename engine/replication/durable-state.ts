/**
 * What a replica keeps on its disk: one row with its variables, and one row per op of its log. `changes` collects what has
 * to be written, for one atomic synced write; `load` reads it all back and trusts nothing.
 *
 *   <prefix>state               view, status, commit point, bounds of the log, who this is, incarnation
 *   <prefix>log/0000000000000001   { operation }
 *
 * What is on disk before a message leaves. Every message waits for one synced write of all that its sender had changed by
 * then; the column says what of it the message depends on.
 *
 *   StartViewChange               view, status: who has joined a view's change does not go back
 *   DoViewChange                  view, status, `sentDvc`; the log, last normal view and commit point that it carries
 *   StartView                     view, last normal view, log, commit point
 *   Prepare                       the op: the primary counts itself for the majority
 *   PrepareOk                     view, and the log up to the op
 *   GetState                      view, status, and the view asked for
 *   NewState, SnapshotNeeded      view, and the log, commit point and checkpoint that it tells of
 *   Commit, CommitOk              view and status; for Commit also the commit point
 *
 * What is not kept (messages received, acknowledgements of peers, what was asked for once) is as good as lost in the
 * network: peers repeat it. So a replica that is started again with its disk is one that was paused. Without its disk it
 * must not be started under its old number: an application that has executed ops, and no state here, is refused, and so is
 * nothing at all where the replica has taken part (`ReplicaOptions.isMember`). `engine/node/rejoin.ts` brings it back.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import type { Table, Write } from "../ports.ts";
import type { Remembered } from "./core.ts";
import { Log } from "./log.ts";
import { operationSchema, statuses } from "./messages.ts";
import type { ReplicaState } from "./state.ts";

const number = z.number().int().nonnegative();
const view = z.number().int().min(1);
const stateSchema = z
  .strictObject({
    version: z.literal(1),
    replica: view,
    replicas: view,
    incarnation: view,
    /** How many synced writes there were, this one included: see `Witness`. */
    writes: number.default(0),
    status: z.enum(statuses),
    viewNumber: view,
    lastNormalView: view,
    logStart: view,
    opNumber: number,
    commitNumber: number,
    committedTo: number,
    sentDvc: z.boolean(),
    sentSv: z.boolean(),
    requestedView: number,
    /** A snapshot is being restored: the application may be ahead of the commit point, and of the log. */
    restoring: z.boolean(),
  })
  .refine((s) => s.lastNormalView <= s.viewNumber && (s.status === "ViewChange" || s.lastNormalView === s.viewNumber), {
    error: "the last normal view does not fit the view and the status",
  })
  .refine((s) => s.logStart - 1 <= s.committedTo && s.commitNumber <= s.committedTo && s.committedTo <= s.opNumber, {
    error: "the log's start, the commit point and the op number are not in order",
  });
type StateRow = z.infer<typeof stateSchema>;
const fields = stateSchema.keyof().options;
/** What others may come to depend on. The commit point is learnt again. */
const lasting = fields.filter((field) => field !== "commitNumber" && field !== "committedTo");
const entrySchema = z.strictObject({ operation: operationSchema });

/** The state on disk is not one that this replica can have written, or not of this replica. */
export class StateError extends Error {
  override readonly name = "StateError";
}

export interface Loaded {
  readonly remembered: Remembered;
  readonly restoring: boolean;
  /** How many synced writes it has had. */
  readonly writes: number;
}
export interface Identity {
  readonly replica: number;
  readonly replicas: number;
}

export class DurableState {
  readonly #table: Table;
  readonly #prefix: string;
  readonly #identity: Identity;
  /** What is on disk, or will be when the writes that were handed out are done. */
  #row: StateRow | undefined;
  #incarnation: number;
  restoring = false;

  /** `incarnation`: of a replica of which the table has nothing yet. */
  constructor(table: Table, prefix: string, identity: Identity, incarnation = 1) {
    this.#incarnation = incarnation;
    this.#table = table;
    this.#prefix = prefix;
    this.#identity = identity;
  }

  /** How often this replica has been started. */
  get incarnation(): number {
    return this.#incarnation;
  }

  /** How many synced writes were handed out. */
  get writes(): number {
    return this.#row?.writes ?? 0;
  }

  /** Reads and checks everything. Undefined: there is nothing. Throws StateError or DecodeError. */
  async load(): Promise<Loaded | undefined> {
    const bytes = await this.#table.get(`${this.#prefix}state`);
    const operations: Uint8Array[] = [];
    if (bytes === undefined) {
      for await (const [key] of this.#table.entries({ from: this.#logKey(0), to: `${this.#prefix}log0`, limit: 1 }))
        throw new StateError(`there is ${key} but no ${this.#prefix}state`);
      return undefined;
    }
    const row = decode(stateSchema, bytes, `row ${this.#prefix}state`);
    const { replica, replicas } = this.#identity;
    if (row.replica !== replica || row.replicas !== replicas)
      throw new StateError(`this is the state of replica ${row.replica} of ${row.replicas}, not of replica ${replica} of ${replicas}`);
    let opNumber = row.logStart - 1;
    for await (const [key, value] of this.#table.entries({ from: this.#logKey(0), to: `${this.#prefix}log0` })) {
      opNumber += 1;
      if (key !== this.#logKey(opNumber)) throw new StateError(`the log should go on with ${this.#logKey(opNumber)}, but there is ${key}`);
      operations.push(decode(entrySchema, value, `row ${key}`).operation);
    }
    if (opNumber !== row.opNumber) throw new StateError(`the log ends at op ${opNumber}, but should end at op ${row.opNumber}`);
    this.#row = row;
    this.#incarnation = row.incarnation + 1;
    return { remembered: { ...row, log: new Log(row.logStart, operations) }, restoring: row.restoring, writes: row.writes };
  }

  /** Is anything not handed out yet that another replica may come to depend on? */
  isDirty(state: Readonly<ReplicaState>): boolean {
    return state.log.changedFrom !== Infinity || !isSame(lasting, this.#rowOf(state), this.#row);
  }

  /** The writes that bring the disk up to `state`, empty if it is. They are counted as written: a failure is final. */
  changes(state: Readonly<ReplicaState>): Write[] {
    const { log } = state;
    const before = this.#row;
    const row = this.#rowOf(state);
    const changedFrom = state.log.takeChangedFrom();
    if (changedFrom === Infinity && isSame(fields, row, before)) return [];
    row.writes += 1;
    this.#row = row;
    const writes: Write[] = [{ put: `${this.#prefix}state`, value: encode(row) }];
    for (let opNumber = Math.max(changedFrom, log.logStart); opNumber <= log.opNumber; opNumber += 1)
      writes.push({ put: this.#logKey(opNumber), value: encode({ operation: log.at(opNumber) }) });
    if (before === undefined) return writes;
    const dropped = Math.min(log.logStart, before.opNumber + 1);
    for (let opNumber = before.logStart; opNumber < dropped; opNumber += 1) writes.push({ delete: this.#logKey(opNumber) });
    for (let opNumber = Math.max(log.opNumber + 1, dropped); opNumber <= before.opNumber; opNumber += 1)
      writes.push({ delete: this.#logKey(opNumber) });
    return writes;
  }

  #rowOf(state: Readonly<ReplicaState>): StateRow {
    const { status, viewNumber, lastNormalView, commitNumber, committedTo, sentDvc, sentSv, requestedView, log } = state;
    const variables = { status, viewNumber, lastNormalView, commitNumber, committedTo, sentDvc, sentSv, requestedView };
    const { logStart, opNumber } = log;
    const { restoring, incarnation, writes } = this;
    return { version: 1, ...this.#identity, incarnation, writes, ...variables, logStart, opNumber, restoring };
  }

  #logKey(opNumber: number): string {
    return `${this.#prefix}log/${String(opNumber).padStart(16, "0")}`;
  }
}

/** Throws StateError for a table that has had fewer synced writes than were seen. */
export const checkWitnessed = (loaded: Loaded | undefined, seen: number): void => {
  const writes = loaded?.writes ?? 0;
  if (writes < seen)
    throw new StateError(
      `the log has had ${seen} synced writes, but only ${writes} of them are there: its end is missing, and with it what this replica has promised; "engine repair" brings it back`,
    );
};

const isSame = (of: readonly (keyof StateRow)[], a: StateRow, b: StateRow | undefined): boolean =>
  b !== undefined && of.every((field) => a[field] === b[field]);

/**
 * What to go on with, for an application that has executed `executedTo` ops: these are committed, though the commit point
 * may not have been written since. Throws StateError where state and application cannot belong together.
 */
export const reconciled = (loaded: Omit<Loaded, "writes"> | undefined, executedTo: number): Remembered | undefined => {
  if (loaded === undefined) {
    if (executedTo === 0) return undefined;
    throw new StateError(`the application has executed ${executedTo} ops, but the replica's own state is missing: it must not take part`);
  }
  const { remembered, restoring } = loaded;
  const { log, committedTo } = remembered;
  if (executedTo < log.checkpoint)
    throw new StateError(`the application is at op ${executedTo}, but the log starts after op ${log.checkpoint}`);
  if (executedTo <= committedTo) return remembered;
  if (!restoring) {
    if (executedTo > log.opNumber)
      throw new StateError(`the application has executed ${executedTo} ops, but the log ends at op ${log.opNumber}`);
    return { ...remembered, committedTo: executedTo };
  }
  // It was stopped between the end of a restore and the write that follows; what the log has up to there may be wrong.
  const rest = executedTo < log.opNumber ? log.from(executedTo + 1) : [];
  return { ...remembered, committedTo: executedTo, log: new Log(executedTo + 1, rest) };
};
