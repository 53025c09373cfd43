/** `engine init` and `engine repair`: what a replica's directory is made of before it starts for the first time, or again after a loss. */
import { mkdir, readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseReplicaConfig } from "../node/config.ts";
import type { ReplicaConfig } from "../node/config.ts";
import { lockDirectory } from "../wiring/production/lock.ts";
import { SystemRandom } from "../wiring/production/random.ts";
import { replicaConfigFile } from "./cluster-directory.ts";
import { createDataDirectory, prepareRejoin } from "./data-directory.ts";

/** Throws Error for options that do not say which replica. */
export const configFileOf = (directory: string | undefined, replica: number | undefined): string => {
  if (directory === undefined || replica === undefined) throw new Error("say which replica: --config FILE, or --dir DIR and --replica N");
  return replicaConfigFile(directory, replica);
};

const configIn = async (file: string): Promise<{ readonly config: ReplicaConfig; readonly directory: string }> => {
  const config = parseReplicaConfig(await readFile(file, "utf8"), file);
  return { config, directory: resolve(dirname(file), config.directory) };
};

/** Throws Error for a directory with something in it. */
export const initReplica = async (configFile: string): Promise<void> => {
  const { config, directory } = await configIn(configFile);
  await createDataDirectory(directory, { cluster: config.cluster, replica: config.replica });
  process.stdout.write(`replica ${config.replica} of the cluster ${config.cluster} is new, in ${directory}\n`);
};

/** Throws LockedError while the replica runs. */
export const repairReplica = async (configFile: string): Promise<void> => {
  const { config, directory } = await configIn(configFile);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(directory, new SystemRandom());
  try {
    const aside = await prepareRejoin(directory, { cluster: config.cluster, replica: config.replica });
    if (aside !== undefined) process.stdout.write(`what was left of the data is in ${aside}\n`);
    process.stdout.write(`replica ${config.replica} takes its data from the others when it is started; all of them must be up\n`);
  } finally {
    await lock.release();
  }
};
