import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type Lock, lockDirectory, LockedError } from "./lock.ts";
import { SystemRandom } from "./random.ts";

const parent = await mkdtemp(join(tmpdir(), "lockstep-lock-"));
afterAll(() => rm(parent, { recursive: true }));
let directory: string;
beforeEach(async () => void (directory = await mkdtemp(join(parent, "d-"))));
const random = new SystemRandom();
const lock = (): Promise<Lock> => lockDirectory(directory, random);

test("a second lock is refused with the number of the process, until the first is released", async () => {
  const first = await lock();
  await expect(lock()).rejects.toThrow(LockedError);
  await expect(lock()).rejects.toThrow(`${directory} is in use by process ${process.pid} (it holds ${directory}/lock-1)`);
  await first.release();
  const second = await lock();
  await expect(lock()).rejects.toThrow("lock-2");
  await second.release();
  expect(await readdir(directory)).toEqual(["lock-2"]);
});

const holder = async (changes: Record<string, unknown>): Promise<void> => {
  const held = await lock();
  // An object: this engine has just written it.
  const self = JSON.parse(await readFile(join(directory, "lock-1"), "utf8")) as Record<string, unknown>;
  await held.release();
  await writeFile(join(directory, "lock-1"), JSON.stringify({ ...self, ...changes }));
};

test("the lock of a process that was killed is taken over", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  const stat = await readFile(`/proc/${child.pid}/stat`, "utf8");
  await holder({ pid: child.pid, startTime: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] });
  await expect(lock()).rejects.toMatchObject({ pid: child.pid });
  child.kill("SIGKILL");
  await once(child, "exit");
  await (await lock()).release();
});

test("a process that got the number of a dead one does not hold its lock", async () => {
  await holder({ startTime: "1" });
  await (await lock()).release();
});

test("a lock from before the machine was started again is taken over", async () => {
  await holder({ bootId: "another" });
  await (await lock()).release();
});

test("of many that take over a stale lock at once, one gets it", async () => {
  for (let round = 0; round < 5; round++) {
    await holder({ startTime: "1" });
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, lock));
    const held = outcomes.flatMap((o) => (o.status === "fulfilled" ? [o.value] : []));
    expect(held).toHaveLength(1);
    for (const o of outcomes) if (o.status === "rejected") expect(o.reason).toBeInstanceOf(LockedError);
    expect(await readdir(directory)).toHaveLength(1);
    await rm(directory, { recursive: true });
    directory = await mkdtemp(join(parent, "d-"));
  }
});

test("a file that is no lock is not guessed about", async () => {
  await writeFile(join(directory, "lock-3"), "{}");
  await expect(lock()).rejects.toThrow("lock-3 is not a lock of this engine; remove it if no process uses the directory");
});
