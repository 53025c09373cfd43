/** `engine serve --config FILE`: one replica in this process, until SIGTERM, SIGINT, or the end of whoever started it. */
import { mkdir, readFile, readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parseReplicaConfig } from "../node/config.ts";
import type { Address, ReplicaConfig } from "../node/config.ts";
import { Membership } from "../node/membership.ts";
import type { NodeOptions } from "../node/parts.ts";
import { rejoinNode } from "../node/rejoin-node.ts";
import type { ReplicaStatus } from "../node/client-protocol.ts";
import { ReplicaNode } from "../node/replica-node.ts";
import type { NodePorts } from "../node/replica-node.ts";
import { Requests } from "../node/requests.ts";
import type { Host } from "../node/requests.ts";
import { watchedLogTable } from "../node/watched-ports.ts";
import { ClientService } from "../wiring/production/client-service.ts";
import type { ClientServiceOptions } from "../wiring/production/client-service.ts";
import { ClientTokens } from "../wiring/production/client-tokens.ts";
import { SystemClock } from "../wiring/production/clock.ts";
import { FileDisk } from "../wiring/production/disk.ts";
import { FileJournal } from "../wiring/production/journal.ts";
import { lockDirectory } from "../wiring/production/lock.ts";
import { StreamLogger } from "../wiring/production/logger.ts";
import { FaultyNetwork } from "../wiring/production/network/faulty-network.ts";
import type { Life } from "../wiring/production/network/lives.ts";
import { TcpNetwork } from "../wiring/production/network/network.ts";
import { SystemRandom } from "../wiring/production/random.ts";
import { NoPauses } from "../wiring/production/steps.ts";
import { isLoopback, readTls } from "../wiring/production/tls.ts";
import type { TlsContent, TlsFiles } from "../wiring/production/tls.ts";
import { UnsyncedDisk, UnsyncedTable } from "../wiring/production/unsynced.ts";
import { FileWitness } from "../wiring/production/witness.ts";
import { LevelTable } from "../wiring/production/table.ts";
import type { Table } from "../ports.ts";
import type { ReplicaReport } from "./cluster.ts";
import { mustHaveLog, ownerOf, writeOwner } from "./data-directory.ts";
import { mustBeFree } from "./free-address.ts";

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
  const owner = { cluster: config.cluster, replica: config.replica };
  const directory = relative(config.directory);
  // What can be refused before anything is written is refused here: a start that fails changes no file.
  const { state, incarnation } = await ownerOf(directory, owner);
  if (state === "member") await mustHaveLog(directory, config.replica);
  const privateKey = await textOf(relative(config.privateKeyFile), "the private key");
  const tls = config.tls && readTls(absolute(config.tls, relative));
  const [clock, random] = [new SystemClock(), new SystemRandom()];
  const tokens = new ClientTokens(relative(config.tokensFile), clock, logger);
  const self = config.replicas[config.replica - 1];
  // Before the ports: a second process on the directory is told that there is a first.
  opened.add(await lockDirectory(directory, random), (lock) => lock.release());
  if (self !== undefined) await mustBeFree(self.clientAddress);
  const listen = (): Promise<TcpNetwork> => listenForReplicas(config, privateKey, tls, { clock, random }, logger);
  // One that rejoins has a network of its own until it is back.
  const early = state === "rejoining" ? undefined : opened.add(await listen(), (n) => n.close());
  if (tls === undefined) warnWithoutTls(config, logger);
  const ports = await openPorts(config, directory, { clock, random, logger }, opened);
  const options = (isMember: boolean): NodeOptions => ({ ...nodeOptions(config, privateKey), isMember, onFailed: () => end(1) });
  if (state === "rejoining")
    await rejoin(config, { directory, options: options(false), ports, listen, opened, incarnation: incarnation ?? 1 });
  const network = early ?? opened.add(await listen(), (n) => n.close());
  const faulty = config.faults === undefined ? network : new FaultyNetwork(network, config.faults, ports.clock, ports.random);
  if (config.faults !== undefined || config.unsyncedLost)
    logger.log("warn", "faultsInjected", { ...config.faults, unsyncedLost: config.unsyncedLost });
  let lives: Membership | undefined = undefined;
  const onHeard: NodeOptions["onHeard"] = (peer, viewNumber, acknowledged) => lives?.heard(peer, viewNumber, acknowledged);
  const node = opened.add(await ReplicaNode.start({ ...options(state !== "new"), onHeard }, { ...ports, network: faulty }), (n) =>
    n.stop(),
  );
  await writeOwner(directory, { ...owner, state: "member" });
  const own = { incarnation: node.incarnation, nonce: lifeNonce(ports), viewNumber: node.status().view, logged: node.logged };
  const onOutdated = (peer: number, known: Life): void => {
    logger.log("error", "amnesia", { reason: outdated(own, config.replica, peer, known) });
    end(1);
  };
  const table = watchedLogTable(ports.table, (error) => node.fail(error));
  lives = await Membership.open({ table, replica: config.replica, own, onOutdated });
  network.connect(addressesOf(config), lives);
  const service = opened.add(await listenForClients(config, watched(node, network), { tokens, tls }, ports, logger), (s) => s.close());
  report({ type: "listening", replica: config.replica, pid: process.pid, port: service.address.port });
  logger.log("info", "listening", { clients: service.address });
  await firstServing(node);
  report({ type: "serving" });
};

const absolute = (files: TlsFiles, relative: (path: string) => string): TlsFiles => ({
  certificateFile: relative(files.certificateFile),
  keyFile: relative(files.keyFile),
  authorityFile: relative(files.authorityFile),
});

const warnWithoutTls = ({ replica, replicas }: ReplicaConfig, logger: StreamLogger): void => {
  const self = replicas[replica - 1];
  const open = [self?.address.host, self?.clientAddress.host].filter((host) => host !== undefined && !isLoopback(host));
  if (open.length > 0)
    logger.log("warn", "withoutTls", { addresses: open, reason: "whoever is on the way reads what is sent, tokens too: configure tls" });
};

const nodeOptions = (config: ReplicaConfig, privateKey: string): NodeOptions => {
  const { cluster, replica, replicas, durability, checkpointEveryOps, retainedOps, timing } = config;
  const { heartbeatMs, viewChangeTimeoutMs } = timing;
  return {
    cluster,
    replica,
    replicas: replicas.length,
    privateKey,
    publicKeys: replicas.map((r) => r.publicKey),
    durability,
    checkpointEveryOps,
    retainedOps,
    timing: { heartbeatMs, viewChangeMinMs: viewChangeTimeoutMs, viewChangeMaxMs: 2 * viewChangeTimeoutMs },
  };
};

const addressesOf = (config: ReplicaConfig): ReadonlyMap<number, Address> => new Map(config.replicas.map((r) => [r.replica, r.address]));
const lifeNonce = ({ random }: Pick<NodePorts, "random">): string => Buffer.from(random.bytes(8)).toString("hex");
const told = (who: string, { incarnation, viewNumber, logged }: Life): string =>
  `${who} in incarnation ${incarnation}, view ${viewNumber} and with op ${logged.opNumber} of view ${logged.viewNumber}`;
const outdated = (own: Life, replica: number, peer: number, known: Life): string =>
  `replica ${peer} knows ${told(`replica ${replica}`, known)}, and this is ${told("", own).trim()}` +
  `${known.incarnation === own.incarnation ? ", of another process" : ""}: the data here is an older copy, or new where some was lost; ` +
  `it must not take part before "engine repair" has brought it back`;

type World = Pick<LocalPorts, "clock" | "random" | "logger">;

const openPorts = async (config: ReplicaConfig, directory: string, world: World, opened: Opened): Promise<LocalPorts> => {
  const folder = async (name: string): Promise<string> => {
    await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
    return join(directory, name);
  };
  const openTable = async (name: string): Promise<Table> => {
    const table = await LevelTable.open(await folder(name));
    return opened.add(config.unsyncedLost ? new UnsyncedTable(table) : table, (t) => t.close());
  };
  const files = opened.add(await FileDisk.open(await folder("store")), (d) => d.close());
  const disk = config.unsyncedLost ? new UnsyncedDisk(files) : files;
  const table = await openTable("log");
  const witness = opened.add(new FileWitness(join(directory, "log-witness")), (w) => w.close());
  const snapshotTable = await openTable("snapshots");
  const journal = config.journal ? opened.add(await openJournal(await folder("journal"), config.replica), (j) => j.close()) : undefined;
  return { ...world, steps: new NoPauses(), journal, disk, table, witness, snapshotTable };
};
type LocalPorts = Omit<NodePorts, "network">;

/** Nobody is let in before `connect`. */
const listenForReplicas = (
  config: ReplicaConfig,
  privateKey: string,
  tls: TlsContent | undefined,
  { clock, random }: Omit<World, "logger">,
  logger: StreamLogger,
): Promise<TcpNetwork> => {
  const self = config.replicas[config.replica - 1];
  if (self === undefined) throw new Error(`replica ${config.replica} is not in its own group`);
  const publicKeys = config.replicas.map((r) => r.publicKey);
  return TcpNetwork.listen({
    identity: { clusterId: config.cluster, replica: config.replica, privateKey, publicKeys },
    replicas: config.replicas.map((r) => r.replica),
    listen: self.address,
    tls,
    clock,
    random,
    logger,
  });
};

interface Rejoining {
  readonly directory: string;
  readonly options: NodeOptions;
  readonly ports: LocalPorts;
  readonly listen: () => Promise<TcpNetwork>;
  readonly opened: Opened;
  /** To begin with. The others may know a later one. */
  readonly incarnation: number;
}

/** Until the replica is back. Its lives are over as often as a peer knows a later one: then it is in the next. */
const rejoin = async (config: ReplicaConfig, { directory, options, ports, listen, opened, ...first }: Rejoining): Promise<void> => {
  const { cluster, replica } = config;
  const stop = opened.add(new AbortController(), (s) => s.abort(new Error("stopped while it was rejoining")));
  for (let { incarnation } = first; ;) {
    await writeOwner(directory, { cluster, replica, state: "rejoining", incarnation });
    const network = await listen();
    let later: number | undefined;
    const over = new AbortController();
    const onOutdated = (_peer: number, known: Life): void => {
      later = known.incarnation + 1;
      over.abort();
    };
    const own = { incarnation, nonce: lifeNonce(ports), viewNumber: null, logged: { viewNumber: 0, opNumber: 0 } };
    const table = watchedLogTable(ports.table, (error) => over.abort(error));
    network.connect(addressesOf(config), await Membership.open({ table, replica, own, onOutdated }));
    try {
      await rejoinNode(options, { ...ports, network }, incarnation, AbortSignal.any([stop.signal, over.signal]));
      return;
    } catch (error) {
      if (later === undefined) throw error;
      incarnation = later;
    } finally {
      await network.close();
    }
  }
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
    const ofNetwork = {
      framesIn,
      framesOut,
      reconnects,
      dropped,
      refused: Object.values(refused).reduce((a, b) => a + b, 0),
      amnesia: refused.amnesia,
    };
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
  allowed: Pick<ClientServiceOptions, "tokens" | "tls">,
  { clock, random }: LocalPorts,
  logger: StreamLogger,
) => {
  const self = config.replicas[config.replica - 1];
  const requests = new Requests(host, clock, random);
  return ClientService.listen({
    listen: self?.clientAddress ?? { host: "127.0.0.1", port: 0 },
    ...allowed,
    logger,
    handle: (request, access) => requests.handle(request, access),
    status: () => withOpen(host.status(), requests),
  });
};

const withOpen = (status: ReplicaStatus, requests: Requests): ReplicaStatus => ({
  ...status,
  counters: { ...status.counters, ...requests.counters() },
});

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
