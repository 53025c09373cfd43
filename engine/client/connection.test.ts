/** What a client does with replicas that take its token, and with others. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { encode } from "../codec.ts";
import { Connection, InvalidRequestError, UnavailableError } from "./connection.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const wrongToken = { code: "Unauthorized", message: "the token is not that of this cluster", primary: null } as const;

type Does = "answers" | "refuses the token" | "fails";
/** Replicas that find nothing, refuse the token, or fail. */
const connected = async (does: readonly Does[], deadlineMs = 10_000) => {
  const asked: number[] = [];
  const addresses = does.map(async (what, i) => {
    const server = createServer((_, response) => {
      asked.push(i + 1);
      response.writeHead({ answers: 200, "refuses the token": 401, fails: 500 }[what]);
      response.end(encode({ answers: { value: null }, "refuses the token": wrongToken, fails: fault }[what]));
    }).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return { host: "127.0.0.1", port: (server.address() as AddressInfo).port }; // it listens on a port
  });
  const connection = new Connection({ replicas: await Promise.all(addresses), token: "t", deadlineMs });
  return { connection, asked };
};
const fault = { code: "Fault", message: "a fault of this replica", primary: null } as const;
const read = { type: "Read", branch: "main", key: "k" } as const;

describe("a token that is refused", () => {
  it("by a minority, which has another key, is taken to the others", async () => {
    const { connection, asked } = await connected(["refuses the token", "answers", "answers"]);
    expect((await connection.call(read)).replica).toBe(2);
    expect(asked).toEqual([1, 2]);
    connection.close();
  });
  it("by a majority is not that of the cluster: an error at once", async () => {
    const { connection, asked } = await connected(["refuses the token", "refuses the token", "refuses the token"]);
    await expect(connection.call(read)).rejects.toThrow(new InvalidRequestError(wrongToken.message));
    expect(asked).toEqual([1, 2]);
    connection.close();
  });
  it("by the one replica that can do it is an error", async () => {
    const { connection } = await connected(["refuses the token", "answers", "answers"]);
    await expect(connection.callAt(1, read)).rejects.toThrow(new InvalidRequestError(wrongToken.message));
    connection.close();
  });
});

describe("a replica that fails", () => {
  it("may have done it or not: another one is asked, which knows", async () => {
    const { connection, asked } = await connected(["fails", "answers", "answers"]);
    expect((await connection.call(read)).replica).toBe(2);
    expect(asked).toEqual([1, 2]);
    connection.close();
  });
  it("as all others do leaves open whether it has happened", async () => {
    const { connection } = await connected(["fails", "fails", "fails"], 200);
    const told = await connection.call(read).catch((error: unknown) => error);
    expect(told).toBeInstanceOf(UnavailableError);
    expect(told).toMatchObject({
      message: expect.stringMatching(/no replica has done it within 200 ms; .*a fault of this replica/) as string,
    });
    await expect(connection.callAt(1, read)).rejects.toBeInstanceOf(UnavailableError);
    connection.close();
  });
});
