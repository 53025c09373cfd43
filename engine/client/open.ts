/** A client for the cluster in a directory, as `engine cluster --dir DIR` made it. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { readClientConfig } from "../programs/cluster-directory.ts";
import { Client } from "./client.ts";

export interface OpenOptions {
  /** After this long a request that no replica has done is given up; 10 s by default. */
  readonly deadlineMs?: number;
  /** What is shown to the replicas; by default the one that client.json names. */
  readonly tokenFile?: string;
}

/** Throws Error when there is no cluster in the directory. Connects when it is first used. */
export const openClient = async (directory: string, { deadlineMs = 10_000, tokenFile }: OpenOptions = {}): Promise<Client> => {
  const config = await readClientConfig(directory);
  const token = (await readFile(resolve(directory, tokenFile ?? config.tokenFile), "utf8")).trim();
  const { authorityFile } = config;
  const authority = authorityFile === undefined ? undefined : await readFile(resolve(directory, authorityFile), "utf8");
  return new Client({ replicas: config.replicas.map((r) => r.clientAddress), token, authority, deadlineMs });
};
