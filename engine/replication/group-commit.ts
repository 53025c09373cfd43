/**
 * Durable first, visible afterwards. What a replica sends waits here until its state, as it was when the message was
 * sent, is on disk: one atomic synced write. Actions that are taken during a write share the next one.
 */
import type { Table, Witness } from "../ports.ts";
import type { DurableState } from "./durable-state.ts";
import type { ReplicaState } from "./state.ts";

const viewOf = ({ viewNumber, status }: Readonly<ReplicaState>): string => `${viewNumber} ${status}`;

export class GroupCommit {
  readonly #table: Table;
  readonly #durable: DurableState;
  readonly #state: Readonly<ReplicaState>;
  readonly #failed: (error: unknown) => void;
  #waiting: (() => void)[] = [];
  #writing: Promise<void> | undefined;
  #stopped = false;
  #durableTo = 0;
  #durableView = "";

  readonly #witness: Witness | undefined;

  /** `failed` is called once, when a write has failed; nothing is released any more. */
  constructor(
    { table, witness }: { readonly table: Table; readonly witness?: Witness | undefined },
    durable: DurableState,
    state: Readonly<ReplicaState>,
    failed: (error: unknown) => void,
  ) {
    this.#witness = witness;
    this.#table = table;
    this.#durable = durable;
    this.#state = state;
    this.#failed = failed;
    this.#durableTo = state.log.opNumber;
    this.#durableView = viewOf(state);
  }

  /** Is it on disk that this replica is in its view, in the status that it is in? Then a crash does not take it back. */
  get hasView(): boolean {
    return this.#durableView === viewOf(this.#state);
  }

  /** Up to this op the log on disk is the one in memory. */
  get durableTo(): number {
    return Math.min(this.#durableTo, this.#state.log.changedFrom - 1);
  }

  /** Calls `release` as soon as the state, as it is now, is on disk; in the order of the calls. Needs a `flush`. */
  afterSync(release: () => void): void {
    this.#waiting.push(release);
  }

  /** Starts a write, unless one is under way or nothing has to be written. A commit point alone waits for a message. */
  flush(): void {
    if (this.#writing !== undefined || this.#stopped) return;
    while (this.#waiting.length > 0 || this.#durable.isDirty(this.#state)) {
      const released = this.#waiting;
      this.#waiting = [];
      const { opNumber, changedFrom } = this.#state.log;
      const view = viewOf(this.#state);
      const writes = this.#durable.changes(this.#state);
      if (writes.length > 0) {
        this.#durableTo = Math.min(this.#durableTo, changedFrom - 1);
        const count = this.#durable.writes;
        this.#writing = this.#table.write(writes, { sync: true }).then(
          () => this.#written(opNumber, view, count, released),
          (error: unknown) => this.#fail(error),
        );
        return;
      }
      for (const release of released) release();
    }
  }

  /** Releases nothing more. Resolves when no write is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting = [];
    await this.#writing;
  }

  #written(opNumber: number, view: string, count: number, released: readonly (() => void)[]): void {
    this.#writing = undefined;
    if (this.#stopped) return;
    try {
      this.#witness?.wrote(count);
    } catch (error) {
      return this.#fail(error);
    }
    this.#durableTo = opNumber;
    this.#durableView = view;
    for (const release of released) release();
    this.flush();
  }

  #fail(error: unknown): void {
    this.#writing = undefined;
    if (this.#stopped) return;
    this.#stopped = true;
    this.#waiting = [];
    this.#failed(error);
  }
}
