/** A client for the cluster in a directory, as `engine cluster --dir DIR` made it. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { readClientConfig } from "../programs/cluster-directory.ts";
import { clientToken } from "../wiring/production/client-service.ts";
import { Client } from "./client.ts";

export interface OpenOptions {
  /** After this long a request that no replica has done is given up; 10 s by default. */
  readonly deadlineMs?: number;
}

/** Throws Error when there is no cluster in the directory. Connects when it is first used. */
export const openClient = async (directory: string, { deadlineMs = 10_000 }: OpenOptions = {}): Promise<Client> => {
  const { replicas, clusterKeyFile } = await readClientConfig(directory);
  const key = Buffer.from((await readFile(resolve(directory, clusterKeyFile), "utf8")).trim(), "hex");
  return new Client({ replicas: replicas.map((r) => r.clientAddress), token: clientToken(key), deadlineMs });
};
