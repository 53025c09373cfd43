import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { settle } from "../wiring/controlled/settle.ts";
import { ControlledTable } from "../wiring/controlled/table.ts";
import { digestOf } from "./batch.ts";
import type { Batch } from "./batch.ts";
import { bytes, outcomeOf, rowKey } from "./example-cluster.ts";
import { Rows } from "./rows.ts";

const batches: readonly Batch[] = [0, 1, 2].map((number) => ({
  author: 1,
  batchId: { nonce: "0".repeat(16), number },
  transactions: [bytes("a")],
}));
const digests = batches.map(digestOf);
const stored = (which: number, expiry: number, epoch = 1) => ({ batch: batches[which] ?? expect.fail(), expiry, epoch });
const digestAt = (which: number): string => digests[which] ?? expect.fail();

/** What a start would load from a table. */
const loaded = async (table: ControlledTable, kind: "P" | "M"): Promise<Map<string, number>> => {
  const rows = new Rows(new ControlledTable(table.crash(kind)[0]), () => undefined);
  const found = new Map<string, number>();
  for await (const [digest, { expiry }] of rows.load((error) => expect.fail(error.message))) found.set(digest, expiry);
  return found;
};

type Command =
  | { readonly kind: "put"; readonly which: number; readonly expiry: number }
  | { readonly kind: "delete"; readonly which: number; readonly before: number }
  | { readonly kind: "wait"; readonly which: number; readonly expiry: number }
  | { readonly kind: "complete" };
const which = fc.nat(2);
const time = fc.integer({ min: 1, max: 4 });
const arbitraryCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("put" as const), which, expiry: time }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), which, before: time }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), which, expiry: time }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("complete" as const) }) },
);

describe("rows", () => {
  it("are, whatever order the writes take, what a map says to which the calls were applied one after the other", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryCommand, { maxLength: 25 }), async (commands) => {
        const table = new ControlledTable();
        table.hold();
        const rows = new Rows(table, () => undefined);
        const oracle = new Map<string, number>();
        const puts: { readonly outcome: ReturnType<typeof outcomeOf>; readonly digest: string; isDeleted: boolean }[] = [];
        for (const command of commands) {
          if (command.kind === "complete") for (const { id } of table.pending().slice(0, 1)) table.complete(id);
          else {
            const digest = digestAt(command.which);
            if (command.kind === "put") {
              puts.push({ outcome: outcomeOf(rows.put(digest, stored(command.which, command.expiry))), digest, isDeleted: false });
              oracle.set(digest, Math.max(oracle.get(digest) ?? 0, command.expiry));
            } else if (command.kind === "delete") {
              void outcomeOf(rows.deleteIf([digest], (row) => row.expiry <= command.before));
              if ((oracle.get(digest) ?? Infinity) <= command.before) {
                oracle.delete(digest);
                for (const put of puts) if (put.digest === digest) put.isDeleted = true;
              }
            } else void outcomeOf(rows.whenDurable(digest, command.expiry, 1));
          }
          await settle(table);
          const afterCrash = await loaded(table, "M");
          for (const { outcome, digest, isDeleted } of puts)
            if ("value" in outcome && !isDeleted) expect(afterCrash.has(digest), "a put that has resolved is durable").toBe(true);
        }
        table.releaseAll();
        await settle(table);
        expect(await loaded(table, "P")).toEqual(oracle);
        expect(new Map(rows.all().map(([digest, { expiry }]) => [digest, expiry]))).toEqual(oracle);
        expect(new Map(rows.durableRows().map(([digest, { expiry }]) => [digest, expiry]))).toEqual(oracle);
      }),
      { numRuns: 60 },
    );
  });

  it("that come at the same time are one write with one sync", async () => {
    const table = new ControlledTable();
    table.hold();
    const rows = new Rows(table, () => undefined);
    for (const i of [0, 1, 2]) void rows.put(digestAt(i), stored(i, 5));
    await settle(table);
    expect(table.pending()).toMatchObject([{ sync: true, writes: [0, 1, 2].map((i) => ({ put: rowKey(digestAt(i)) })) }]);
  });

  it("are not written twice for the same or an earlier expiry", async () => {
    const table = new ControlledTable();
    const rows = new Rows(table, () => undefined);
    let writes = 0;
    table.watch(() => (writes += 1));
    for (const expiry of [5, 5, 4]) await rows.put(digestAt(0), stored(0, expiry));
    expect(writes).toBe(1);
    await rows.put(digestAt(0), stored(0, 6));
    expect(writes).toBe(2);
  });

  it("are waited for until they are durable with the expiry and the epoch asked for", async () => {
    const table = new ControlledTable();
    const rows = new Rows(table, () => undefined);
    const [early, late, nextEpoch] = [
      [5, 1],
      [6, 1],
      [5, 2],
    ].map(([expiry = 0, epoch = 0]) => outcomeOf(rows.whenDurable(digestAt(0), expiry, epoch)));
    await rows.put(digestAt(0), stored(0, 5));
    await settle(table);
    expect([early, late, nextEpoch].map((outcome) => outcome !== undefined && "value" in outcome)).toEqual([true, false, false]);
    await rows.put(digestAt(0), stored(0, 6));
    rows.release(2);
    await settle(table);
    expect(late).toHaveProperty("value");
    expect(nextEpoch).toEqual({});
    await expect(rows.whenDurable(digestAt(0), 5, 1)).rejects.toMatchObject({ code: "epoch" });
    await expect(rows.put(digestAt(1), stored(1, 5, 1))).rejects.toMatchObject({ code: "epoch" });
  });

  it("end with the first write that fails, and so does every wait", async () => {
    const table = new ControlledTable();
    const rows = new Rows(table, () => undefined);
    await rows.put(digestAt(0), stored(0, 5));
    table.arm({ code: "EIO", matches: (call) => call.kind === "write" });
    const waits = outcomeOf(rows.whenDurable(digestAt(1), 5, 1));
    const [first, second] = [outcomeOf(rows.put(digestAt(1), stored(1, 5))), outcomeOf(rows.deleteIf([digestAt(0)], () => true))];
    await settle(table);
    for (const { error } of [waits, first, second]) expect(error).toMatchObject({ code: "poisoned" });
    await expect(rows.put(digestAt(2), stored(2, 5))).rejects.toMatchObject({ code: "poisoned" });
    await expect(rows.whenDurable(digestAt(2), 5, 1)).rejects.toMatchObject({ code: "poisoned" });
    expect([...table.image().rows.keys()]).toEqual([rowKey(digestAt(0))]);
  });
});
