/** What a client does with replicas that take its token, and with others. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { encode } from "../codec.ts";
import { Connection, InvalidRequestError } from "./connection.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const wrongToken = { code: "Unauthorized", message: "the token is not that of this cluster", primary: null } as const;

/** Replicas that refuse the token, or find nothing. */
const connected = async (refuses: readonly boolean[]) => {
  const asked: number[] = [];
  const addresses = refuses.map(async (isRefusing, i) => {
    const server = createServer((_, response) => {
      asked.push(i + 1);
      response.writeHead(isRefusing ? 401 : 200);
      response.end(encode(isRefusing ? wrongToken : { value: null }));
    }).listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return { host: "127.0.0.1", port: (server.address() as AddressInfo).port }; // it listens on a port
  });
  const connection = new Connection({ replicas: await Promise.all(addresses), token: "t", deadlineMs: 10_000 });
  return { connection, asked };
};
const read = { type: "Read", branch: "main", key: "k" } as const;

describe("a token that is refused", () => {
  it("by a minority, which has another key, is taken to the others", async () => {
    const { connection, asked } = await connected([true, false, false]);
    expect((await connection.call(read)).replica).toBe(2);
    expect(asked).toEqual([1, 2]);
    connection.close();
  });
  it("by a majority is not that of the cluster: an error at once", async () => {
    const { connection, asked } = await connected([true, true, true]);
    await expect(connection.call(read)).rejects.toThrow(new InvalidRequestError(wrongToken.message));
    expect(asked).toEqual([1, 2]);
    connection.close();
  });
  it("by the one replica that can do it is an error", async () => {
    const { connection } = await connected([true, false, false]);
    await expect(connection.callAt(1, read)).rejects.toThrow(new InvalidRequestError(wrongToken.message));
    connection.close();
  });
});
