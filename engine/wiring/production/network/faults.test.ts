import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { ControlledClock } from "../../controlled/clock.ts";
import { ControlledNetwork } from "../../controlled/network.ts";
import { ControlledRandom } from "../../controlled/random.ts";
import { settle } from "../../controlled/settle.ts";
import { SystemClock } from "../clock.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { faultsSchema, FaultyNetwork } from "./faulty-network.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const received = (socket: Socket): { text: string; ended: boolean; closed: boolean } => {
  const seen = { text: "", ended: false, closed: false };
  socket.on("data", (bytes) => (seen.text += bytes.toString()));
  socket.on("end", () => (seen.ended = true));
  socket.on("close", () => (seen.closed = true));
  socket.on("error", () => undefined);
  return seen;
};
const until = async (what: string, isSo: () => boolean): Promise<void> => {
  for (let i = 0; i < 1000; i++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never: ${what}`);
};

/** A client and a server with the proxy between them. */
const through = async (clock = new ControlledClock()) => {
  const accepted: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (s) => void accepted.push(s));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  const proxy = await FaultProxy.listen(() => ({ host: "127.0.0.1", port: address.port }), clock);
  closing.push(() => proxy.close());
  const client = connect({ ...proxy.address, allowHalfOpen: true });
  await until("connected", () => accepted.length === 1);
  const [far] = accepted;
  if (far === undefined) throw new Error("unreachable");
  closing.push(() => Promise.resolve([client, far].map((s) => s.destroy())));
  return { proxy, client, far, atClient: received(client), atServer: received(far), clock };
};

describe("the proxy", () => {
  test("passes bytes on, both ways, and each end for itself", async () => {
    const { client, far, atClient, atServer } = await through();
    client.write("a".repeat(1e6));
    client.end("z");
    await until("all is there", () => atServer.ended);
    expect(atServer.text).toBe(`${"a".repeat(1e6)}z`);
    far.end("answer");
    await until("the answer", () => atClient.ended);
    expect(atClient.text).toBe("answer");
  });

  test("holds everything back in a partition, and passes it on when it heals", async () => {
    const { proxy, client, far, atClient, atServer, clock } = await through();
    proxy.partition();
    client.write("one");
    far.write("two");
    await settle(clock);
    proxy.heal();
    await until("all is there", () => atServer.text === "one" && atClient.text === "two");
    proxy.partition();
    client.write("three");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(atServer).toMatchObject({ text: "one", closed: false });
  });

  test("delays by the clock", async () => {
    const { proxy, client, atServer, clock } = await through();
    proxy.delayMs = 100;
    client.write("late");
    await until("it waits", () => clock.timers().length === 1);
    clock.advance(99);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(atServer.text).toBe("");
    clock.advance(1);
    await until("it comes", () => atServer.text === "late");
  });

  test("resets connections, and accepts new ones", async () => {
    const { proxy, atClient, atServer } = await through(new ControlledClock());
    proxy.cut();
    await until("both are cut", () => atClient.closed && atServer.closed);
    await until("forgotten", () => proxy.connections === 0);
    const again = connect(proxy.address);
    await once(again, "connect");
    again.destroy();
  });

  test("does without a target that is down", async () => {
    const proxy = await FaultProxy.listen(() => ({ host: "127.0.0.1", port: 1 }), new SystemClock());
    closing.push(() => proxy.close());
    const client = connect(proxy.address);
    const seen = received(client);
    await until("cut", () => seen.closed);
  });
});

describe("the faulty network", () => {
  const sent = (faults: object, count: number, seed = 1) => {
    const clock = new ControlledClock();
    const network = new ControlledNetwork();
    const faulty = new FaultyNetwork(network.attach(1), faultsSchema.parse(faults), clock, new ControlledRandom(seed));
    for (let n = 0; n < count; n++) faulty.send(2, n);
    clock.advance(1000);
    return network.messages().map((m) => m.message as number);
  };
  const all = Array.from({ length: 1000 }, (_, n) => n);

  test("without faults it changes nothing", () => {
    expect(sent({}, 1000)).toEqual(all);
  });

  test("loses about as many as it is told, and no more", () => {
    const left = sent({ loss: 0.2 }, 1000);
    expect(Math.abs(left.length - 800)).toBeLessThan(60);
    expect(left).toEqual([...left].sort((a, b) => a - b));
    expect(sent({ loss: 1 }, 50)).toEqual([]);
  });

  test("repeats about as many as it is told, and loses none", () => {
    const left = sent({ duplication: 0.3 }, 1000);
    expect(Math.abs(left.length - 1300)).toBeLessThan(60);
    expect([...new Set(left)]).toEqual(all);
  });

  test("delayed ones are overtaken, and arrive", () => {
    const left = sent({ delay: 0.3, longestDelayMs: 50 }, 1000);
    expect(left).not.toEqual(all);
    expect([...left].sort((a, b) => a - b)).toEqual(all);
  });

  test("the same seed does the same, another another", () => {
    const faults = { loss: 0.1, duplication: 0.1, delay: 0.5 };
    expect(sent(faults, 200, 5)).toEqual(sent(faults, 200, 5));
    expect(sent(faults, 200, 5)).not.toEqual(sent(faults, 200, 6));
  });

  test("refuses what is no probability", () => {
    expect(faultsSchema.safeParse({ loss: 1.5 }).success).toBe(false);
    expect(faultsSchema.safeParse({ losss: 0.5 }).success).toBe(false);
  });
});
