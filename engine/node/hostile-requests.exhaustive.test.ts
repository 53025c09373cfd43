/** The same as `hostile-requests.test.ts`, 100,000 times; and none of them takes the thread for long. */
import { describe, expect, it } from "vitest";
import { fuzzExecution, fuzzRequests } from "./example-fuzz.ts";

const rounds = 10;
/** LOCKSTEP_SEED=N to repeat a run. */
const first = Number(process.env["LOCKSTEP_SEED"] ?? Math.floor(Math.random() * 2 ** 30));
/** Of computing time, all threads of the process together. */
const mostMs = 100;

describe.each(Array.from({ length: rounds }, (_, i) => first + i))("seed %i", (seed) => {
  it("5,000 transactions have one outcome everywhere", async () => {
    const { mostMs: took, slowest, ...counts } = await fuzzExecution(seed, 5_000);
    process.stdout.write(`seed ${seed}: ${JSON.stringify(counts)}, at most ${took.toFixed(0)} ms\n`);
    expect(took, slowest).toBeLessThan(mostMs);
  });
  it("5,000 requests are answered", async () => {
    const { mostMs: took, slowest, ...counts } = await fuzzRequests(seed, 5_000);
    process.stdout.write(`seed ${seed}: ${JSON.stringify(counts)}, at most ${took.toFixed(0)} ms\n`);
    expect(took, slowest).toBeLessThan(mostMs);
  });
});
