/** A start that fails changes no file below the replica's directory, but for the lock that it had and has given back. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Address } from "../node/config.ts";
import { ClusterProcesses } from "../testing/cluster-processes.ts";
import { ownerOf, writeOwner } from "./data-directory.ts";

let cluster: ClusterProcesses;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  cluster = await ClusterProcesses.create(3, (config) => config);
});
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await cluster.remove();
});

/** Names, contents and times of all that is there. */
const contentsOf = async (directory: string): Promise<readonly string[]> => {
  const names = (await readdir(directory, { recursive: true })).filter((name) => !/^lock-\d+$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const found = await stat(join(directory, name));
      const content = found.isFile()
        ? createHash("sha256")
            .update(await readFile(join(directory, name)))
            .digest("hex")
        : "";
      return `${name} ${String(found.mtimeMs)} ${content}`;
    }),
  );
};
const taken = async ({ host, port }: Address): Promise<void> => {
  const server = createServer().listen(port, host);
  await once(server, "listening");
  closing.push(() => server.close());
};

interface Setting {
  readonly data: string;
  /** The folder with the replica's keys. */
  readonly folder: string;
  readonly addresses: { readonly address: Address; readonly clientAddress: Address };
}
it.each<[string, RegExp, (of: Setting) => Promise<unknown>]>([
  ["the port for replicas is taken", /EADDRINUSE/, ({ addresses }) => taken(addresses.address)],
  ["the port for clients is taken", /EADDRINUSE/, ({ addresses }) => taken(addresses.clientAddress)],
  ["the private key is not there", /the private key cannot be read/, ({ folder }) => rm(join(folder, "private.key"))],
  ["the private key is another's", /./, ({ folder }) => writeFile(join(folder, "private.key"), "bm8gcHJpdmF0ZSBrZXk")],
  ["the tokens are not there", /tokens\.json/, ({ folder }) => rm(join(folder, "..", "tokens.json"))],
  [
    "the log of a member is not there",
    /its log is not there/,
    async ({ data }) => writeOwner(data, { ...(await ownerIn(data)), state: "member" }),
  ],
])("when %s", async (_, why, spoil) => {
  const { address, clientAddress } = (await cluster.config(1)).replicas[0] ?? {};
  if (address === undefined || clientAddress === undefined) throw new Error("the configuration has no replica 1");
  const data = cluster.dataOf(1);
  await spoil({ data, folder: dirname(data), addresses: { address, clientAddress } });
  const before = await contentsOf(data);
  cluster.start(1);
  expect(await cluster.ended(1, 20_000)).toBe(1);
  expect((await cluster.log(1)).find((line) => line.startsWith("replica 1 cannot start: "))).toMatch(why);
  expect(await contentsOf(data)).toEqual(before);
});

const ownerIn = async (data: string) => {
  const { cluster: name } = await cluster.config(1);
  return ownerOf(data, { cluster: name, replica: 1 });
};
