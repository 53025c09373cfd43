/**
 * Whose data a directory holds, and whether it has all that the replica has promised. `owner.json` is written by whoever
 * creates a cluster, and by nothing else: a directory without it is that of a replica that has lost its data, and it is not
 * started on it. The caller holds the directory's lock where it writes.
 *
 *   new         made with its cluster; nothing was promised yet
 *   member      it has taken part: its log must be there
 *   rejoining   it was lost; `engine repair` has made room, and the replica is to come back from what the others have
 */
import { mkdir, open, readFile, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { validated } from "../codec.ts";
import { forgotten } from "../replication/amnesia.ts";

const Owner = z.strictObject({
  cluster: z.string(),
  replica: z.number().int(),
  /** Directories from before there was a state were members'. */
  state: z.enum(["new", "member", "rejoining"]).default("member"),
  /** While it rejoins: the number of its next life, as far as it is known. */
  incarnation: z.number().int().min(1).optional(),
});
export type OwnerRow = z.infer<typeof Owner>;
export type Owner = Pick<OwnerRow, "cluster" | "replica">;

const nameOf = ({ replica, cluster }: Owner): string => `replica ${replica} of the cluster ${cluster}`;
const fileIn = (directory: string): string => join(directory, "owner.json");

/** For a new cluster. Throws Error for a directory with anything in it. */
export const createDataDirectory = async (directory: string, owner: Owner): Promise<void> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const found = await readdir(directory);
  if (found.length > 0) throw new Error(`${directory} is not empty: a new cluster begins with nothing`);
  await writeOwner(directory, { ...owner, state: "new" });
};

/** Throws Error for a directory that is another replica's or nobody's, DecodeError when it cannot be told. Changes nothing. */
export const ownerOf = async (directory: string, owner: Owner): Promise<OwnerRow> => {
  const found = await ownerIn(fileIn(directory));
  if (found === undefined)
    throw new Error(
      `${directory} has no data of ${nameOf(owner)}. If that was lost, bring the replica back with "engine repair"; ` +
        `if the cluster is new, "engine init" makes a directory for each of its replicas`,
    );
  if (found.cluster !== owner.cluster || found.replica !== owner.replica)
    throw new Error(`${directory} has the data of ${nameOf(found)}; this is ${nameOf(owner)}`);
  return found;
};

/** Throws AmnesiaError when the log of a replica that has taken part is not there. Whether it is whole, its opening tells. Changes nothing. */
export const mustHaveLog = async (directory: string, replica: number): Promise<void> => {
  const found = await readdir(join(directory, "log")).catch((): string[] => []);
  // LevelDB keeps in it which of its files count; without it the table would be made anew.
  if (!found.includes("CURRENT")) throw forgotten(replica);
};

/** Moves what is left of a replica's data out of the way, and marks the directory: at its next start the replica rejoins. Says where the rest is. */
export const prepareRejoin = async (directory: string, owner: Owner): Promise<string | undefined> => {
  const found = await ownerIn(fileIn(directory)).catch(() => undefined);
  if (found !== undefined && (found.cluster !== owner.cluster || found.replica !== owner.replica)) await ownerOf(directory, owner);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const left = (await readdir(directory)).filter((name) => dataFolders.includes(name));
  let aside: string | undefined;
  if (left.length > 0) {
    const number = (await readdir(directory)).filter((name) => name.startsWith("lost-")).length + 1;
    aside = join(directory, `lost-${number}`);
    await mkdir(aside, { mode: 0o700 });
    for (const name of left) await rename(join(directory, name), join(aside, name));
  }
  await writeOwner(directory, { ...owner, state: "rejoining", incarnation: found?.incarnation ?? 1 });
  return aside;
};
const dataFolders = ["store", "log", "snapshots", "log-witness"];

const ownerIn = async (file: string): Promise<OwnerRow | undefined> => {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  return validated(Owner, value, file);
};

/** Durably, in one step. */
export const writeOwner = async (directory: string, owner: OwnerRow): Promise<void> => {
  const draft = `${fileIn(directory)}.new`;
  const handle = await open(draft, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(owner)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, fileIn(directory));
  const parent = await open(directory, "r");
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
};
