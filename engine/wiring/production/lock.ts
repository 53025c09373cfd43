/**
 * A lock on a directory against a second process. The lock is held by whoever made the file with the highest number,
 * `lock-N`. A lock whose holder is dead is taken over by making the next number, which only one process can. The highest is
 * never removed, so a process that saw an older state cannot mistake a free number for a free lock. For local directories:
 * a holder on another machine, or in another container, cannot be seen.
 */
import { link, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Random } from "../../ports.ts";

/** Another process uses the directory. */
export class LockedError extends Error {
  override readonly name = "LockedError";
  constructor(
    readonly directory: string,
    readonly pid: number,
    file: string,
  ) {
    super(`${directory} is in use by process ${pid} (it holds ${file}); stop that process, or choose another directory`);
  }
}

export interface Lock {
  release(): Promise<void>;
}

const holderSchema = z.object({
  pid: z.int().positive(),
  /** In ticks since the machine started; with the pid it names a process. Empty where there is no /proc. */
  startTime: z.string(),
  /** Names the machine's run. */
  bootId: z.string(),
  isReleased: z.boolean(),
});
type Holder = z.infer<typeof holderSchema>;

const lockName = /^lock-(\d{1,15})$/;

/** Rejects with LockedError. */
export const lockDirectory = async (directory: string, random: Random): Promise<Lock> => {
  const bootId = await readOrEmpty("/proc/sys/kernel/random/boot_id");
  const self: Holder = { pid: process.pid, startTime: await startTimeOf(process.pid), bootId, isReleased: false };
  for (;;) {
    const highest = (await numbers(directory)).at(-1);
    if (highest !== undefined) await checkFree(directory, highest, self);
    const number = (highest ?? 0) + 1;
    const temporary = await written(directory, self, random);
    const isMade = await link(temporary, join(directory, `lock-${number}`)).then(
      () => true,
      (error: unknown) => {
        if (hasCode(error, "EEXIST")) return false;
        throw error;
      },
    );
    await unlink(temporary);
    if (!isMade) continue;
    if ((await numbers(directory)).at(-1) === number) {
      await removeBelow(directory, number);
      return { release: () => release(directory, number, self, random) };
    }
    await unlink(join(directory, `lock-${number}`));
  }
};

const release = async (directory: string, number: number, self: Holder, random: Random): Promise<void> =>
  rename(await written(directory, { ...self, isReleased: true }, random), join(directory, `lock-${number}`));

/** Synced before it gets its name: a lock is there whole or not at all. */
const written = async (directory: string, holder: Holder, random: Random): Promise<string> => {
  const path = join(directory, `lock.${Buffer.from(random.bytes(8)).toString("hex")}`);
  const handle = await open(path, "wx", 0o600);
  try {
    await handle.writeFile(JSON.stringify(holder));
    await handle.sync();
  } finally {
    await handle.close();
  }
  return path;
};

const numbers = async (directory: string): Promise<readonly number[]> =>
  (await readdir(directory))
    .flatMap((name) => lockName.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);

const removeBelow = async (directory: string, number: number): Promise<void> => {
  for (const lower of await numbers(directory))
    if (lower < number)
      await unlink(join(directory, `lock-${lower}`)).catch((error: unknown) => {
        if (!hasCode(error, "ENOENT")) throw error;
      });
};

const checkFree = async (directory: string, number: number, self: Holder): Promise<void> => {
  const path = join(directory, `lock-${number}`);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    // Taken over in the meantime; the caller looks again when it cannot make the next number.
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  const holder = parsed(text, path);
  if (!holder.isReleased && (await isAlive(holder, self.bootId))) throw new LockedError(directory, holder.pid, path);
};

const parsed = (text: string, path: string): Holder => {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    throw new Error(`${path} is not a lock of this engine; remove it if no process uses the directory`);
  }
};

const isAlive = async (holder: Holder, bootId: string): Promise<boolean> => {
  if (holder.bootId !== bootId) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    if (hasCode(error, "ESRCH")) return false;
  }
  // A process number is used again.
  return (await startTimeOf(holder.pid)) === holder.startTime;
};

/**
 * The 22nd field of /proc/PID/stat; the second, the command, may hold spaces and parentheses. Empty for a process that is
 * dead and that its parent has not asked about (state Z).
 */
const startTimeOf = async (pid: number): Promise<string> => {
  const stat = await readOrEmpty(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? "" : (fields[19] ?? "");
};

const readOrEmpty = async (path: string): Promise<string> => (await readFile(path, "utf8").catch(() => "")).trim();

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && "code" in error && error.code === code;
