import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll, expect, test } from "vitest";
import { SystemClock } from "./clock.ts";
import { FileJournal } from "./journal.ts";
import { StreamLogger } from "./logger.ts";
import { SystemRandom } from "./random.ts";

const parent = await mkdtemp(join(tmpdir(), "lockstep-logger-"));
afterAll(() => rm(parent, { recursive: true }));

const collecting = () => {
  const lines: unknown[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      lines.push(JSON.parse(line));
      done();
    },
  });
  return { lines, stream };
};

test("one line per event, from the level that was asked for", () => {
  const { lines, stream } = collecting();
  const logger = new StreamLogger(stream, "info", { replica: 1 });
  logger.log("debug", "detail");
  logger.log("warn", "peer refused", { digest: Buffer.from([1, 255]), count: 2n ** 64n, error: new RangeError("bad") });
  expect(lines).toMatchObject([
    {
      level: "warn",
      event: "peer refused",
      replica: 1,
      digest: { $hex: "01ff" },
      count: { $bigint: "18446744073709551616" },
      error: { name: "RangeError", message: "bad" },
    },
  ]);
});

test("what cannot be written as JSON is said so", () => {
  const { lines, stream } = collecting();
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  new StreamLogger(stream).log("info", "loop", cycle);
  expect(lines).toMatchObject([{ event: "loop" }]);
  expect(lines[0]).toHaveProperty("notLogged");
});

test("lines are dropped, and counted, when nobody reads them", () => {
  const released: (() => void)[] = [];
  const lines: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      lines.push(line);
      released.push(done);
    },
  });
  const logger = new StreamLogger(stream);
  for (let i = 0; i < 100; i++) logger.log("info", "x".repeat(100_000));
  expect(stream.writableLength).toBeLessThan(2 ** 21);
  while (released.length > 0) released.shift()?.();
  logger.log("info", "after");
  while (released.length > 0) released.shift()?.();
  const last = JSON.parse(lines.at(-1) ?? "") as { droppedBefore: number };
  expect(last.droppedBefore).toBe(101 - lines.length);
  expect(last.droppedBefore).toBeGreaterThan(50);
});

test("the journal numbers its events and goes on in the same file", async () => {
  const file = join(parent, "journal");
  const journal = new FileJournal(file, "r1", 2);
  journal.record({ act: "Prepare", args: { n: 1 }, post: { opNumber: 1 }, send: ["r1:2:1"] });
  journal.record({ act: "Commit", args: {}, post: {} });
  const lines = (await readFile(file, "utf8"))
    .trim()
    .split("\n")
    .map((l) => JSON.parse(l) as unknown);
  expect(lines).toEqual([
    { node: "r1", inc: 2, seq: 1, act: "Prepare", args: { n: 1 }, post: { opNumber: 1 }, send: ["r1:2:1"] },
    { node: "r1", inc: 2, seq: 2, act: "Commit", args: {}, post: {} },
  ]);
  journal.close();
  const next = new FileJournal(file, "r1", 3);
  next.record({ act: "Recover", args: {}, post: {} });
  next.close();
  expect((await readFile(file, "utf8")).trim().split("\n")).toHaveLength(3);
});

test("the clock fires timers, unless cancelled, and refuses those that Node would fire at once", async () => {
  const clock = new SystemClock();
  const before = clock.now();
  clock.setTimer("cancelled", 0, () => expect.unreachable()).cancel();
  await new Promise<void>((resolve) => clock.setTimer("t", 2, resolve));
  expect(clock.now()).toBeGreaterThan(before);
  expect(() => clock.setTimer("t", 2 ** 31, () => undefined)).toThrow(RangeError);
});

test("random numbers are of the range that was asked for", () => {
  const random = new SystemRandom();
  expect(random.bytes(16)).toHaveLength(16);
  expect(random.bytes(16)).not.toEqual(random.bytes(16));
  for (let i = 0; i < 50; i++) expect([0, 1, 2]).toContain(random.integer(3));
});
