import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FileWitness } from "./witness.ts";

let file: string;
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), "lockstep-")), "witness");
});
afterEach(() => rm(join(file, ".."), { recursive: true }));

const seen = (): number => {
  const witness = new FileWitness(file);
  witness.close();
  return witness.seen;
};

it("remembers the highest number that was written, over any number of lives", () => {
  expect(seen()).toBe(0);
  for (let life = 0; life < 3; life++) {
    const witness = new FileWitness(file);
    for (let i = 1; i <= 5; i++) witness.wrote(10 * life + i);
    witness.close();
    expect(seen()).toBe(10 * life + 5);
  }
});

it("falls back to the number before, when the last one was torn", async () => {
  const witness = new FileWitness(file);
  witness.wrote(7);
  witness.wrote(8);
  witness.close();
  const handle = await open(file, "r+");
  await handle.write(new Uint8Array([1, 2, 3]), 0, 3, 512 + 4);
  await handle.close();
  expect(seen()).toBe(7);
  const again = new FileWitness(file);
  again.wrote(9);
  again.close();
  expect(seen()).toBe(9);
});
