/** The service on real sockets: who may ask, and what is answered to what is no request. */
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decode, encode } from "../../codec.ts";
import { failureSchema } from "../../node/client-protocol.ts";
import type { ReplicaStatus } from "../../node/client-protocol.ts";
import { NotPrimaryError } from "../../replication/errors.ts";
import { StoreError } from "../../transactional-store/errors.ts";
import { ClientService } from "./client-service.ts";

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
