/** A whole replica that comes back: what it is told, the snapshot below that, and then its disk. It is started afterwards, as one that was paused. */
import type { Network } from "../ports.ts";
import { primary } from "../replication/group.ts";
import { Multiplexer } from "./multiplexer.ts";
import { openBatchStore, openStore } from "./parts.ts";
import type { NodeOptions } from "./parts.ts";
import { askToRejoin, writeRejoined } from "./rejoin.ts";
import type { NodePorts } from "./replica-node.ts";
import { Snapshots } from "./snapshots.ts";
import { executedToOf } from "./state-machine.ts";

/** Resolves when the replica can be started on its ports. `incarnation`: of the life that the others have met. */
export const rejoinNode = async (options: NodeOptions, ports: NodePorts, incarnation: number, signal: AbortSignal): Promise<void> => {
  // It was stopped right after the end of its rejoining.
  if ((await ports.table.get("vr/state")) !== undefined) return;
  const multiplexer = new Multiplexer(ports.network, ports.logger);
  const { replica, replicas } = options;
  const rejoined = await askToRejoin({ ...ports, replica, replicas, network: multiplexer.channel("rejoin") }, signal);
  const { viewNumber, log } = rejoined;
  ports.logger.log("info", "rejoining", { viewNumber, logStart: log.logStart, opNumber: log.logStart - 1 + log.operations.length });
  const leader = primary(viewNumber, replicas);
  const executedTo = await restored(options, ports, multiplexer.channel("snapshots"), leader, log.logStart - 1, signal);
  await writeRejoined(ports.table, options, incarnation, rejoined, executedTo);
  ports.logger.log("info", "rejoined", { viewNumber, executedTo });
};

/** The store of a peer after at least so many ops takes the place of the own one; resolves with how many it has. */
const restored = async (
  options: NodeOptions,
  ports: NodePorts,
  network: Network,
  peer: number,
  opNumber: number,
  signal: AbortSignal,
): Promise<number> => {
  const store = await openStore(options, ports);
  try {
    if (executedToOf(store) >= opNumber) return executedToOf(store);
    const { cluster: clusterId, replica, replicas } = options;
    const { clock, logger, steps, snapshotTable: table } = ports;
    const betweenOps = <T>(work: () => Promise<T>): Promise<T> => work();
    const snapshots = new Snapshots({ clusterId, replica, replicas, store, betweenOps, network, table, clock, logger, steps });
    await snapshots.start();
    signal.addEventListener("abort", () => snapshots.stop());
    const position = await snapshots.restore(peer, opNumber);
    snapshots.stop();
    // It signs nothing here: nobody is connected with it.
    const batches = await openBatchStore(options, ports, { send: () => undefined, onMessage: () => undefined });
    await batches.advanceCertifiedTime(position);
    await batches.close();
    return position;
  } finally {
    await store.close();
  }
};
