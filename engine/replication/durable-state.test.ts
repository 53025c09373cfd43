import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ControlledTable } from "../wiring/controlled/table.ts";
import { ReplicaCore } from "./core.ts";
import { DurableState, reconciled } from "./durable-state.ts";
import { Log } from "./log.ts";

const operation = fc.uint8Array({ minLength: 1, maxLength: 2 });
const operations = fc.array(operation, { maxLength: 6 });
/** What may happen to a log; positions are relative, so that each is possible. */
const change = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), operation }),
  fc.record({ kind: fc.constant("replace" as const), position: fc.nat(), operations }),
  fc.record({ kind: fc.constant("drop" as const), position: fc.nat() }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Makes the change on the log, and on an array that keeps every op. */
const apply = (log: Log, model: Uint8Array[], made: Change): void => {
  switch (made.kind) {
    case "append":
      log.append(made.operation);
      model.push(made.operation);
      return;
    case "replace": {
      // From 1 to one past the end; what reaches less far than the checkpoint is refused.
      const firstOp = 1 + (made.position % (log.opNumber + 1));
      if (firstOp - 1 + made.operations.length < log.checkpoint) {
        expect(() => log.replaceFrom(firstOp, made.operations)).toThrow(RangeError);
        return;
      }
      log.replaceFrom(firstOp, made.operations);
      // What was dropped is not replaced.
      const kept = Math.max(firstOp - 1, log.checkpoint);
      model.splice(kept, Infinity, ...made.operations.slice(kept - (firstOp - 1)));
      return;
    }
    case "drop": {
      const through = made.position % (log.opNumber + 3);
      log.dropThrough(through);
      while (model.length < through) model.push(new Uint8Array());
    }
  }
};

describe("a log", () => {
  it("is an array that has lost its beginning", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const log = new Log();
        const model: Uint8Array[] = [];
        for (const made of changes) {
          apply(log, model, made);
          expect(log.opNumber).toBe(model.length);
          expect(log.from(log.logStart)).toEqual(model.slice(log.checkpoint));
          expect(log.at(log.checkpoint)).toBeUndefined();
        }
      }),
    );
  });

  it("refuses a hole, and what was dropped", () => {
    const log = new Log(3, [Uint8Array.of(3)]);
    expect(() => log.replaceFrom(5, [])).toThrow("would leave a hole after op 3");
    expect(() => log.from(2)).toThrow("op 2 was dropped: the log starts at 3");
    expect(() => log.replaceFrom(1, [])).toThrow("lacks some of the 2 that were dropped");
  });
});

describe("the state on disk", () => {
  const identity = { replica: 1, replicas: 3 };

  it("is the state in memory after any changes, written now and then", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(change, fc.boolean()), { maxLength: 20 }), async (changes) => {
        const table = new ControlledTable();
        const log = new Log();
        const fresh = { status: "Normal", viewNumber: 2, lastNormalView: 2, sentDvc: false, sentSv: true, requestedView: 0 } as const;
        const coreAt = (): ReplicaCore =>
          new ReplicaCore(1, 3, { ...fresh, commitNumber: log.checkpoint, committedTo: log.checkpoint, log });
        const durable = new DurableState(table, "vr/", identity);
        const model: Uint8Array[] = [];
        for (const [made, write] of [...changes, [undefined, true] as const]) {
          if (made !== undefined) apply(log, model, made);
          if (write) await table.write(durable.changes(coreAt().state), { sync: true });
        }
        expect(durable.isDirty(coreAt().state)).toBe(false);
        expect(durable.changes(coreAt().state)).toEqual([]);
        const again = new DurableState(table, "vr/", identity);
        const loaded = await again.load();
        expect(loaded?.remembered).toMatchObject({ ...fresh, commitNumber: log.checkpoint });
        expect(loaded?.remembered.log.logStart).toBe(log.logStart);
        expect(loaded?.remembered.log.from(log.logStart)).toEqual(log.from(log.logStart));
        expect(again.incarnation).toBe(2);
      }),
    );
  });

  it("a commit point alone is not worth a write, but goes with the next", () => {
    const table = new ControlledTable();
    const durable = new DurableState(table, "vr/", identity);
    const core = new ReplicaCore(1, 3);
    core.step({ act: "ReceiveClientRequest", operation: Uint8Array.of(1) });
    expect(durable.changes(core.state).map((write) => ("put" in write ? write.put : write))).toEqual([
      "vr/state",
      "vr/log/0000000000000001",
    ]);
    core.step({ act: "ReceivePrepareOkMsg", message: { type: "PrepareOk", viewNumber: 1, opNumber: 1, dest: 1, source: 2 } });
    core.step({ act: "ExecuteOp" });
    expect(durable.isDirty(core.state)).toBe(false);
    expect(durable.changes(core.state)).toHaveLength(1);
  });

  it("is reconciled with an application that is ahead of the commit point", () => {
    const log = new Log(
      1,
      [1, 2, 3].map((i) => Uint8Array.of(i)),
    );
    const variables = { status: "Normal", viewNumber: 1, lastNormalView: 1, sentDvc: false, sentSv: false, requestedView: 0 } as const;
    const remembered = { ...variables, commitNumber: 1, committedTo: 1, log };
    expect(reconciled({ remembered, restoring: false }, 2)).toMatchObject({
      commitNumber: 1,
      committedTo: 2,
      log: { logStart: 1, opNumber: 3 },
    });
    // A snapshot may be of another view, so only what is above it is kept.
    expect(reconciled({ remembered, restoring: true }, 2)).toMatchObject({ committedTo: 2, log: { logStart: 3, opNumber: 3 } });
    expect(reconciled({ remembered, restoring: true }, 9)).toMatchObject({ committedTo: 9, log: { logStart: 10, opNumber: 9 } });
    expect(() => reconciled({ remembered: { ...remembered, log: new Log(3) }, restoring: false }, 1)).toThrow(
      "the application is at op 1, but the log starts after op 2",
    );
  });
});
