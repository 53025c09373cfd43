/** `engine serve --config FILE`: one replica in this process, until SIGTERM, SIGINT, or the end of whoever started it. */
import { mkdir, readFile, readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseReplicaConfig } from "../node/config.ts";
import type { ReplicaConfig } from "../node/config.ts";
import { ReplicaNode } from "../node/replica-node.ts";
import type { NodePorts } from "../node/replica-node.ts";
import { Requests } from "../node/requests.ts";
import type { Host } from "../node/requests.ts";
import { ClientService, clientToken } from "../wiring/production/client-service.ts";
import { SystemClock } from "../wiring/production/clock.ts";
import { FileDisk } from "../wiring/production/disk.ts";
import { FileJournal } from "../wiring/production/journal.ts";
import { lockDirectory } from "../wiring/production/lock.ts";
import { StreamLogger } from "../wiring/production/logger.ts";
import { FaultyNetwork } from "../wiring/production/network/faulty-network.ts";
import { TcpNetwork } from "../wiring/production/network/network.ts";
import { SystemRandom } from "../wiring/production/random.ts";
import { NoPauses } from "../wiring/production/steps.ts";
import { LevelTable } from "../wiring/production/table.ts";
import type { ReplicaReport } from "./cluster.ts";
import { claimDirectory } from "./data-directory.ts";

/** Closed in the opposite order of their opening. */
class Opened {
  private readonly closers: (() => unknown)[] = [];
  add<T>(value: T, close: (value: T) => unknown): T {
    this.closers.push(() => close(value));
    return value;
  }
  async close(): Promise<void> {
    for (const close of this.closers.reverse()) await close();
  }
}

const textOf = async (file: string, what: string): Promise<string> => {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    throw new Error(`${what} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Resolves with the exit code when the replica has ended. Throws for a configuration or a disk that it cannot start from. */
export const serve = async (configFile: string): Promise<number> => {
  const config = parseReplicaConfig(await textOf(configFile, "the configuration"), configFile);
  const relative = (path: string): string => resolve(dirname(configFile), path);
  const opened = new Opened();
  const logger = new StreamLogger(process.stdout, "info", { replica: config.replica });
  const ended = new Promise<number>((end) => {
    // A fault of the program. What is acknowledged is on disk; nobody knows what is in memory.
    for (const event of ["unhandledRejection", "uncaughtException"] as const)
      process.on(event, (error: unknown) => {
        logger.log("error", event, { error });
        setTimeout(() => process.exit(1), 5_000).unref();
        end(1);
      });
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => end(0));
    // The process that started this one has gone.
    process.once("disconnect", () => end(0));
    startReplica(config, relative, logger, opened, end).catch((error: unknown) => {
      logger.log("error", "cannotStart", { reason: error instanceof Error ? error.message : String(error) });
      process.stderr.write(`replica ${config.replica} cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
      end(1);
    });
  });
  const code = await ended;
  logger.log("info", "stopping", { code });
  await opened.close();
  // The channel to whoever started this process would keep it.
  if (process.connected) process.disconnect();
  return code;
};

const startReplica = async (
  config: ReplicaConfig,
  relative: (path: string) => string,
  logger: StreamLogger,
  opened: Opened,
  end: (code: number) => void,
): Promise<void> => {
  const clusterKey = Buffer.from(await textOf(relative(config.clusterKeyFile), "the cluster's key"), "hex");
  const privateKey = await textOf(relative(config.privateKeyFile), "the private key");
  const { ports, network } = await openPorts(config, relative(config.directory), clusterKey, logger, opened);
  const { cluster, replica, replicas, durability, checkpointEveryOps, retainedOps, timing } = config;
  const node = await ReplicaNode.start(
    {
      cluster,
      replica,
      replicas: replicas.length,
      privateKey,
      publicKeys: replicas.map((r) => r.publicKey),
      durability,
      checkpointEveryOps,
      retainedOps,
      timing: {
        heartbeatMs: timing.heartbeatMs,
        viewChangeMinMs: timing.viewChangeTimeoutMs,
        viewChangeMaxMs: 2 * timing.viewChangeTimeoutMs,
      },
      onFailed: () => end(1),
    },
    ports,
  );
  opened.add(node, () => node.stop());
  const service = opened.add(await listenForClients(config, watched(node, network), clusterKey, ports, logger), (s) => s.close());
  report({ type: "listening", replica, pid: process.pid, port: service.address.port });
  logger.log("info", "listening", { clients: service.address });
  await firstServing(node);
  report({ type: "serving" });
};

const openPorts = async (
  config: ReplicaConfig,
  directory: string,
  clusterKey: Uint8Array,
  logger: StreamLogger,
  opened: Opened,
): Promise<{ readonly ports: NodePorts; readonly network: TcpNetwork }> => {
  const [clock, random] = [new SystemClock(), new SystemRandom()];
  const folder = async (name: string): Promise<string> => {
    await mkdir(join(directory, name), { recursive: true });
    return join(directory, name);
  };
  opened.add(await lockDirectory(await folder("."), random), (lock) => lock.release());
  await claimDirectory(directory, { cluster: config.cluster, replica: config.replica });
  const disk = opened.add(await FileDisk.open(await folder("store")), (d) => d.close());
  const table = opened.add(await LevelTable.open(await folder("log")), (t) => t.close());
  const snapshotTable = opened.add(await LevelTable.open(await folder("snapshots")), (t) => t.close());
  const journal = config.journal ? opened.add(await openJournal(await folder("journal"), config.replica), (j) => j.close()) : undefined;
  const self = config.replicas[config.replica - 1];
  if (self === undefined) throw new Error(`replica ${config.replica} is not in its own group`);
  const network = await TcpNetwork.listen({
    identity: { clusterId: config.cluster, key: clusterKey, replica: config.replica },
    replicas: config.replicas.map((r) => r.replica),
    listen: self.address,
    clock,
    random,
    logger,
  });
  opened.add(network, (n) => n.close());
  network.connect(new Map(config.replicas.map((r) => [r.replica, r.address])));
  const faulty = config.faults === undefined ? network : new FaultyNetwork(network, config.faults, clock, random);
  if (config.faults !== undefined) logger.log("warn", "faultsInjected", config.faults);
  const ports = { network: faulty, clock, random, steps: new NoPauses(), logger, journal, disk, table, snapshotTable };
  return { ports, network };
};

/** The status of the process beside that of the replica. */
const watched = (node: ReplicaNode, network: TcpNetwork): Host => ({
  store: node.store,
  caughtUp: () => node.caughtUp(),
  commit: (transaction) => node.commit(transaction),
  status: () => {
    const status = node.status();
    const { rss, heapUsed, external } = process.memoryUsage();
    const { framesIn, framesOut, reconnects, dropped, refused } = network.counters;
    const ofNetwork = { framesIn, framesOut, reconnects, dropped, refused: Object.values(refused).reduce((a, b) => a + b, 0) };
    const ofProcess = { memoryBytes: rss, heapBytes: heapUsed, externalBytes: external, connectedReplicas: network.connected.length };
    return { ...status, counters: { ...status.counters, ...ofNetwork, ...ofProcess } };
  },
});

/** One file for each life of the replica. */
const openJournal = async (directory: string, replica: number): Promise<FileJournal> => {
  const incarnation = (await readdir(directory)).length + 1;
  return new FileJournal(join(directory, `${incarnation}.ndjson`), `r${replica}`, incarnation);
};

const listenForClients = (
  config: ReplicaConfig,
  host: Host,
  clusterKey: Uint8Array,
  { clock, random }: NodePorts,
  logger: StreamLogger,
) => {
  const self = config.replicas[config.replica - 1];
  const requests = new Requests(host, clock, random);
  return ClientService.listen({
    listen: self?.clientAddress ?? { host: "127.0.0.1", port: 0 },
    token: clientToken(clusterKey),
    logger,
    handle: (request) => requests.handle(request),
    status: () => host.status(),
  });
};

const report = (message: ReplicaReport): void => void process.send?.(message);

/** Resolves when this replica leads and can answer; a backup never does. */
const firstServing = async (node: ReplicaNode): Promise<void> => {
  for (;;) {
    if (node.isPrimary) {
      const served = await node.caughtUp().then(
        () => true,
        () => false,
      );
      if (served) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20).unref());
  }
};
