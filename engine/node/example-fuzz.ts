/** For tests: hostile transactions, operations and requests on machines that must come to the same. */
import fc from "fast-check";
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import { StoppedError } from "../replication/errors.ts";
import { ControlledClock } from "../wiring/controlled/clock.ts";
import { ControlledRandom } from "../wiring/controlled/random.ts";
import { requestBounds } from "./client-protocol.ts";
import { hostileOperation, hostileRequest, hostileTransaction } from "./example-hostile.ts";
import { ExampleMachine } from "./example-machine.ts";
import { Requests, errorCodeOf } from "./requests.ts";

export interface Fuzzed {
  readonly committed: number;
  readonly refused: number;
  readonly malformed: number;
  /** The most computing time of one, in ms, and what it was. */
  readonly mostMs: number;
  readonly slowest: string;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const computingMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

class Slowest {
  mostMs = 0;
  text = "";
  async measure<T>(text: () => string, work: () => Promise<T>): Promise<T> {
    const before = computingMs();
    const result = await work();
    const ms = computingMs() - before;
    if (ms > this.mostMs) [this.mostMs, this.text] = [ms, text()];
    return result;
  }
}

/**
 * Executes `count` transactions, one to an op, on a machine that goes on and on one that holds snapshots, collects at other times
 * and is started again and again from its disk. Throws an Error that names the seed and the op where they differ or one stops.
 */
export const fuzzExecution = async (seed: number, count: number): Promise<Fuzzed> => {
  const counts = { committed: 0, refused: 0, malformed: 0 };
  const slowest = new Slowest();
  const transactions = fc.sample(hostileTransaction, { seed, numRuns: count });
  const operations = fc.sample(hostileOperation, { seed, numRuns: Math.ceil(count / 10) });
  const steady = await ExampleMachine.started();
  let restless = await ExampleMachine.started();
  for (const [i, transaction] of transactions.entries()) {
    const name = `seed ${seed}, transaction ${i}, ${hex(transaction)}`;
    try {
      const [result] =
        (await slowest.measure(
          () => name,
          () => steady.execute([transaction]),
        )) ?? [];
      const [other] = (await restless.execute([transaction])) ?? [];
      if (JSON.stringify(result) !== JSON.stringify(other))
        throw new Error(`one comes to ${JSON.stringify(result)}, the other to ${JSON.stringify(other)}`);
      if (typeof result === "object") counts[result.status] += 1;
      if (i % 10 === 0) for (const machine of [steady, restless]) await machine.order(operations[i / 10] ?? new Uint8Array());
      if (i % 50 === 10) restless.store.begin("main");
      if (i % 70 === 20) await restless.store.collectVersions();
      if (i % 500 !== 499 && i !== count - 1) continue;
      if ((await steady.contents()) !== (await restless.contents())) throw new Error("their contents differ");
      restless = await restless.restarted();
      if ((await steady.contents()) !== (await restless.contents())) throw new Error("after a restart their contents differ");
    } catch (error) {
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  return { ...counts, mostMs: slowest.mostMs, slowest: slowest.text };
};

/** Sends `count` requests to a store that has something in it. Throws an Error that names the seed and what was no refusal but a fault. */
export const fuzzRequests = async (seed: number, count: number): Promise<Fuzzed> => {
  const counts = { committed: 0, refused: 0, malformed: 0 };
  const slowest = new Slowest();
  const machine = await ExampleMachine.started();
  const host = {
    store: machine.store,
    caughtUp: () => Promise.resolve(),
    commit: async (transaction: Uint8Array) => {
      const [result] = (await machine.execute([transaction])) ?? [];
      if (typeof result !== "object") throw new Error("it was not executed");
      return result;
    },
    status: () => {
      throw new StoppedError("no status");
    },
  };
  const requests = new Requests(host, new ControlledClock(), new ControlledRandom(1));
  const ask = (body: Uint8Array): Promise<unknown> => (async () => requests.handle(decode(z.unknown(), body, "the body", requestBounds)))();
  const begun = async (): Promise<string> =>
    z.object({ transaction: z.string() }).parse(await ask(encode({ type: "Begin", branch: "main" }))).transaction;
  const placeholder = "an open transaction";
  let transaction = await begun();
  for (const [i, message] of fc.sample(hostileRequest(placeholder), { seed, numRuns: count }).entries()) {
    if (i % 7 === 0) transaction = await begun();
    const isOpen = typeof message === "object" && message !== null && "transaction" in message && message.transaction === placeholder;
    const body = encode(isOpen ? { ...message, transaction } : message);
    const name = `seed ${seed}, request ${i}, ${hex(body)}`;
    const error: unknown = await slowest.measure(
      () => name,
      () =>
        ask(body).then(
          () => undefined,
          (e: unknown) => e ?? "nothing",
        ),
    );
    counts[error === undefined ? "committed" : "refused"] += 1;
    if (error !== undefined && errorCodeOf(error) === undefined) throw new Error(name, { cause: error });
  }
  return { ...counts, mostMs: slowest.mostMs, slowest: slowest.text };
};
