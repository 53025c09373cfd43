/**
 * Whose data a directory holds. A replica that started from another's would take back what it has promised: it is written down
 * before anything else is, and compared at every start. The caller holds the directory's lock.
 */
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { validated } from "../codec.ts";

const Owner = z.strictObject({ cluster: z.string(), replica: z.number().int() });
export type Owner = z.infer<typeof Owner>;

const nameOf = ({ replica, cluster }: Owner): string => `replica ${replica} of the cluster ${cluster}`;

/** Throws Error for a directory that belongs to another replica, DecodeError when it cannot be told. */
export const claimDirectory = async (directory: string, owner: Owner): Promise<void> => {
  const file = join(directory, "owner.json");
  const found = await ownerIn(file);
  if (found === undefined) return writeOwner(directory, file, owner);
  if (found.cluster !== owner.cluster || found.replica !== owner.replica)
    throw new Error(`${directory} has the data of ${nameOf(found)}; this is ${nameOf(owner)}`);
};

const ownerIn = async (file: string): Promise<Owner | undefined> => {
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

const writeOwner = async (directory: string, file: string, owner: Owner): Promise<void> => {
  const draft = `${file}.new`;
  const handle = await open(draft, "w");
  try {
    await handle.writeFile(`${JSON.stringify(owner)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  const parent = await open(directory, "r");
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
};
