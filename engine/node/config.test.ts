import { describe, expect, it } from "vitest";
import { parseClientConfig, parseReplicaConfig } from "./config.ts";

const key = "A".repeat(43);
const member = (replica: number) => ({
  replica,
  address: { host: "127.0.0.1", port: 7000 + replica },
  clientAddress: { port: 8000 + replica },
  publicKey: key,
});
const good = {
  cluster: "one",
  replicas: [1, 2, 3].map(member),
  replica: 2,
  directory: "data",
  tokensFile: "tokens.json",
  privateKeyFile: "private.key",
};
const parsed = (config: unknown) => parseReplicaConfig(JSON.stringify(config), "config.json");

describe("the configuration of a replica", () => {
  it("has defaults", () => {
    expect(parsed(good)).toMatchObject({
      durability: "batched",
      timing: { heartbeatMs: 50, viewChangeTimeoutMs: 400 },
      checkpointEveryOps: 1_000,
      retainedOps: 4_000,
      journal: false,
    });
    expect(parsed(good).replicas[0]?.clientAddress).toEqual({ host: "127.0.0.1", port: 8001 });
    expect(parsed({ ...good, faults: { loss: 0.5 } }).faults).toEqual({ loss: 0.5, duplication: 0, delay: 0, longestDelayMs: 100 });
  });

  it.each([
    ["no cluster", { ...good, cluster: undefined }, /config.json is malformed at cluster/],
    ["a cluster without a name", { ...good, cluster: "" }, /at cluster: a name of up to 64 letters/],
    ["a replica that is not in the group", { ...good, replica: 4 }, /config.json: replica 4 is not in a group of 3/],
    ["an even group", { ...good, replicas: [1, 2].map(member) }, /a group of 2 survives no more failures than one of 1; use an odd number/],
    ["replicas out of order", { ...good, replicas: [2, 1, 3].map(member) }, /numbered 1, 2, 3, …; the entry at place 1 has another number/],
    ["an empty group", { ...good, replicas: [] }, /at replicas/],
    [
      "more replicas than a message has room for",
      { ...good, replicas: Array.from({ length: 11 }, (_, i) => member(i + 1)) },
      /at replicas.*: a group has at most 9 replicas/,
    ],
    ["a key that is too short", { ...good, replicas: [{ ...member(1), publicKey: "A" }] }, /at replicas.0.publicKey: an Ed25519 key/],
    ["an impossible port", { ...good, replicas: [{ ...member(1), address: { port: 70_000 } }] }, /at replicas.0.address.port/],
    ["an unknown durability", { ...good, durability: "some" }, /at durability/],
    ["an unknown field", { ...good, fsync: false }, /fsync/],
    ["a heartbeat that never comes", { ...good, timing: { heartbeatMs: 0 } }, /at timing.heartbeatMs/],
    ["no directory", { ...good, directory: "" }, /at directory/],
    ["checkpoints that are too rare", { ...good, checkpointEveryOps: 1_000_000 }, /at checkpointEveryOps/],
    ["faults beyond certainty", { ...good, faults: { loss: 2 } }, /at faults.loss/],
  ])("is refused with %s", (_what, config, why) => {
    expect(() => parsed(config)).toThrow(why);
  });

  it("is JSON", () => {
    expect(() => parseReplicaConfig("{", "config.json")).toThrow(/^config.json is not JSON: /);
  });
});

describe("the configuration of a client", () => {
  it("is the group and where its token is", () => {
    const { cluster, replicas } = good;
    expect(parseClientConfig(JSON.stringify({ cluster, replicas, tokenFile: "client.token" }), "client.json").replicas).toHaveLength(3);
    expect(() => parseClientConfig(JSON.stringify({ cluster, replicas }), "client.json")).toThrow(/client.json is malformed at tokenFile/);
  });
});
