/** All protocol state of an open store as plain values: what a driver compares with a spec, and an operator looks at. */
import type { Checkpointer } from "./checkpointer.ts";
import type { Core } from "./commit-protocol.ts";
import type { Execution } from "./execution.ts";
import type { OpenSnapshots } from "./open-snapshots.ts";
import type { Transaction } from "./transaction.ts";

export interface Parts {
  readonly core: Core;
  readonly snapshots: OpenSnapshots;
  readonly checkpointer: Checkpointer;
  readonly execution: Execution;
  readonly transactions: ReadonlyMap<string, Transaction>;
}

export const observation = ({ core, snapshots, checkpointer, execution, transactions }: Parts) => {
  const { state, wal, publication, branchLocks, gate, vectors } = core;
  const chains = [...state.branches].map(([name, branch]) => [
    name,
    Object.fromEntries(
      [...branch.chains.entries()].map(([key, chain]) => [
        key,
        chain.map(({ version, value }) => ({ version, is: value === undefined ? "tombstone" : "value" })),
      ]),
    ),
  ]);
  return {
    managerVersion: state.managerVersion,
    storeVersion: publication.storeVersion,
    pending: publication.pending,
    executed: { ...state.executed },
    clients: Object.fromEntries([...state.clients].map(([client, { request, outcome }]) => [client, { request, outcome }])),
    branchLock: Object.fromEntries([...branchLocks].map(([name, lock]) => [name, { owner: lock.owner ?? null, waiting: lock.waiting }])),
    walLock: { owner: wal.lock.owner ?? null, waiting: wal.lock.waiting },
    wal: wal.observe(),
    checkpoint: checkpointer.observe(),
    betweenAllocationAndApply: gate.inside,
    snapshots: snapshots.observe(),
    active: [...transactions.values()].map((t) => t.observe()),
    committing: [...execution.running.values()].map(({ id, at, version, prepared, unapplied }) => ({
      id,
      at,
      version,
      branch: prepared.branch,
      unapplied: [...unapplied],
    })),
    // fromEntries of tuples whose types were widened by map: branch -> key -> chain.
    chains: Object.fromEntries(chains) as Record<
      string,
      Record<string, readonly { readonly version: number; readonly is: "value" | "tombstone" }[]>
    >,
    vectors: Object.fromEntries([...state.branches.keys()].map((name) => [name, vectors.observe(name)])),
  };
};
export type Observation = ReturnType<typeof observation>;
