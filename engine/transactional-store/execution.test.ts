/** Replicas: stores that are given the same prepared transactions in the same order, whatever else happens to them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ControlledDisk } from "../wiring/controlled/disk.ts";
import { all, bytes, open, ports } from "./example-store.ts";
import type { TestPorts } from "./example-store.ts";
import type { Outcome } from "./record.ts";
import type { TransactionalStore } from "./transactional-store.ts";

/** What is committed, as it would be shipped. */
const shipped = async (store: TransactionalStore): Promise<readonly unknown[]> => {
  const exported = await store.exportSpaces();
  const spaces = await Promise.all(exported.spaces.map(async ({ name, pairs }) => ({ name, pairs: await all(pairs) })));
  exported.release();
  return spaces;
};
const options = { durability: "batched", batchRecords: 5, segmentBytes: 400 } as const;

/** Executes the log of prepared transactions up to its end, as a replica does after whatever has set it back. */
class Replica {
  readonly outcomes = new Map<number, Outcome>();
  #ports: TestPorts = ports();
  constructor(public store: TransactionalStore) {}
  static async open(): Promise<Replica> {
    const of = ports();
    const replica = new Replica(await open(of, options));
    replica.#ports = of;
    return replica;
  }
  async catchUp(log: readonly unknown[]): Promise<void> {
    for (let position = this.store.position + 1; position <= log.length; position++) {
      const outcome = await this.store.commitPrepared(log[position - 1], { position });
      // After a loss the same operation comes to the same.
      expect(this.outcomes.get(position) ?? outcome).toEqual(outcome);
      this.outcomes.set(position, outcome);
    }
  }
  async crash(): Promise<void> {
    this.#ports = ports(new ControlledDisk(this.#ports.disk.crash("M0").images[0]));
    this.store = await open(this.#ports, options);
  }
}

const key = fc.constantFrom("a", "b", "c");
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("transaction" as const),
      reads: fc.subarray(["a", "b", "c"]),
      writes: fc.array(fc.tuple(key, fc.boolean()), { maxLength: 2 }),
      scan: fc.boolean(),
      vector: fc.option(key),
      lag: fc.nat(2),
      client: fc.nat(1),
      again: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("crash" as const, "collect" as const, "checkpoint" as const, "restore" as const) }),
  },
);

test("come to the same outcomes, versions and spaces, through crashes, collections, checkpoints and restored snapshots", async () => {
  const met = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (actions) => {
      const [steady, troubled] = [await Replica.open(), await Replica.open()];
      const setUp = steady.store.begin();
      setUp.createCollection("v", { dimension: 2, metric: "l2sq" });
      const log: unknown[] = [setUp.prepare()];
      await steady.catchUp(log);
      let request = 0;
      for (const a of actions) {
        if (a.do === "transaction") {
          const t = steady.store.begin();
          for (const k of a.reads) await t.get(k);
          if (a.scan) await t.scan({ from: "a", to: "c" });
          for (const [k, isPut] of a.writes) {
            if (isPut) t.put(k, bytes(`${request}`));
            else t.delete(k);
          }
          if (a.vector !== null)
            await (a.writes.length === 1 ? t.deleteVector("v", a.vector) : t.insertVector("v", a.vector, [request, 1]));
          request += a.again ? 0 : 1;
          const prepared = t.prepare({ client: `c${a.client}`, request });
          // One that comes late was read before those in between.
          log.splice(Math.max(steady.store.position, log.length - a.lag), 0, prepared);
          if (log.length % 3 === 0) await steady.catchUp(log);
        } else if (a.do === "crash") await troubled.crash();
        else if (a.do === "collect") await troubled.store.collectVersions();
        else if (a.do === "checkpoint") await troubled.store.checkpoint();
        else {
          const exported = await steady.store.exportSpaces();
          if (exported.executed.position > troubled.store.position) await troubled.store.importSpaces(exported.spaces);
          exported.release();
        }
        await troubled.catchUp(log.slice(0, steady.store.position));
      }
      for (const replica of [steady, troubled]) await replica.catchUp(log);
      for (const outcome of steady.outcomes.values()) met.add(outcome.status === "refused" ? outcome.reason : outcome.status);
      for (const [position, outcome] of troubled.outcomes) expect(outcome).toEqual(steady.outcomes.get(position));
      expect(await shipped(troubled.store)).toEqual(await shipped(steady.store));
      expect(troubled.store.observe().vectors).toEqual(steady.store.observe().vectors);
    }),
    { numRuns: 20 },
  );
  expect([...met]).toEqual(expect.arrayContaining(["committed", "conflict"]));
});
