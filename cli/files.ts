/** Files come and go whole: a reader never sees half of one. */
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { LockstepError, messageOf } from "../specs/language/errors.ts";

const MEBIBYTE = 1024 * 1024;

/** Node's messages name the temporary file and the system call as well; the fault is what comes first. */
const faultOf = (error: unknown): string => messageOf(error).split(", ")[0] ?? "";

/** Writes to a temporary name in the same folder, then renames. Throws LockstepError "io". */
export const writeWhole = async (file: string, text: string): Promise<void> => {
  const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    await writeFile(temporary, text, { flush: true });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new LockstepError("io", `${file} cannot be written: ${faultOf(error)}`, { cause: error });
  }
};

/** Throws LockstepError "io", also for a file that is larger than `limitMebibytes`. */
export const readWhole = async (file: string, limitMebibytes: number): Promise<string> => {
  try {
    const { size } = await stat(file);
    if (size > limitMebibytes * MEBIBYTE)
      throw new Error(`it has ${size} bytes; that is more than the ${limitMebibytes} MiB that are read`);
    return await readFile(file, "utf8");
  } catch (error) {
    throw new LockstepError("io", `${file} cannot be read: ${faultOf(error)}`, { cause: error });
  }
};
