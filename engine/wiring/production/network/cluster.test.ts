/** Replicas over real connections with faults between them. */
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { ControlledLogger } from "../../controlled/journal.ts";
import { SystemClock } from "../clock.ts";
import { readTls } from "../tls.ts";
import { SystemRandom } from "../random.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { frameBytes, FrameReader, type Frame } from "./frames.ts";
import { RememberedLives, identityOf, impostor } from "./example-identities.ts";
import { Identity, Initiator } from "./handshake.ts";
import { TcpNetwork } from "./network.ts";
import type { NetworkOptions } from "./network.ts";
import { Sealer } from "./session.ts";

const clock = new SystemClock();
const random = new SystemRandom();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const start = async (replica: number, more: Partial<NetworkOptions> = {}) => {
  const limits = { shortestBackoffMs: 5, longestBackoffMs: 20, pingMs: 20, silenceMs: 400, handshakeMs: 2000 };
  const logger = new ControlledLogger();
  const network = await TcpNetwork.listen({ identity: identityOf(replica), replicas: [1, 2, 3], clock, random, logger, limits, ...more });
  closing.push(() => network.close());
  const received: unknown[] = [];
  network.onMessage((_from, message) => received.push(message));
  network.connect(new Map(), new RememberedLives());
  return { network, received, logger };
};
const until = async (what: string, isSo: () => boolean): Promise<void> => {
  for (let i = 0; i < 1000; i++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never: ${what}`);
};

describe("through the proxy", () => {
  const throughProxy = async () => {
    const [sender, receiver] = [await start(1), await start(2)];
    const proxy = await FaultProxy.listen(() => receiver.network.address, clock);
    closing.push(() => proxy.close());
    sender.network.connect(new Map([[2, proxy.address]]), new RememberedLives());
    await until("connected", () => sender.network.connected.includes(2));
    return { sender, receiver, proxy };
  };

  test("a partition is noticed, and messages flow again after it", async () => {
    const { sender, receiver, proxy } = await throughProxy();
    proxy.partition();
    await until("noticed", () => sender.network.connected.length === 0);
    sender.network.send(2, "into the queue");
    proxy.heal();
    await until("it arrives", () => receiver.received.length === 1);
    expect(sender.logger.lines).toContainEqual(
      expect.objectContaining({ event: "lost replica", fields: expect.objectContaining({ reason: "silent for 400 ms" }) as unknown }),
    );
  });

  test("connections that are reset again and again lose messages, and never repeat, alter or reorder one", async () => {
    const { sender, receiver, proxy } = await throughProxy();
    for (let n = 0; n < 300; n++) {
      sender.network.send(2, { n, padding: new Uint8Array(2000) });
      if (n % 50 === 25) {
        const before = sender.network.counters.reconnects;
        proxy.cut();
        await until("connected again", () => sender.network.counters.reconnects > before && sender.network.connected.length === 1);
      }
    }
    await until("the last arrives", () => (receiver.received.at(-1) as { n: number } | undefined)?.n === 299);
    const numbers = receiver.received.map((m) => (m as { n: number }).n);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(Object.values(receiver.network.counters.refused).reduce((a, b) => a + b) - receiver.network.counters.refused.truncated).toBe(0);
  });
});

test("whatever byte of a connection is altered, no altered message comes through and the server lives", async () => {
  const server = await start(1);
  const contents = [0xa1, 0xa2, 0xa3].map((head, i) => Uint8Array.from([head, ...new Array<number>(i + 1).fill(97 + i)]));
  const sent = ["a", "bb", "ccc"];
  const other = await start(3);
  other.network.connect(new Map([[1, server.network.address]]), new RememberedLives());
  await until("the other is connected", () => other.network.connected.includes(1));

  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (place, mask) => {
      server.received.length = 0;
      const socket = connect(server.network.address);
      const frames: Frame[] = [];
      const reader = new FrameReader(1e6);
      socket.on("data", (chunk) => frames.push(...reader.push(chunk)));
      socket.on("error", () => undefined);
      await once(socket, "connect");
      const initiator = new Initiator(new Identity(identityOf(2)), new RememberedLives(), 1, random);
      socket.write(frameBytes({ type: "hello", body: initiator.hello() }));
      await until("the reply", () => frames.length === 1);
      const { proof, keys } = initiator.receiveReply(frames[0]?.body ?? new Uint8Array(0));
      const sealer = new Sealer(keys.send);
      const rest = Buffer.concat([
        frameBytes({ type: "proof", body: proof }),
        ...contents.map((c) => frameBytes({ type: "message", body: sealer.seal("message", c) })),
      ]);
      const at = place % rest.length;
      rest.writeUInt8(rest.readUInt8(at) ^ mask, at);
      socket.end(rest);
      if (!socket.closed) await once(socket, "close");
      expect(server.received).toEqual(sent.slice(0, server.received.length));
      expect(server.received.length).toBeLessThan(3);
    }),
    { numRuns: 60 },
  );
  expect(other.network.counters.reconnects).toBe(0);
  other.network.send(1, "still here");
  await until("the other goes on", () => server.received.includes("still here"));
});

describe("over TLS", () => {
  const file = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
  const tls = readTls({ certificateFile: file("certificate"), keyFile: file("key"), authorityFile: file("authority") });

  test("replicas with certificates hear each other; one without any does not come in", async () => {
    const [a, b, plain] = [await start(1, { tls }), await start(2, { tls }), await start(3)];
    b.network.connect(new Map([[1, a.network.address]]), new RememberedLives());
    b.network.send(1, "encrypted");
    await until("it arrives", () => a.received.length === 1);
    plain.network.connect(new Map([[1, a.network.address]]), new RememberedLives());
    plain.network.send(1, "in the clear");
    await until("it is refused", () => a.logger.lines.some((l) => l.fields["code"] === "tls"));
    expect(plain.network.connected).toEqual([]);
    expect(a.received).toEqual(["encrypted"]);
  });

  test("a certificate does not make a replica: its own key does", async () => {
    const a = await start(1, { tls });
    const bad = await start(2, { tls, identity: impostor(2) });
    bad.network.connect(new Map([[1, a.network.address]]), new RememberedLives());
    await until("it is refused", () => a.network.counters.refused.key > 0);
    expect(bad.network.connected).toEqual([]);
  });
});
