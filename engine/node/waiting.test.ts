/** The small parts of a node: who waits for an op, and the channels of its network. */
import { describe, expect, it } from "vitest";
import { ControlledNetwork } from "../wiring/controlled/network.ts";
import { ExecutionWaiters } from "./execution-waiters.ts";
import { Multiplexer } from "./multiplexer.ts";

describe("those who wait for an op", () => {
  it("are told when it, or a later one, is executed", async () => {
    const waiters = new ExecutionWaiters();
    const told: number[] = [];
    for (const op of [3, 1, 2]) void waiters.reached(op).then(() => told.push(op));
    waiters.executed(2);
    await Promise.resolve();
    expect(told).toEqual([1, 2]);
    waiters.executed(1);
    await waiters.reached(2);
    waiters.executed(5);
    await waiters.reached(4);
    expect(told).toEqual([1, 2, 3]);
  });

  it("are told when there will be none, and so is who comes later", async () => {
    const waiters = new ExecutionWaiters();
    const waiting = waiters.reached(1);
    waiters.fail(new Error("stopped"));
    waiters.fail(new Error("again"));
    await expect(waiting).rejects.toThrow("stopped");
    await expect(waiters.reached(0)).rejects.toThrow("stopped");
  });
});

describe("the channels of a network", () => {
  it("see what their counterparts sent, and nothing else", () => {
    const network = new ControlledNetwork();
    const logged: string[] = [];
    const logger = { log: (_level: string, event: string, fields?: object) => void logged.push(`${event} ${JSON.stringify(fields)}`) };
    const [one, two] = [1, 2].map((r) => new Multiplexer(network.attach(r), logger));
    const seen: unknown[] = [];
    two?.channel("batches").onMessage((from, message) => seen.push(["batches", from, message]));
    two?.channel("snapshots").onMessage((from, message) => seen.push(["snapshots", from, message]));
    one?.channel("batches").send(2, { a: 1 });
    one?.channel("snapshots").send(2, "b");
    // Nobody listens there yet: lost.
    one?.channel("replication").send(2, "c");
    while (network.deliverOldest());
    expect(seen).toEqual([
      ["batches", 1, { a: 1 }],
      ["snapshots", 1, "b"],
    ]);
    expect(logged).toEqual([]);
    for (const garbage of [null, 7, { channel: "nothing", body: 1 }, { body: 1 }]) network.attach(3).send(2, garbage);
    while (network.deliverOldest());
    expect(logged).toHaveLength(4);
    expect(logged[0]).toMatch(/messageRefused .*a message from replica 3 is malformed/);
  });
});
