/** What the real disk and table keep when their process is killed. A crash of the machine needs the controlled wiring. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, test } from "vitest";
import { FileDisk } from "./disk.ts";
import { LevelTable } from "./table.ts";

const parent = await mkdtemp(join(tmpdir(), "lockstep-kill-"));
afterAll(() => rm(parent, { recursive: true }));

/** Writes numbers for ever, and prints each when it is written. */
const writer = (directory: string): string => `
  const { FileDisk } = await import(${JSON.stringify(new URL("disk.ts", import.meta.url).href)});
  const { LevelTable } = await import(${JSON.stringify(new URL("table.ts", import.meta.url).href)});
  const disk = await FileDisk.open(${JSON.stringify(join(directory, "files"))});
  const table = await LevelTable.open(${JSON.stringify(join(directory, "table"))});
  for (let n = 0; ; n++) {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, n);
    await disk.append("log", bytes);
    if (n % 10 === 0) await disk.sync("log");
    await table.write([{ put: "a", value: bytes }, { put: "b", value: bytes }], { sync: n % 10 === 0 });
    process.stdout.write(n + "\\n");
  }`;

test("what was acknowledged before SIGKILL is there, whole and in order", async () => {
  for (let round = 0; round < 10; round++) {
    const directory = join(parent, String(round));
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", writer(directory)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let acknowledged = -1;
    for await (const line of createInterface(child.stdout)) {
      acknowledged = Number(line);
      if (acknowledged === 20 + 17 * round) child.kill("SIGKILL");
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    expect(acknowledged).toBeGreaterThanOrEqual(20);

    const disk = await FileDisk.open(join(directory, "files"));
    const log = await disk.read("log");
    const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
    const numbers = Array.from({ length: Math.floor(log.length / 4) }, (_, i) => view.getUint32(4 * i));
    expect(numbers).toEqual(numbers.map((_, i) => i));
    expect(numbers.length).toBeGreaterThan(acknowledged);
    await disk.close();

    const table = await LevelTable.open(join(directory, "table"));
    const [a, b] = [await table.get("a"), await table.get("b")];
    expect(a).toEqual(b);
    expect(new DataView(a?.buffer ?? new ArrayBuffer(4)).getUint32(0)).toBeGreaterThanOrEqual(acknowledged);
    await table.close();
  }
});
