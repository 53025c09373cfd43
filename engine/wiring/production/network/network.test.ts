import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { ControlledLogger } from "../../controlled/journal.ts";
import { SystemClock } from "../clock.ts";
import { SystemRandom } from "../random.ts";
import { frameBytes, FrameReader, headerBytes, type Frame } from "./frames.ts";
import { RememberedLives, identityOf, impostor, lifeOf } from "./example-identities.ts";
import { Identity, Initiator } from "./handshake.ts";
import type { IdentityOptions } from "./handshake.ts";
import { type Address, type NetworkLimits, TcpNetwork } from "./network.ts";
import type { Life } from "./lives.ts";
import { MessageTooLargeError } from "./refusals.ts";
import { Sealer } from "./session.ts";

const random = new SystemRandom();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Joined {
  readonly lives: RememberedLives;
  readonly network: TcpNetwork;
  readonly logger: ControlledLogger;
  readonly received: [number, unknown][];
}
interface Setting {
  readonly identity?: IdentityOptions;
  readonly clusterId?: string;
  readonly limits?: Partial<NetworkLimits>;
  readonly port?: number;
  readonly life?: Life;
}

const start = async (replica: number, setting: Setting = {}): Promise<Joined> => {
  const logger = new ControlledLogger();
  const network = await TcpNetwork.listen({
    identity: { ...(setting.identity ?? identityOf(replica)), clusterId: setting.clusterId ?? "c" },
    replicas: [1, 2, 3],
    clock: new SystemClock(),
    random,
    logger,
    limits: { shortestBackoffMs: 5, longestBackoffMs: 20, ...setting.limits },
    ...(setting.port === undefined ? {} : { listen: { port: setting.port } }),
  });
  closing.push(() => network.close());
  const received: [number, unknown][] = [];
  network.onMessage((from, message) => received.push([from, message]));
  const lives = new RememberedLives(setting.life);
  network.connect(new Map(), lives);
  return { network, lives, logger, received };
};

const until = async (what: string, isSo: () => boolean): Promise<void> => {
  for (let i = 0; i < 1000; i++) {
    if (isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never: ${what}`);
};
const to = (peer: number, joined: Joined): ReadonlyMap<number, Address> => new Map([[peer, joined.network.address]]);
const join = async (a: Joined, aReplica: number, b: Joined, bReplica: number): Promise<void> => {
  a.network.connect(to(bReplica, b), a.lives);
  b.network.connect(to(aReplica, a), b.lives);
  await until("connected", () => a.network.connected.includes(bReplica) && b.network.connected.includes(aReplica));
};
const logged = ({ logger }: Joined): string => logger.lines.map((l) => `${l.level} ${l.event}: ${String(l.fields["reason"])}`).join("\n");

/** A client that speaks the protocol by hand. */
const raw = async (address: Address) => {
  const socket: Socket = connect(address.port, address.host);
  await once(socket, "connect");
  const reader = new FrameReader(1e6);
  const frames: Frame[] = [];
  let isClosed = false;
  socket.on("data", (chunk) => frames.push(...reader.push(chunk)));
  socket.on("error", () => undefined);
  socket.on("close", () => (isClosed = true));
  closing.push(() => {
    socket.destroy();
    return Promise.resolve();
  });
  return {
    socket,
    frames,
    isClosed: () => isClosed,
    frame: async (index: number): Promise<Frame> => {
      await until(`frame ${index}`, () => frames.length > index);
      const frame = frames[index];
      if (frame === undefined) throw new Error("unreachable");
      return frame;
    },
  };
};

/** As replica 2, by hand, up to the end of the handshake. */
const authenticated = async (server: Joined) => {
  const client = await raw(server.network.address);
  const initiator = new Initiator(new Identity(identityOf(2)), new RememberedLives(), 1, random);
  client.socket.write(frameBytes({ type: "hello", body: initiator.hello() }));
  const { proof, keys } = initiator.receiveReply((await client.frame(0)).body);
  client.socket.write(frameBytes({ type: "proof", body: proof }));
  expect((await client.frame(1)).type).toBe("pong");
  return { ...client, sealer: new Sealer(keys.send), proof };
};

describe("between replicas", () => {
  test("messages go both ways, in order, with bytes and big ones", async () => {
    const [a, b] = [await start(1), await start(2)];
    await join(a, 1, b, 2);
    const big = new Uint8Array(7 * 2 ** 20).map((_, i) => i % 251);
    for (let n = 0; n < 100; n++) a.network.send(2, { n });
    a.network.send(2, { big });
    b.network.send(1, ["answer"]);
    await until("all are there", () => b.received.length === 101 && a.received.length === 1);
    expect(b.received.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, n) => [1, { n }]));
    expect(Buffer.compare((b.received[100]?.[1] as { big: Uint8Array }).big, big)).toBe(0);
    expect(a.received).toEqual([[2, ["answer"]]]);
    expect(a.network.address.host).toBe("127.0.0.1");
    expect(a.network.counters.reconnects).toBe(0);
  });

  test("a short message is not behind data", async () => {
    const [a, b] = [await start(1), await start(2)];
    await join(a, 1, b, 2);
    for (let n = 0; n < 3; n++) a.network.send(2, new Uint8Array(5 * 2 ** 20));
    a.network.send(2, "heartbeat");
    await until("all are there", () => b.received.length === 4);
    expect(b.received[0]).toEqual([1, "heartbeat"]);
  });

  test("what is too large or for nobody is refused at once", async () => {
    const a = await start(1, { limits: { maxMessageBytes: 100 } });
    expect(() => a.network.send(2, new Uint8Array(101))).toThrow(MessageTooLargeError);
    expect(() => a.network.send(9, "x")).toThrow("replica 9 is not one of the others: 2, 3");
    expect(() => a.network.send(1, "x")).toThrow(RangeError);
  });

  test("what waits for a replica that is down is bounded, the newest is kept, and it arrives when the replica comes", async () => {
    const free = await start(2);
    const { port, host } = free.network.address;
    await free.network.close();
    const a = await start(1, { limits: { maxQueuedMessages: 3, maxQueuedBytes: 1000 } });
    a.network.connect(new Map([[2, { host, port }]]), a.lives);
    for (let n = 0; n < 10; n++) a.network.send(2, n);
    expect(a.network.counters.dropped).toBe(7);
    a.network.send(2, new Uint8Array(992));
    a.network.send(2, "last");
    expect(a.network.waitingBytes).toBeLessThanOrEqual(1000);
    const b = await start(2, { port });
    await until("the last arrives", () => b.received.length > 0 && b.received.at(-1)?.[1] === "last");
    expect(b.received).toHaveLength(2);
    expect(a.network.counters.reconnects).toBeGreaterThan(0);
  });

  test("a connection that is lost is made again", async () => {
    const [a, b] = [await start(1), await start(2)];
    await join(a, 1, b, 2);
    const { port } = b.network.address;
    await b.network.close();
    await until("lost", () => a.network.connected.length === 0);
    const again = await start(2, { port });
    await until("connected again", () => a.network.connected.includes(2));
    a.network.send(2, "hello again");
    await until("it arrives", () => again.received.length === 1);
    expect(logged(a)).toContain("warn lost replica");
  });

  test("a peer that accepts and says nothing is given up, and a silent connection is cut", async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket.on("error", () => undefined)));
    mute.listen(0, "127.0.0.1");
    await once(mute, "listening");
    closing.push(async () => {
      for (const s of sockets) s.destroy();
      await new Promise((resolve) => mute.close(resolve));
    });
    const address = mute.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    const a = await start(1, { limits: { handshakeMs: 20 } });
    a.network.connect(new Map([[2, { host: "127.0.0.1", port: address.port }]]), a.lives);
    await until("several attempts", () => sockets.length > 2);
    expect(logged(a)).toContain("cannot reach replica: no handshake within 20 ms");
    const b = await start(1, { limits: { silenceMs: 30 } });
    const client = await authenticated(b);
    await until("cut", client.isClosed);
    expect(logged(b)).toContain("replica disconnected: silent for 30 ms");
  });

  test("a message that its handler cannot take costs neither the connection nor the next message", async () => {
    const [a, b] = [await start(1), await start(2)];
    const got: unknown[] = [];
    b.network.onMessage((_from, message) => {
      if (message === "bad") throw new Error("cannot");
      got.push(message);
    });
    await join(a, 1, b, 2);
    a.network.send(2, "bad");
    a.network.send(2, "good");
    await until("the good one", () => got.length === 1);
    expect(b.logger.lines).toContainEqual(expect.objectContaining({ level: "error", event: "a message could not be handled" }));
    expect(b.network.counters.reconnects).toBe(0);
  });

  test("closing ends every connection", async () => {
    const [a, b] = [await start(1), await start(2)];
    await join(a, 1, b, 2);
    const client = await raw(a.network.address);
    await until("accepted", () => a.network.unauthenticatedConnections === 1);
    await a.network.close();
    await until("cut", client.isClosed);
    expect(a.network.connected).toEqual([]);
    await expect(raw(b.network.address).then((c) => c.isClosed())).resolves.toBe(false);
  });
});

describe("is refused, with the reason, and costs others nothing:", () => {
  const refusals: [string, Setting, number, string, string][] = [
    [
      "the key of another replica",
      { identity: impostor(2) },
      2,
      'replica 1 refused this one: "key"',
      "what says it is replica 2 does not have its key in cluster 'c'",
    ],
    [
      "another cluster",
      { clusterId: "d" },
      2,
      'replica 1 refused this one: "cluster"',
      "a replica of cluster 'd'; this one belongs to 'c'",
    ],
    ["a number that is not in the group", {}, 9, 'replica 1 refused this one: "replica"', "replica 9 is not another replica of this group"],
  ];
  test.each(refusals)("%s", async (_name, setting, replica, atDialler, atServer) => {
    const [server, good] = [await start(1), await start(3)];
    await join(server, 1, good, 3);
    const bad = await start(replica, setting);
    bad.network.connect(to(1, server), bad.lives);
    bad.network.send(1, "let me in");
    await until("refused", () => logged(bad).includes(atDialler) && logged(server).includes(atServer));
    good.network.send(1, "still here");
    await until("others go on", () => server.received.length > 0);
    expect(server.received).toEqual([[3, "still here"]]);
    expect(good.network.counters.reconnects).toBe(0);
  });

  const hello = (changes: { to?: number; replica?: number } = {}) =>
    Buffer.from(
      frameBytes({
        type: "hello",
        body: new Initiator(new Identity(identityOf(changes.replica ?? 2)), new RememberedLives(), changes.to ?? 1, random).hello(),
      }),
    );
  const altered = (bytes: Buffer, at: number, value: number): Buffer => {
    bytes[at] = value;
    return bytes;
  };
  test.each([
    ["garbage", Buffer.from("GET / HTTP/1.1\r\n\r\n"), "oversized", "a frame of 1195725854 bytes; at most 1024 are accepted here"],
    ["a frame shorter than its header", Buffer.from([0, 0, 0, 1, 1, 1]), "malformed", "shorter than its header"],
    ["another version", altered(hello(), 4, 9), "version", "speaks version 9 of the protocol, this replica version 3"],
    ["an unknown type", altered(hello(), 5, 99), "malformed", "unknown type 99"],
    [
      "a hello that is not MessagePack",
      Buffer.from(frameBytes({ type: "hello", body: Uint8Array.of(0xc1) })),
      "malformed",
      "is not MessagePack",
    ],
    [
      "a hello without its fields",
      Buffer.from(frameBytes({ type: "hello", body: Uint8Array.of(0x80) })),
      "malformed",
      "malformed at clusterId",
    ],
    [
      "a message before the handshake",
      Buffer.from(frameBytes({ type: "message", body: new Uint8Array(50) })),
      "malformed",
      "before the handshake",
    ],
    ["a proof before a hello", Buffer.from(frameBytes({ type: "proof", body: new Uint8Array(32) })), "malformed", "a proof before a hello"],
    ["a hello for another replica", hello({ to: 3 }), "replica", "looking for replica 3; this is replica 1"],
    ["the replica's own number", hello({ replica: 1 }), "replica", "replica 1 is not another replica"],
    ["two hellos", Buffer.concat([hello(), hello()]), "malformed", "a second hello"],
  ] as const)("%s", async (_name, bytes, reason, text) => {
    const server = await start(1);
    const other = await authenticated(server);
    const client = await raw(server.network.address);
    client.socket.write(bytes);
    await until("cut", client.isClosed);
    expect(server.network.counters.refused[reason]).toBe(1);
    expect(logged(server)).toContain(text);
    expect(Buffer.from(client.frames.at(-1)?.body ?? []).toString()).toBe(reason);
    expect(other.isClosed()).toBe(false);
    expect(server.received).toEqual([]);
  });

  test("a frame that is cut off", async () => {
    const server = await start(1);
    const client = await raw(server.network.address);
    client.socket.end(hello().subarray(0, 20));
    await until("noticed", () => server.network.counters.refused.truncated === 1);
    expect(logged(server)).toContain("went away within a frame");
  });

  test("a handshake that is too slow", async () => {
    const server = await start(1, { limits: { handshakeMs: 20 } });
    const client = await raw(server.network.address);
    client.socket.write(hello().subarray(0, 3));
    await until("cut", client.isClosed);
    expect(server.network.counters.refused.timeout).toBe(1);
    expect(logged(server)).toContain("no handshake within 20 ms");
  });

  test("the oldest of too many that prove nothing; a replica still gets in", async () => {
    const server = await start(1, { limits: { maxUnauthenticated: 4 } });
    const crowd: Awaited<ReturnType<typeof raw>>[] = [];
    for (let i = 0; i < 10; i++) crowd.push(await raw(server.network.address));
    await until("cut", () => crowd.filter((c) => c.isClosed()).length === 6);
    expect(server.network.unauthenticatedConnections).toBe(4);
    expect(crowd.map((c) => c.isClosed()).slice(6)).toEqual([false, false, false, false]);
    await authenticated(server);
    expect(server.network.counters.refused.crowded).toBe(7);
  });

  test("a proof of another handshake", async () => {
    const server = await start(1);
    const { proof } = await authenticated(server);
    const client = await raw(server.network.address);
    client.socket.write(hello());
    await client.frame(0);
    client.socket.write(frameBytes({ type: "proof", body: proof }));
    await until("cut", client.isClosed);
    expect(server.network.counters.refused.key).toBe(1);
  });

  test("a frame that was altered, repeated, left out, or sealed as another type", async () => {
    const sealed = (sealer: Sealer, text: string) =>
      frameBytes({ type: "message", body: sealer.seal("message", Buffer.from([0xa1, text.charCodeAt(0)])) });
    const cases: ["altered" | "sequence", (sealer: Sealer) => Uint8Array[]][] = [
      ["altered", (s) => [sealed(s, "a"), altered(Buffer.from(sealed(s, "b")), headerBytes + 41, 120)]],
      ["sequence", (s) => [sealed(s, "a")].flatMap((f) => [f, f])],
      ["sequence", (s) => [sealed(s, "a"), sealed(s, "b"), sealed(s, "c")].filter((_, i) => i !== 1)],
      ["altered", (s) => [sealed(s, "a"), altered(Buffer.from(sealed(s, "b")), 5, 6)]],
    ];
    for (const [reason, frames] of cases) {
      const server = await start(1);
      const client = await authenticated(server);
      client.socket.write(Buffer.concat(frames(client.sealer)));
      await until("cut", client.isClosed);
      expect(server.received).toEqual([[2, "a"]]);
      expect(server.network.counters.refused[reason]).toBe(1);
    }
  });

  test("an oversized frame and one that is no message, of a replica", async () => {
    for (const [types, content, reason] of [
      [["message"], new Uint8Array(2000), "oversized"],
      [["piece", "piece", "last"], new Uint8Array(400), "oversized"],
      [["message"], Uint8Array.of(0xc1), "malformed"],
    ] as const) {
      const server = await start(1, { limits: { maxMessageBytes: 1000 } });
      const client = await authenticated(server);
      for (const type of types) client.socket.write(frameBytes({ type, body: client.sealer.seal(type, content) }));
      await until("cut", client.isClosed);
      expect(server.network.counters.refused[reason]).toBe(1);
      expect(server.received).toEqual([]);
    }
  });

  test("a private key that is not the replica's", async () => {
    await expect(start(1, { identity: { ...identityOf(2), replica: 1 } })).rejects.toThrow(
      "the private key does not belong to the public key of replica 1",
    );
  });

  test("a life that is over: an older copy, or an empty disk, of a replica that was here", async () => {
    const server = await start(1);
    const first = await start(2, { life: lifeOf(5, 0, 3) });
    await join(server, 1, first, 2);
    await first.network.close();
    for (const life of [lifeOf(4), lifeOf(1), lifeOf(5, 99), lifeOf(6, 0, 2)]) {
      const again = await start(2, { life });
      again.network.connect(to(1, server), again.lives);
      again.network.send(1, "do not count me");
      await until("it is told", () => again.lives.told.length > 0);
      expect(again.lives.told[0]).toEqual(lifeOf(5, 0, 3));
      await until("it is refused", () => logged(again).includes("this replica is outdated"));
      await again.network.close();
    }
    expect(server.received).toEqual([]);
    const later = await start(2, { life: lifeOf(6, 0, 3) });
    later.network.connect(to(1, server), later.lives);
    later.network.send(1, "a later life");
    await until("it is let in", () => server.received.length === 1);
  });
});
