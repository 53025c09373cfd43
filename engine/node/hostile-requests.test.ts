/** Whatever an authorised client sends: an answer, the same on every replica, and nothing that ends one. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { DecodeError, decode, encode } from "../codec.ts";
import { branchesBranch, pairKey } from "../transactional-store/keys.ts";
import { maxScannedKeys } from "../transactional-store/prepared.ts";
import { encodeOrigin } from "../transactional-store/state.ts";
import { requestBounds } from "./client-protocol.ts";
import { Nodes, bytes, writing } from "./example-nodes.ts";
import { fuzzExecution, fuzzRequests } from "./example-fuzz.ts";
import { ExampleMachine } from "./example-machine.ts";
import { Requests } from "./requests.ts";

const body = { branch: "main", snapshot: 0, reads: [], scans: [], writes: [], collections: [], vectors: [] };

describe("a transaction with a client and no request", () => {
  const half = encode({ ...body, writes: [[pairKey("a"), bytes("1")]], client: "c" });

  it("is refused by the replica that is asked", async () => {
    const nodes = await Nodes.started();
    const { clock } = nodes.process(1);
    const requests = new Requests(nodes.node(1), clock, { bytes: (n) => new Uint8Array(n), integer: () => 0 });
    await expect(requests.handle({ type: "Commit", prepared: half })).rejects.toThrow("client and request belong together");
    expect(nodes.node(1).status().opNumber).toBe(0);
  });

  it("is passed over by every replica when it is ordered all the same, and they go on", async () => {
    const nodes = await Nodes.started();
    expect(await nodes.until(nodes.node(1).commit(half))).toMatchObject({ status: "malformed" });
    expect(await nodes.until(nodes.node(1).commit(writing("c", 1, { a: "2" })))).toEqual({ status: "committed", version: 1 });
    await nodes.caughtUp();
    for (const r of nodes.replicas) expect(nodes.process(r).failures).toEqual([]);
  });
});

describe("hostile transactions and requests", () => {
  const seed = 20_261_201;
  it(`have one outcome everywhere (seed ${seed})`, async () => {
    const { committed, refused, malformed } = await fuzzExecution(seed, 600);
    for (const count of [committed, refused, malformed]) expect(count).toBeGreaterThan(50);
  });
  it(`are answered (seed ${seed})`, async () => {
    const { committed, refused } = await fuzzRequests(seed, 1_500);
    for (const count of [committed, refused]) expect(count).toBeGreaterThan(300);
  });
});

describe("what would take a replica's time", () => {
  it("is not decoded: megabytes of arrays within arrays, more values than a request has", () => {
    const nested = new Uint8Array(3_000_000).fill(0x91);
    expect(() => decode(z.unknown(), nested, "the body", requestBounds)).toThrow(new DecodeError("the body is nested more than 4 deep"));
    expect(() => decode(z.unknown(), nested, "a frame")).toThrow("a frame is nested more than 16 deep");
    const wide = encode(Array.from({ length: 100 }, () => 1));
    expect(() => decode(z.unknown(), wide, "the body", requestBounds)).toThrow("the body has more than 64 values");
  });

  it("is refused: scans that meet too many keys, many branches at once", async () => {
    const machine = await ExampleMachine.started();
    const keys = 20_000;
    const writes = Array.from({ length: keys }, (_, i) => [pairKey(String(i)), bytes("")]);
    await machine.execute([encode({ ...body, writes })]);
    const digest = (await scanned(machine)).scans[0]?.digest;
    const scans = Array.from({ length: maxScannedKeys / keys + 1 }, () => ({ from: "k", to: null, digest }));
    const write = [[pairKey("a"), bytes("1")]];
    expect(await machine.execute([encode({ ...body, scans: scans.slice(1), writes: write })])).toMatchObject([{ status: "committed" }]);
    const again = Array.from(scans, () => ({ from: "k", to: null, digest: new Uint8Array() }));
    expect(await machine.execute([encode({ ...body, scans: again, writes: write })])).toMatchObject([{ reason: "conflict" }]);
    const valid = (await scanned(machine)).scans[0]?.digest;
    const many = scans.map((scan) => ({ ...scan, digest: valid }));
    expect(await machine.execute([encode({ ...body, scans: many, writes: write })])).toMatchObject([{ reason: "tooLarge" }]);
    const forks = ["a", "b"].map((name) => [pairKey(name), encodeOrigin("main")]);
    expect(await machine.execute([encode({ ...body, branch: branchesBranch, writes: forks })])).toMatchObject([{ reason: "tooLarge" }]);
  });

  const scanned = async (machine: ExampleMachine) => {
    const t = machine.store.begin("main");
    await t.scan();
    return t.prepare();
  };
});
