/**
 * The execution of prepared transactions in a given order, as replicas do it: the outcome depends on the transactions and
 * their order alone. Each is recorded with its position in the replicated log, also if it was refused, so that after a
 * crash the execution goes on exactly where the log of the store ends. A request that a client sends again is answered
 * from the table of clients. The table is bounded: the next request of a client that was forgotten is refused, unless it is
 * numbered 0 or 1, which is how a new client begins. So only a client's first request can be executed twice, and only when it is
 * sent again after the table has been filled with others.
 */
import type { CommitProtocol, Committing, Core } from "./commit-protocol.ts";
import { StoreError } from "./errors.ts";
import { Mutex } from "./mutex.ts";
import { isReadOnly, requestOf } from "./prepared.ts";
import type { Prepared } from "./prepared.ts";
import type { ExecutionBody, Outcome } from "./record.ts";
import { isBehind } from "./state.ts";
import type { Position } from "./state.ts";

export class Execution {
  /** Held over the whole of a transaction that has a position or a client: these run one after the other. */
  protected readonly order = new Mutex();
  readonly running = new Map<string, Committing>();

  constructor(
    protected readonly core: Core,
    protected readonly protocol: CommitProtocol,
  ) {}

  /** Throws StoreError for a position that was executed before, PoisonedError if the log fails. */
  async execute(id: string, prepared: Prepared, executes: Position | undefined): Promise<Outcome> {
    if (executes === undefined && prepared.client === undefined) return this.run(id, prepared, executes);
    return this.order.hold(id, () => this.inOrder(id, prepared, executes));
  }

  protected async inOrder(id: string, prepared: Prepared, executes: Position | undefined): Promise<Outcome> {
    const { executed } = this.core.state;
    if (executes !== undefined && !isBehind(executed, executes))
      throw new StoreError(`position ${textOf(executes)} was executed before: the store is at ${textOf(executed)}`);
    const known = this.knownOutcome(prepared);
    const outcome = known ?? (await this.run(id, prepared, executes));
    const isLogged = known === undefined && outcome.status === "committed" && !isReadOnly(prepared);
    if (!isLogged) await this.record(id, executes, known === undefined ? { ...requestOf(prepared), outcome } : {});
    return outcome;
  }

  /** What the table of clients says of the request; undefined for a new one. */
  protected knownOutcome(prepared: Prepared): Outcome | undefined {
    const { client } = requestOf(prepared);
    const entry = client === undefined ? undefined : this.core.state.clients.get(client.client);
    if (client === undefined) return undefined;
    if (entry === undefined) return this.core.state.mayHaveForgotten && client.request > 1 ? forgotten(client.client) : undefined;
    if (entry.request < client.request) return undefined;
    if (entry.request === client.request) return entry.outcome;
    return {
      status: "refused",
      reason: "staleRequest",
      detail: `request ${client.request} of ${client.client} is older than ${entry.request}, which was executed`,
    };
  }

  /** A transaction that writes nothing has read one state, which is all it asked for: no lock, no validation, no version. */
  protected async run(id: string, prepared: Prepared, executes: Position | undefined): Promise<Outcome> {
    if (isReadOnly(prepared)) return { status: "committed", version: prepared.snapshot };
    const committing: Committing = { id, prepared, executes, at: "active", locks: [], version: 0, writes: new Map(), unapplied: new Set() };
    this.running.set(id, committing);
    try {
      return await this.protocol.commit(committing);
    } finally {
      this.running.delete(id);
    }
  }

  /** What was executed without a version. */
  protected async record(id: string, executes: Position | undefined, body: ExecutionBody): Promise<void> {
    if (executes === undefined && body.client === undefined) return;
    const { core } = this;
    await core.gate.enter();
    try {
      const at = executes ?? core.state.executed;
      const place = await core.wal.append({ type: "execution", version: 0, position: at.position, index: at.index, body }, id);
      await core.wal.makeDurable(place);
      core.state.recordClient(body.client, body.outcome);
      if (executes !== undefined) core.state.advance(executes);
    } finally {
      core.gate.leave();
    }
  }
}

/** A request behind the first one is of a client that was known: it may have been executed, and is not executed twice. */
const forgotten = (client: string): Outcome => ({
  status: "refused",
  reason: "forgottenClient",
  detail: `nothing is known of earlier requests of ${client}: whether this one was executed cannot be told; begin again with another name`,
});

const textOf = ({ position, index }: Position): string => `${position}.${index}`;
