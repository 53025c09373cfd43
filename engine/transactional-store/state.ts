/**
 * What the store is: branches with version chains, the table of clients, the counters. Commits and replay change it
 * through the same methods, so that the live state and the replayed one cannot differ.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import { keysOfBreath } from "../breath.ts";
import { RecoveryError } from "./errors.ts";
import { branchesBranch, mainBranch } from "./keys.ts";
import { OrderedMap } from "./ordered-map.ts";
import { Outcome } from "./record.ts";
import type { ClientRequest, WalRecord } from "./record.ts";
import { collected, inserted } from "./version-chain.ts";
import type { Chain, Entry } from "./version-chain.ts";

export interface Branch {
  readonly chains: OrderedMap<Chain>;
  /** Keys whose chains have something that may be collected some day. */
  readonly collectable: Set<string>;
}

const natural = z.number().int().nonnegative();
export const ClientEntry = z.strictObject({ request: natural, outcome: Outcome, use: natural });
/** The latest request of a client, what it came to, and how many requests had been recorded by then: the table's order. */
export type ClientEntry = z.infer<typeof ClientEntry>;

/**
 * So many clients the table holds; then the one that was not heard of for longest is forgotten. The same number on every
 * replica, and no setting: what is executed must not depend on it.
 */
export const mostClients = 65_536;

/**
 * So many branches there may be, on every replica: a snapshot has a space for each, and 4,096 of them at most. A setting would
 * make outcomes differ.
 */
export const mostBranches = 4_000;

/** Up to where the replicated log is executed: an operation may have several transactions, numbered by `index`. */
export interface Position {
  readonly position: number;
  readonly index: number;
}
export const isBehind = (a: Position, b: Position): boolean => a.position < b.position || (a.position === b.position && a.index < b.index);

/** The value of a pair of the reserved branch: what the branch of that name began as. */
export const Origin = z.strictObject({ from: z.string().nullable() });
export const encodeOrigin = (from: string | null): Uint8Array => encode({ from });

export const newBranch = (): Branch => ({ chains: new OrderedMap(), collectable: new Set() });

export class StoreState {
  /** The counter from which versions are allocated. */
  managerVersion = 0;
  executed: Position = { position: 0, index: 0 };
  readonly branches = new Map<string, Branch>();
  /** The one that was not heard of for longest comes first. */
  readonly #clients = new Map<string, ClientEntry>();
  #uses = 0;

  /** With the branches that every store has. */
  static initial(): StoreState {
    const state = new StoreState();
    state.branches.set(branchesBranch, newBranch());
    state.branches.set(mainBranch, newBranch());
    return state;
  }

  branch(name: string): Branch | undefined {
    return this.branches.get(name);
  }

  apply(branchName: string, key: string, entry: Entry): void {
    const branch = this.branches.get(branchName);
    if (branch === undefined) throw new RecoveryError(`a transaction writes to the branch ${branchName}, which does not exist`);
    const chain = inserted(branch.chains.get(key) ?? [], entry);
    branch.chains.set(key, chain);
    if (chain.length > 1 || entry.value === undefined) branch.collectable.add(key);
    if (branchName !== branchesBranch) return;
    if (entry.value !== undefined) this.#open(key.slice(1), decode(Origin, entry.value, `the record of branch ${key}`).from);
    // Whoever walks it, an export or an open transaction, has it still.
    else if (chain[0]?.value === undefined) this.branches.delete(key.slice(1));
  }

  /** A fork begins with the newest version of every key of its origin. Once there, a branch is not opened again. */
  #open(name: string, from: string | null): void {
    if (this.branches.has(name)) return;
    const branch = newBranch();
    if (from !== null)
      for (const [key, [newest]] of this.branches.get(from)?.chains.entries() ?? [])
        if (newest?.value !== undefined) branch.chains.set(key, [newest]);
    this.branches.set(name, branch);
  }

  get clients(): ReadonlyMap<string, ClientEntry> {
    return this.#clients;
  }

  /** A table that is full may have forgotten somebody. */
  get mayHaveForgotten(): boolean {
    return this.#clients.size >= mostClients;
  }

  recordClient(client: ClientRequest | undefined, outcome: Outcome | undefined): void {
    if (client === undefined || outcome === undefined) return;
    this.#uses += 1;
    this.#clients.delete(client.client);
    this.#clients.set(client.client, { request: client.request, outcome, use: this.#uses });
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > mostClients && oldest !== undefined) this.#clients.delete(oldest);
  }

  /** A table as it was, in any order. */
  loadClients(entries: Iterable<readonly [string, ClientEntry]>): void {
    for (const [client, entry] of [...entries].sort(([, a], [, b]) => a.use - b.use)) {
      this.#clients.set(client, entry);
      this.#uses = entry.use;
    }
  }

  advance(to: Position): void {
    if (isBehind(this.executed, to)) this.executed = { position: to.position, index: to.index };
  }

  /** Recovery: a record of the log, as it was committed. */
  replay(record: WalRecord): void {
    if (record.type === "commit") {
      for (const [key, value] of record.body.writes)
        this.apply(record.body.branch, key, { version: record.version, value: value ?? undefined });
      this.managerVersion = Math.max(this.managerVersion, record.version);
      this.recordClient(record.body.client, { status: "committed", version: record.version });
    } else this.recordClient(record.body.client, record.body.outcome);
    this.advance(record);
  }

  /** Drops from one branch what no snapshot at or above `minimum` can read, in parts, and comes to how many versions went. */
  *collecting(name: string, minimum: number): Generator<undefined, number> {
    const branch = this.branches.get(name);
    if (branch === undefined) return 0;
    let [dropped, looked] = [0, 0];
    for (const key of branch.collectable) {
      looked += 1;
      if (looked % keysOfBreath === 0) yield;
      const chain = branch.chains.get(key) ?? [];
      const rest = collected(chain, minimum);
      dropped += chain.length - rest.length;
      if (rest.length === 0) branch.chains.delete(key);
      else if (rest.length < chain.length) branch.chains.set(key, rest);
      if (rest.length === 0 || (rest.length === 1 && rest[0]?.value !== undefined)) branch.collectable.delete(key);
    }
    return dropped;
  }
}
