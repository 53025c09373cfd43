/** The numbers under which a client asks: no two commits ever have the same, whatever becomes of the first. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import { Prepared } from "../transactional-store/prepared.ts";
import { Client, UnavailableError } from "./client.ts";

type Answer = "committed" | "refused" | "nothing";
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** One replica that gives these answers to commits, in order and then "committed"; what it was asked, in the order of arrival. */
const asked = async (answers: readonly Answer[]) => {
  const commits: { readonly of: string; readonly key: string | undefined }[] = [];
  const left = [...answers];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { prepared } = decode(z.object({ prepared: z.instanceof(Uint8Array) }), Buffer.concat(chunks), "a commit");
      const { client, request: number, writes } = decode(Prepared, prepared, "a prepared transaction");
      commits.push({ of: `${String(client)} ${String(number)}`, key: writes[0]?.[0] });
      const answer = left.shift() ?? "committed";
      if (answer === "nothing") response.destroy();
      else response.end(encode(answer === "committed" ? { status: "committed", version: 1 } : { status: "refused", reason: "conflict" }));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on a port
  const client = new Client({ replicas: [{ host: "127.0.0.1", port }], token: "t", deadlineMs: 300 });
  closing.push(
    () => client.close(),
    () => server.closeAllConnections(),
    () => server.close(),
  );
  return { client, commits };
};
const one = Uint8Array.of(1);

it("a commit that is sent again has the number that it had", async () => {
  const { client, commits } = await asked(["nothing", "nothing"]);
  await client.put("a", one);
  expect(commits.length).toBe(3);
  expect(new Set(commits.map(({ of }) => of)).size).toBe(1);
});

it.each(["nothing", "refused", "committed"] as const)("after the answer %j the next commit has another number", async (answer) => {
  const { client, commits } = await asked(Array.from({ length: answer === "nothing" ? 1_000 : 1 }, () => answer));
  const first = client.put("a", one);
  if (answer === "nothing") await expect(first).rejects.toThrow(UnavailableError);
  else await first.catch(() => undefined);
  await client.put("b", one).catch(() => undefined);
  const numbersOf = (key: string): Set<string> => new Set(commits.filter((c) => c.key?.endsWith(key) === true).map(({ of }) => of));
  expect([numbersOf("a").size, numbersOf("b").size]).toEqual([1, 1]);
  expect(numbersOf("b")).not.toEqual(numbersOf("a"));
});

it("commits that are under way at the same time are of different names: of each the table keeps one", async () => {
  const { client, commits } = await asked([]);
  await Promise.all(["a", "b", "c"].map((key) => client.put(key, one)));
  expect(new Set(commits.map(({ of }) => of.split(" ")[0])).size).toBe(3);
});
