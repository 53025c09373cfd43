/** The service on real sockets: who may ask, and what is answered to what is no request. */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decode, encode } from "../../codec.ts";
import { failureSchema } from "../../node/client-protocol.ts";
import type { ReplicaStatus } from "../../node/client-protocol.ts";
import { NotPrimaryError } from "../../replication/errors.ts";
import { StoreError } from "../../transactional-store/errors.ts";
import { ClientService } from "./client-service.ts";
import type { ConnectionLimits } from "./client-service.ts";
import { readTls } from "./tls.ts";
import { Connection } from "../../client/connection.ts";

const token = "the-token";
const tokens = { accessOf: (given: string | undefined) => (given === `Bearer ${token}` ? ("write" as const) : undefined) };
const status: ReplicaStatus = {
  cluster: "c",
  replica: 1,
  view: 3,
  primary: 3,
  status: "Normal",
  opNumber: 9,
  commitNumber: 8,
  executed: 8,
  version: 7,
  counters: { waiting: 0 },
};
let service: ClientService;
let answer: (request: unknown) => Promise<unknown>;
const logged: string[] = [];

beforeEach(async () => {
  logged.length = 0;
  answer = (request) => Promise.resolve({ asked: request });
  service = await ClientService.listen({
    listen: { host: "127.0.0.1", port: 0 },
    tokens,
    logger: { log: (level, event) => void logged.push(`${level} ${event}`) },
    handle: (request) => answer(request),
    status: () => status,
  });
});
afterEach(() => service.close());

const url = (path = "/"): string => `http://127.0.0.1:${service.address.port}${path}`;
const post = async (body: Uint8Array | string, authorization = `Bearer ${token}`) => {
  const sent = typeof body === "string" ? body : new Uint8Array(body);
  const response = await fetch(url(), { method: "POST", body: sent, headers: { authorization } });
  return { code: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
};
const failureOf = (bytes: Uint8Array) => decode(failureSchema, bytes, "the answer");

describe("the service for clients", () => {
  it("answers who has the token", async () => {
    const { code, bytes } = await post(encode({ a: 1 }));
    expect([code, bytes]).toEqual([200, encode({ asked: { a: 1 } })]);
  });

  it.each(["", "Bearer ", "Bearer wrong", "Bearer the-tokem", token])("refuses the token %j", async (given) => {
    const { code, bytes } = await post(encode({}), given);
    expect([code, failureOf(bytes)]).toEqual([
      401,
      { code: "Unauthorized", message: "the token is not one of this cluster", primary: null },
    ]);
  });

  it("says that a body is no MessagePack", async () => {
    const { code, bytes } = await post(Uint8Array.of(0xc1));
    expect(code).toBe(400);
    expect(failureOf(bytes).message).toContain("the body is not MessagePack");
  });

  it("refuses a body that is too large, and goes on", async () => {
    // The connection may be reset while the rest of the body is on its way.
    const refused = await post(new Uint8Array(5 * 2 ** 20)).catch(() => undefined);
    if (refused !== undefined)
      expect(failureOf(refused.bytes)).toMatchObject({ code: "Invalid", message: "a request has at most 4194304 bytes" });
    expect((await post(encode({}))).code).toBe(200);
  });

  it.each([
    ["GET", "/"],
    ["POST", "/status"],
    ["DELETE", "/"],
  ])("refuses %s %s", async (method, path) => {
    const response = await fetch(url(path), { method, headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(400);
    expect(failureOf(new Uint8Array(await response.arrayBuffer())).message).toBe("POST / with a request, or GET /status");
  });

  it("gives the code of an error, and who leads", async () => {
    answer = () => Promise.reject(new NotPrimaryError(2, 2));
    const first = await post(encode({}));
    expect([first.code, failureOf(first.bytes)]).toMatchObject([421, { code: "NotPrimary", primary: 2 }]);
    answer = () => Promise.reject(new StoreError('there is no open transaction "t" here: begin another'));
    const second = await post(encode({}));
    expect([second.code, failureOf(second.bytes)]).toMatchObject([400, { code: "Invalid", primary: null }]);
    expect(logged).toEqual([]);
    answer = () => Promise.reject(new TypeError("a fault"));
    expect((await post(encode({}))).code).toBe(500);
    expect(logged).toEqual(["error requestFailed"]);
  });

  it("tells everybody its status", async () => {
    const response = await fetch(url("/status"));
    expect([response.headers.get("content-type"), await response.json()]).toEqual(["application/json", status]);
  });

  it("does not mind bytes that are no HTTP", async () => {
    const said = await new Promise<string>((resolve) => {
      const socket = connect(service.address, () => socket.write("\u0000\u0001garbage\r\n\r\n"));
      let text = "";
      socket.on("data", (bytes) => (text += bytes.toString())).on("close", () => resolve(text));
    });
    expect(said).toContain("400 Bad Request");
    expect((await post(encode({}))).code).toBe(200);
  });

  it("says when its port is in use", async () => {
    const again = ClientService.listen({
      listen: service.address,
      tokens,
      logger: { log: () => undefined },
      handle: answer,
      status: () => status,
    });
    await expect(again).rejects.toThrow(/EADDRINUSE/);
  });
});

describe("connections that are of no use", () => {
  const limited = async (limits: Partial<ConnectionLimits>): Promise<ClientService> => {
    await service.close();
    return (service = await ClientService.listen({
      listen: { host: "127.0.0.1", port: 0 },
      tokens,
      limits,
      logger: { log: () => undefined },
      handle: (request) => Promise.resolve(request),
      status: () => status,
    }));
  };
  const idle = (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connect(service.address.port, "127.0.0.1", () => resolve(socket)).on("error", () => undefined);
    });

  it("make room for others of the same address, and lock nobody out", { timeout: 30_000 }, async () => {
    await limited({ mostOfAddress: 20, most: 40 });
    const kept = await post(encode({ first: true }));
    const sockets = await Promise.all(Array.from({ length: 300 }, idle));
    const ended = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    for (let i = 0; i < 5; i++) expect((await post(encode({ i }))).code).toBe(200);
    expect(kept.code).toBe(200);
    for (const socket of sockets) socket.destroy();
    await ended;
  });

  it("are cut when they stay silent, or have no token to show", async () => {
    await limited({ silenceMs: 30 });
    const socket = await idle();
    await new Promise((resolve) => socket.once("close", resolve));
    expect((await post(encode({}), "Bearer wrong")).code).toBe(401);
    expect((await post(encode({}))).code).toBe(200);
  });
});

describe("over TLS", () => {
  const file = (name: string): string => fileURLToPath(new URL(`fixtures/tls/${name}.pem`, import.meta.url));

  it("who trusts the authority is served, and who comes without TLS is not", async () => {
    await service.close();
    const tls = readTls({ certificateFile: file("certificate"), keyFile: file("key"), authorityFile: file("authority") });
    service = await ClientService.listen({
      listen: { host: "127.0.0.1", port: 0 },
      tokens,
      tls,
      logger: { log: () => undefined },
      handle: () => Promise.resolve(status),
      status: () => status,
    });
    const options = { replicas: [service.address], token, deadlineMs: 500 };
    const asked = (authority?: string): Connection => new Connection({ ...options, authority });
    const trusting = asked(tls.ca);
    expect((await trusting.call({ type: "Status" })).reply).toEqual(status);
    trusting.close();
    // The certificate of the replica is no authority: the chain does not end there.
    for (const authority of [undefined, tls.cert.replace(/[A-Z]/, "A")]) {
      const connection = asked(authority);
      await expect(connection.call({ type: "Status" })).rejects.toThrow(/no replica has done it/);
      connection.close();
    }
  });
});
