/** What a replica answers its clients: one store behind it, without replication. */
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { BatchStoreError } from "../batch-store/errors.ts";
import { decode } from "../codec.ts";
import { NotPrimaryError, NotReadyError, StoppedError, ViewChangedError } from "../replication/errors.ts";
import { open, ports } from "../transactional-store/example-store.ts";
import { PoisonedError, StoreError } from "../transactional-store/errors.ts";
import { encodeVector } from "../transactional-store/vector-collections.ts";
import { ControlledClock } from "../wiring/controlled/clock.ts";
import { ControlledRandom } from "../wiring/controlled/random.ts";
import { Overloaded } from "./batcher.ts";
import { bytes, writing } from "./example-nodes.ts";
import { Requests, errorCodeOf } from "./requests.ts";
import type { Host } from "./requests.ts";

const transactionOf = (reply: unknown): string => z.object({ transaction: z.string() }).parse(reply).transaction;
const of = { client: "c", request: 1 };

let clock: ControlledClock;
let requests: Requests;
let host: Host;
let refusal: Error | undefined;
const handle = (message: unknown): Promise<unknown> => requests.handle(message);
const begun = async (): Promise<string> => transactionOf(await handle({ type: "Begin", branch: "main" }));

beforeEach(async () => {
  const store = await open(ports());
  clock = new ControlledClock();
  refusal = undefined;
  host = {
    store,
    caughtUp: () => (refusal === undefined ? Promise.resolve() : Promise.reject(refusal)),
    commit: async (transaction) => store.commitPrepared(decode(z.unknown(), transaction, "a transaction")),
    status: () => {
      throw new StoppedError("no status");
    },
  };
  requests = new Requests(host, clock, new ControlledRandom(1));
});

describe("requests", () => {
  it("take a transaction from its beginning to its commit", async () => {
    const transaction = await begun();
    await handle({ type: "Put", transaction, key: "a", value: bytes("1") });
    expect(await handle({ type: "Get", transaction, key: "a" })).toEqual({ value: bytes("1") });
    expect(await handle({ type: "Scan", transaction, from: "", to: null, limit: 10 })).toEqual({ pairs: [["a", bytes("1")]] });
    const prepared = await handle({ type: "Prepare", transaction, of });
    expect(await handle({ type: "Read", branch: "main", key: "a" })).toEqual({ value: null });
    expect(await handle({ type: "Commit", prepared })).toEqual({ status: "committed", version: 1 });
    expect(await handle({ type: "Commit", prepared })).toEqual({ status: "committed", version: 1 });
    expect(await handle({ type: "Read", branch: "main", key: "a" })).toEqual({ value: bytes("1") });
    // It is over.
    await expect(handle({ type: "Get", transaction, key: "a" })).rejects.toThrow(`there is no open transaction "${transaction}" here`);
  });

  it("tell what a transaction is refused for", async () => {
    const [first, second] = [await begun(), await begun()];
    for (const transaction of [first, second]) {
      await handle({ type: "Get", transaction, key: "a" });
      await handle({ type: "Put", transaction, key: "a", value: bytes(transaction) });
    }
    await handle({ type: "Commit", prepared: await handle({ type: "Prepare", transaction: first, of }) });
    const prepared = await handle({ type: "Prepare", transaction: second, of: { client: "d", request: 1 } });
    expect(await handle({ type: "Commit", prepared })).toEqual({
      status: "refused",
      reason: 'conflict: key "a" was read at version 0, and is at 1 (0: absent)',
    });
  });

  it("make branches, collections and vectors", async () => {
    const transaction = await begun();
    await handle({ type: "CreateCollection", transaction, collection: "v", definition: { dimension: 2, metric: "l2sq" } });
    const vector = encodeVector(Float32Array.of(1, 2));
    await handle({ type: "InsertVector", transaction, collection: "v", key: "near", vector });
    await handle({ type: "Commit", prepared: await handle({ type: "Prepare", transaction, of }) });
    expect(await handle({ type: "Search", branch: "main", collection: "v", vector, count: 1 })).toEqual([{ key: "near", distance: 0 }]);
    const prepared = await handle({ type: "PrepareBranch", branch: "b", from: "main", of: { client: "c", request: 2 } });
    await handle({ type: "Commit", prepared });
    expect(await handle({ type: "Branches" })).toEqual(["b", "main"]);
  });

  it("give up a transaction that is not used", async () => {
    const transaction = await begun();
    clock.advance(60_000);
    await begun();
    expect(requests.openTransactions).toBe(1);
    await expect(handle({ type: "Get", transaction, key: "a" })).rejects.toThrow(/no open transaction .*: begin another/);
  });

  it("keep no more of open transactions in memory than they may, of one and of all", async () => {
    requests = new Requests(host, clock, new ControlledRandom(1), { bytesOfOne: 100, bytes: 150 });
    const put = (transaction: string, key: string, length: number) =>
      handle({ type: "Put", transaction, key, value: new Uint8Array(length) });
    const [first, second] = [await begun(), await begun()];
    await put(first, "a", 40);
    await put(first, "a", 10);
    await put(first, "a", 80); // In place of the one before.
    const counted = requests.counters().openBytes;
    expect(counted).toBe(84);
    await expect(put(first, "b", 20)).rejects.toThrow("an open transaction has at most 100 bytes of keys and values");
    const tooMuch = await put(second, "b", 70).catch((e: unknown) => e);
    expect(errorCodeOf(tooMuch)).toBe("Overloaded");
    expect(String(tooMuch)).toMatch("the open transactions have 84 bytes, the most is 150; try again later");
    for (let i = 0; i < 5; i += 1) await handle({ type: "Get", transaction: second, key: `${String(i)}k` });
    expect(requests.counters().openBytes).toBe(counted + 5 * 6);
    await handle({ type: "Abort", transaction: first });
    await handle({ type: "Prepare", transaction: second, of });
    expect(requests.counters()).toEqual({ openTransactions: 0, openBytes: 0 });
  });

  it("are not answered while this replica is not sure that it leads", async () => {
    refusal = new NotPrimaryError(2, 2);
    for (const message of [
      { type: "Begin", branch: "main" },
      { type: "Read", branch: "main", key: "a" },
      { type: "Branches" },
      { type: "Search", branch: "main", collection: "v", vector: encodeVector(Float32Array.of(1)), count: 1 },
    ])
      await expect(handle(message)).rejects.toThrow(NotPrimaryError);
  });

  it.each([
    [undefined, /a client's request is malformed/],
    [{ type: "Nothing" }, /malformed at type/],
    [{ type: "Begin" }, /malformed at branch/],
    [{ type: "Begin", branch: "main", more: 1 }, /malformed/],
    [{ type: "Read", branch: "main", key: "k".repeat(8_193) }, /malformed at key/],
    [{ type: "Put", transaction: "t", key: "a", value: "text" }, /malformed at value/],
    [{ type: "Begin", branch: "nowhere" }, /there is no branch "nowhere"/],
    [{ type: "Commit", prepared: bytes("garbage") }, /a prepared transaction is/],
    [{ type: "Commit", prepared: writing("c", 1, {}).slice(0, -1) }, /a prepared transaction is/],
  ])("refuse %j", async (message, why) => {
    const error = await handle(message).catch((e: unknown) => e);
    expect(String(error)).toMatch(why);
    expect(errorCodeOf(error)).toBe("Invalid");
  });
});

describe("the code of an error", () => {
  it.each([
    [new NotPrimaryError(1, 2), "NotPrimary"],
    [new Overloaded("much"), "Overloaded"],
    [new StoreError("wrong"), "Invalid"],
    [new RangeError("wrong"), "Invalid"],
    [new NotReadyError("soon"), "Unavailable"],
    [new ViewChangedError("gone"), "Unavailable"],
    [new StoppedError("stopped"), "Unavailable"],
    [new PoisonedError("failed"), "Unavailable"],
    [new BatchStoreError("timeout", "late"), "Unavailable"],
    [new TypeError("a fault"), undefined],
  ])("%o", (error, code) => expect(errorCodeOf(error)).toBe(code));
});

it("a token that only allows to read does not allow to write, and writes nothing", async () => {
  const asReader = (message: unknown): Promise<unknown> => requests.handle(message, "read");
  const transaction = transactionOf(await asReader({ type: "Begin", branch: "main" }));
  expect(await asReader({ type: "Get", transaction, key: "a" })).toEqual({ value: null });
  for (const request of [
    { type: "Put", transaction, key: "a", value: bytes("1") },
    { type: "Delete", transaction, key: "a" },
    { type: "Prepare", transaction, of: { client: "c", request: 1 } },
    { type: "Commit", prepared: bytes("") },
    { type: "PrepareBranch", branch: "b", from: null, of: { client: "c", request: 1 } },
  ]) {
    const refused = asReader(request);
    await expect(refused).rejects.toThrow(`the token only allows to read, and ${request.type} writes`);
    expect(errorCodeOf(await refused.catch((error: unknown) => error))).toBe("Forbidden");
  }
});
