/** Three stores on LevelDB, with the clock of the machine and messages through the codec. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import { SystemClock } from "../wiring/production/clock.ts";
import { SystemRandom } from "../wiring/production/random.ts";
import { NoPauses } from "../wiring/production/steps.ts";
import { LevelTable } from "../wiring/production/table.ts";
import { BatchStore } from "./batch-store.ts";
import { bytes, optionsOf } from "./example-cluster.ts";

let directory = "";
const running = new Map<number, { readonly store: BatchStore; readonly table: LevelTable }>();

const start = async (replica: number): Promise<BatchStore> => {
  const table = await LevelTable.open(join(directory, String(replica)));
  const store = await BatchStore.open(optionsOf(replica), {
    table,
    clock: new SystemClock(),
    random: new SystemRandom(),
    steps: new NoPauses(),
    logger: { log: () => undefined },
    send: (to, message) => {
      const frame = encode(message);
      setImmediate(() => running.get(to)?.store.receive(replica, decode(z.unknown(), frame, "a frame")));
    },
  });
  running.set(replica, { store, table });
  return store;
};
const stop = async (replica: number): Promise<void> => {
  const { store, table } = running.get(replica) ?? expect.fail();
  running.delete(replica);
  await store.close();
  await table.close();
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "batch-store-"));
});
afterEach(async () => {
  for (const replica of [...running.keys()]) await stop(replica);
  await rm(directory, { recursive: true });
});

it("batches are certified, survive a restart of their signers, and are fetched by who was down", async () => {
  const [first] = await Promise.all([start(1), start(2)]);
  const payload = (i: number): Uint8Array[] => [bytes(`transaction ${i}`), new Uint8Array(2000).fill(i)];
  const proofs = await Promise.all(Array.from({ length: 30 }, (_, i) => first.submit(payload(i), { expiry: 10 })));
  expect(new Set(proofs.map(({ digest }) => digest)).size).toBe(30);
  for (const replica of [1, 2]) await stop(replica);

  const stores = await Promise.all([start(1), start(2), start(3)]);
  for (const store of stores)
    for (const [i, proof] of proofs.entries()) expect((await store.fetch(proof.digest, proof)).transactions).toEqual(payload(i));
  expect(stores.map((store) => Object.keys(store.observe().durableRows).length)).toEqual([30, 30, 30]);
  const more = await stores[0].submit(payload(99), { expiry: 10 });
  expect(proofs.map(({ batchId }) => batchId.number)).not.toContain(more.batchId.number);

  for (const store of stores) await store.advanceCertifiedTime(10);
  for (const replica of [1, 2, 3]) await stop(replica);
  const restarted = await start(1);
  expect(restarted.observe()).toMatchObject({ certifiedTime: 10 });
  expect([restarted.observe().cache, restarted.observe().rows]).toEqual([{}, {}]);
});
