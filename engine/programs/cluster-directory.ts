/**
 * The directory of a cluster on one machine, as `engine cluster --dir DIR` makes it:
 *
 *     DIR/client.json          who the replicas are, for clients
 *     DIR/client.token, reader.token   what clients show: for everything, and for reading only
 *     DIR/tokens.json          digests of the tokens that replicas take
 *     DIR/replica-1/config.json, private.key, data/, log.ndjson
 *
 * All of it can be read by its owner only.
 *
 * It is made in a temporary directory and renamed, so that there is a whole one or none.
 */
import { generateKeyPairSync, randomBytes, randomInt } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { dirname, join, resolve } from "node:path";
import { newToken } from "../wiring/production/client-tokens.ts";
import { parseClientConfig } from "../node/config.ts";
import type { Address, ClientConfig } from "../node/config.ts";
import { createDataDirectory } from "./data-directory.ts";

export interface ClusterOptions {
  readonly replicas: number;
  readonly durability: "strict" | "batched" | "none";
  readonly journal: boolean;
}

export const clientConfigFile = (directory: string): string => join(directory, "client.json");
export const replicaConfigFile = (directory: string, replica: number): string => join(directory, `replica-${replica}`, "config.json");

/** The configuration of the cluster in the directory, which is made when there is none. Throws Error for a directory with something else in it. */
export const openClusterDirectory = async (directory: string, options: ClusterOptions): Promise<ClientConfig> => {
  const existing = await readdir(directory).catch((): string[] => []);
  if (!existing.includes("client.json")) {
    if (existing.length > 0) throw new Error(`${directory} is not empty, and has no client.json: it is not the directory of a cluster`);
    await createClusterDirectory(resolve(directory), options);
  }
  return readClientConfig(directory);
};

/** Throws Error when there is no cluster. */
export const readClientConfig = async (directory: string): Promise<ClientConfig> => {
  const file = clientConfigFile(directory);
  const text = await readFile(file, "utf8").catch(() => {
    throw new Error(`${file} cannot be read: start a cluster there with "engine cluster --dir ${directory}"`);
  });
  return parseClientConfig(text, file);
};

const createClusterDirectory = async (directory: string, options: ClusterOptions): Promise<void> => {
  await mkdir(dirname(directory), { recursive: true });
  const draft = await mkdtemp(`${directory}.new-`);
  try {
    await writeCluster(draft, options);
    // An empty directory is replaced by a rename, one with something in it is not.
    await rename(draft, directory);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
};

const secret = { mode: 0o600 } as const;
const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const writeCluster = async (draft: string, options: ClusterOptions): Promise<void> => {
  const numbers = Array.from({ length: options.replicas }, (_, i) => i + 1);
  const ports = await freePorts(2 * options.replicas);
  const address = (i: number): Address => ({ host: "127.0.0.1", port: ports[i] ?? 0 });
  const keys = numbers.map(() => keyPair());
  const group = {
    cluster: `cluster-${randomBytes(6).toString("hex")}`,
    replicas: numbers.map((replica, i) => ({
      replica,
      address: address(2 * i),
      clientAddress: address(2 * i + 1),
      publicKey: keys[i]?.publicKey ?? "",
    })),
  };

  const tokens = { client: newToken("write"), reader: newToken("read") };
  await writeFile(join(draft, "tokens.json"), json([tokens.client.row, tokens.reader.row]), secret);
  for (const [name, { token }] of Object.entries(tokens)) await writeFile(join(draft, `${name}.token`), `${token}\n`, secret);
  for (const [i, replica] of numbers.entries()) {
    const folder = join(draft, `replica-${replica}`);
    await mkdir(folder, { mode: 0o700 });
    await createDataDirectory(join(folder, "data"), { cluster: group.cluster, replica });
    await writeFile(join(folder, "private.key"), `${keys[i]?.privateKey ?? ""}\n`, secret);
    const { durability, journal } = options;
    const config = {
      ...group,
      replica,
      directory: "data",
      tokensFile: "../tokens.json",
      privateKeyFile: "private.key",
      durability,
      journal,
    };
    await writeFile(join(folder, "config.json"), json(config));
  }
  await writeFile(join(draft, "client.json"), json({ ...group, tokenFile: "client.token" }));
};

const keyPair = (): { readonly publicKey: string; readonly privateKey: string } => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  // The raw key is the end of its DER form.
  const raw = (der: Buffer): string => der.subarray(-32).toString("base64url");
  return {
    publicKey: raw(publicKey.export({ format: "der", type: "spki" })),
    privateKey: raw(privateKey.export({ format: "der", type: "pkcs8" })),
  };
};

/** Below those that systems give to outgoing connections, so that none takes the port of a replica while it is down. */
const [firstPort, lastPort] = [10_240, 32_767];

/** Ports that are free now; all are held until the last is found, so that they differ. */
export const freePorts = async (count: number): Promise<readonly number[]> => {
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    while (ports.length < count) {
      const port = randomInt(firstPort, lastPort + 1);
      const server = await holding(port);
      if (server === undefined) continue;
      held.push(server);
      ports.push(port);
    }
  } finally {
    await Promise.all(held.map((server) => new Promise((closed) => server.close(closed))));
  }
  return ports;
};

/** Undefined when the port is in use. */
const holding = (port: number): Promise<Server | undefined> =>
  new Promise((found, reject) => {
    const server = createServer();
    server
      .on("error", (error) => {
        if ("code" in error && error.code === "EADDRINUSE") found(undefined);
        else reject(error);
      })
      .listen(port, "127.0.0.1", () => found(server));
  });
