/** Whole replicas in one process: what comes of transactions when messages, crashes and disks are as the test has it. */
import { beforeEach, describe, expect, it } from "vitest";
import { NotPrimaryError, ViewChangedError } from "../replication/errors.ts";
import { encode } from "../codec.ts";
import { ControlledRandom } from "../wiring/controlled/random.ts";
import { Nodes, bytes, valueOf, writing } from "./example-nodes.ts";
import type { NodeOptions } from "./parts.ts";

let nodes: Nodes;
const started = async (options: Partial<NodeOptions> = {}): Promise<void> => {
  nodes = await Nodes.started(options);
};
const commit = (replica: number, transaction: Uint8Array) => nodes.until(nodes.node(replica).commit(transaction));
/** All have the same, byte for byte. */
const expectAgreement = async (): Promise<void> => {
  await nodes.caughtUp();
  const [first, ...others] = await Promise.all([...nodes.processes.keys()].map((r) => nodes.spaces(r)));
  for (const other of others) expect(other).toBe(first);
};

describe("three replicas", () => {
  beforeEach(() => started());

  it("commit, and every one of them has it", async () => {
    expect(await commit(1, writing("c", 1, { a: "1" }))).toEqual({ status: "committed", version: 1 });
    expect(await commit(1, writing("c", 2, { a: "2", b: "1" }))).toEqual({ status: "committed", version: 2 });
    await expectAgreement();
    for (const r of nodes.replicas) expect(await valueOf(nodes.node(r), "a")).toBe("2");
    expect(nodes.node(2).status()).toMatchObject({ view: 1, primary: 1, executed: 2, version: 2 });
  });

  it("refuse the second of two transactions that read the same and write it", async () => {
    await commit(1, writing("c", 1, { a: "1" }));
    const prepared = await Promise.all(
      ["x", "y"].map(async (value) => {
        const t = nodes.node(1).store.begin("main");
        await t.get("a");
        t.put("a", bytes(value));
        return encode(t.prepare({ client: value, request: 1 }));
      }),
    );
    const outcomes = await nodes.until(Promise.all(prepared.map((p) => nodes.node(1).commit(p))));
    expect(outcomes).toMatchObject([
      { status: "committed", version: 2 },
      { status: "refused", reason: "conflict" },
    ]);
    await expectAgreement();
    expect(await valueOf(nodes.node(3), "a")).toBe("x");
  });

  it("execute a request once that is sent to two primaries", async () => {
    const request = writing("c", 7, { a: "once" });
    const first = await commit(1, request);
    nodes.crash(1);
    const second = await nodes.primary([2, 3]);
    expect(await nodes.until(second.commit(request))).toEqual(first);
    await nodes.start(1);
    await expectAgreement();
    expect(second.status().version).toBe(1);
  });

  it("execute it once also when the first primary never heard of its commit", async () => {
    const request = writing("c", 1, { a: "once" });
    // The others have the op in their logs; nobody's PrepareOk comes back.
    nodes.isHeld = ({ to, message }) => to === 1 && JSON.stringify(message).includes('"PrepareOk"');
    const waiting = nodes.node(1).commit(request);
    const told = waiting.catch((error: unknown) => error);
    await nodes.run(() => [2, 3].every((r) => nodes.node(r).status().opNumber === 1));
    nodes.network.partition([1], [2, 3]);
    const second = await nodes.primary([2, 3]);
    expect(await nodes.until(second.commit(request))).toEqual({ status: "committed", version: 1 });
    nodes.network.heal();
    // What was held is lost.
    for (const { id, to } of nodes.network.messages()) if (to === 1) nodes.network.drop(id);
    nodes.isHeld = () => false;
    // Who waits at the first one does not know; asked again, it is told who leads.
    expect(await nodes.until(told)).toBeInstanceOf(ViewChangedError);
    await expect(commit(1, request)).rejects.toThrow(NotPrimaryError);
    await expect(nodes.until(nodes.node(1).caughtUp())).rejects.toThrow(NotPrimaryError);
    await expectAgreement();
  });

  it("go on without a backup whose log cannot be written", async () => {
    nodes.process(2).table.arm({ code: "ENOSPC", matches: (call) => call.kind === "write", times: 1_000 });
    expect(await commit(1, writing("c", 1, { a: "1" }))).toMatchObject({ status: "committed" });
    expect(nodes.node(3).status().commitNumber + nodes.node(3).status().opNumber).toBeGreaterThan(0);
    nodes.crash(2);
    await nodes.start(2);
    await expectAgreement();
  });
});

describe("a primary whose disk is full", () => {
  it.each(["strict", "batched"] as const)("(%s) stops, the others go on, and nothing is lost", async (durability) => {
    await started({ durability });
    await commit(1, writing("c", 1, { a: "1" }));
    nodes.process(1).disk.arm({ code: "ENOSPC", matches: (call) => call.kind === "append", times: 1_000 });
    // It is ordered; whether this replica can still say so depends on when it writes.
    await commit(1, writing("c", 2, { b: "2" })).catch(() => undefined);
    await nodes.pass(300);
    await expect(commit(1, writing("d", 1, { c: "3" }))).rejects.toThrow(/stopped for good: .*ENOSPC/);
    expect(nodes.process(1).failures).toHaveLength(1);
    const second = await nodes.primary([2, 3]);
    expect(await nodes.until(second.commit(writing("c", 2, { b: "2" })))).toMatchObject({ status: "committed", version: 2 });
    expect(await nodes.until(second.commit(writing("d", 1, { c: "3" })))).toMatchObject({ status: "committed", version: 3 });
    nodes.crash(1);
    await nodes.start(1);
    await expectAgreement();
    expect(await valueOf(nodes.node(1), "c")).toBe("3");
  });
});

describe("after a crash", () => {
  it.each(["P", "M0"] as const)(
    "(%s) in the middle of an op, the rest of its transactions is executed, and no other twice",
    async (kind) => {
      await started({ durability: kind === "P" ? "batched" : "strict" });
      nodes.process(2).steps.hold((step, args) => step === "Append" && args["version"] === 5);
      // The first batch has one transaction; those that come meanwhile share an op.
      const all = Array.from({ length: 14 }, (_, i) => nodes.node(1).commit(writing(`c${i}`, 1, { [`key-${i}`]: `${i}`, last: `${i}` })));
      const outcomes = await nodes.until(Promise.all(all));
      expect(outcomes.map((o) => o.status)).toEqual(outcomes.map(() => "committed"));
      expect(nodes.node(1).status().executed).toBe(2);
      await nodes.run(() => nodes.process(2).steps.waiting().length > 0);
      expect(nodes.node(2).status()).toMatchObject({ executed: 1, version: 4 });
      nodes.crash(2, kind);
      await nodes.start(2);
      await expectAgreement();
      expect(nodes.node(2).status()).toMatchObject({ executed: 2, version: 14 });
    },
  );

  it("of all three, nothing that was acknowledged is missing", async () => {
    await started();
    for (let i = 1; i <= 5; i++) await commit(1, writing("c", i, { [`key-${i}`]: `${i}` }));
    for (const r of nodes.replicas) nodes.crash(r, "M0");
    for (const r of nodes.replicas) await nodes.start(r);
    const primary = await nodes.primary();
    for (let i = 1; i <= 5; i++) expect(await valueOf(primary, `key-${i}`)).toBe(`${i}`);
    await expectAgreement();
  });
});

describe("a batch that is ordered too late", () => {
  it("is not executed anywhere, and its client is told to ask again", async () => {
    await started({ retainedOps: 10 });
    // The batch gets no signatures until others have led, have ordered theirs, and replica 1 leads again.
    let cutOff = 0;
    const isLate = (message: unknown): boolean => /"author":1,"batchId":[^}]*"number":0}/.test(JSON.stringify(message));
    nodes.isHeld = ({ from, to, message }) => from === cutOff || to === cutOff || isLate(message);
    const late = nodes.node(1).commit(writing("late", 1, { late: "yes" }));
    const told = late.catch((error: unknown) => error);
    await nodes.pass(20);
    for (cutOff = 1; cutOff !== 0;) {
      const leading = await nodes.primary(nodes.replicas.filter((r) => r !== cutOff));
      const { replica } = leading.status();
      if (cutOff === 1) for (let i = 1; i <= 12; i++) await commit(replica, writing("c", i, { a: `${i}` }));
      cutOff = replica === 1 ? 0 : replica;
    }
    nodes.isHeld = () => false;
    const error = await nodes.until(told);
    expect(error).toBeInstanceOf(ViewChangedError);
    expect(String(error)).toContain("was ordered after op 10, too late to be executed");
    await expectAgreement();
    expect(await valueOf(nodes.node(2), "late")).toBeUndefined();
    expect(await commit(1, writing("late", 1, { late: "yes" }))).toMatchObject({ status: "committed" });
  });
});

describe("payloads", () => {
  it("are kept for as long as an op may need them, so that there are never too many to go on", async () => {
    await started({ checkpointEveryOps: 10, retainedOps: 10 });
    const kept = (): number => [...nodes.process(2).table.image().rows.keys()].filter((key) => key.startsWith("batch/")).length;
    let most = 0;
    for (let i = 1; i <= 200; i++) {
      await commit(1, writing("c", i, { a: `${i}` }));
      most = Math.max(most, kept());
    }
    expect(most).toBeGreaterThan(30);
    expect(most).toBeLessThan(70);
  });
});

it("a snapshot is of whole ops: one that is asked for within an op waits for its end", async () => {
  await started();
  const first = nodes.node(1).commit(writing("first", 1, { a: "1" }));
  // These two come while the first is on its way, so that one op has both.
  const others = ["second", "third"].map((client) => nodes.node(1).commit(writing(client, 1, { [client]: "1" })));
  const { steps } = nodes.process(1);
  steps.hold((step, args) => step === "Finish" && args["version"] === 2);
  await nodes.until(first);
  await nodes.run(() => steps.waiting().length === 1);
  nodes.crash(3);
  const asking = nodes.network.attach(3);
  const answers: string[] = [];
  asking.onMessage((_, packet) => {
    const { channel, body } = packet as { channel: string; body: { type: string; manifest?: { id: { position: number } } } };
    if (channel === "snapshots") answers.push(`${body.type} of op ${String(body.manifest?.id.position)}`);
  });
  asking.send(1, { channel: "snapshots", body: { type: "SnapshotManifestRequest", request: 1, of: null } });
  await nodes.pass(100);
  expect(answers).toEqual([]);
  steps.hold((step, args) => step === "Finish" && args["version"] === 3);
  for (const { id } of steps.waiting()) steps.release(id);
  await nodes.run(() => steps.waiting().length === 1);
  await nodes.pass(100);
  expect(answers).toEqual([]);
  steps.releaseAll();
  await nodes.until(Promise.all(others));
  await nodes.run(() => answers.length > 0);
  expect(answers).toEqual(["SnapshotManifest of op 2"]);
});

describe("a replica that lags beyond the log", () => {
  const lagging = async (): Promise<void> => {
    await started({ checkpointEveryOps: 10, retainedOps: 10 });
    await commit(1, writing("c", 1, { first: "1" }));
    nodes.crash(3);
    for (let i = 2; i <= 40; i++) await commit(1, writing("c", i, { [`key-${i % 17}`]: `${i}` }));
    for (const { id, to } of nodes.network.messages()) if (to === 3) nodes.network.drop(id);
  };

  it("restores a snapshot, and has the same as the others", async () => {
    await lagging();
    await nodes.start(3);
    await nodes.caughtUp();
    expect(nodes.node(3).status().counters["snapshotsRestored"]).toBe(1);
    await expectAgreement();
    await commit(1, writing("c", 41, { after: "1" }));
    await expectAgreement();
  });

  it.each([
    { what: "with a log that ends before the others' begin", received: 2, ops: 40 },
    { what: "with a log that reaches into the others'", received: 14, ops: 24 },
  ])("restores a snapshot when the batch of its next op is deleted everywhere, $what", async ({ received, ops }) => {
    await started({ checkpointEveryOps: 1, retainedOps: 10 });
    const write = (i: number) => commit(1, writing("c", i, { [`key-${i % 17}`]: `${i}` }));
    nodes.isHeld = ({ to, message }) => to === 3 && JSON.stringify(message).includes('"channel":"batches"');
    for (let i = 1; i <= received; i++) await write(i);
    await nodes.run(() => nodes.node(3).status().commitNumber === received);
    expect(nodes.node(3).status()).toMatchObject({ opNumber: received, executed: 0 });
    nodes.crash(3);
    for (let i = received + 1; i <= ops; i++) await write(i);
    for (const { id, to } of nodes.network.messages()) if (to === 3) nodes.network.drop(id);
    nodes.isHeld = () => false;
    await nodes.start(3);
    await nodes.caughtUp();
    expect(nodes.node(3).status().counters["snapshotsRestored"]).toBe(1);
    await expectAgreement();
  });

  it("does so when it crashes again and again on the way", async () => {
    await lagging();
    let crashes = 0;
    for (let nth = 1; ; nth += 3) {
      let writes = 0;
      const process = await nodes.start(3, ({ snapshotTable }) => snapshotTable.watch((call) => (writes += call.kind === "write" ? 1 : 0)));
      await nodes.run(() => writes >= nth || process.node?.status().counters["snapshotsRestored"] === 1);
      if (process.node?.status().counters["snapshotsRestored"] === 1) break;
      nodes.crash(3, crashes % 2 === 0 ? "P" : "M0");
      crashes++;
    }
    expect(crashes).toBeGreaterThan(1);
    await expectAgreement();
  });
});

describe("whatever is executed", () => {
  it("comes to the same bytes on every replica: pairs, deletions, branches, vectors, refusals, repetitions", async () => {
    await started({ checkpointEveryOps: 10 });
    const random = new ControlledRandom(5);
    const { store } = nodes.node(1);
    const setUp = store.begin("main");
    setUp.createCollection("v", { dimension: 2, metric: "l2sq" });
    await commit(1, encode(setUp.prepare({ client: "set-up", request: 1 })));
    for (let round = 1; round <= 12; round++) {
      const prepared = await Promise.all(
        Array.from({ length: 4 }, async (_, client) => {
          const t = store.begin("main");
          const key = `key-${random.integer(6)}`;
          await t.get(key);
          if (random.integer(3) === 0) t.delete(key);
          else t.put(key, bytes(`${round}/${client}`));
          if (random.integer(2) === 0) await t.insertVector("v", key, Float32Array.of(random.integer(9), random.integer(9)));
          return encode(t.prepare({ client: `client-${client}`, request: round }));
        }),
      );
      if (round % 5 === 0)
        prepared.push(encode({ ...store.prepareBranch(`branch-${round}`, { from: "main" }), client: "b", request: round }));
      const outcomes = await nodes.until(Promise.all([...prepared, ...prepared.slice(0, 1)].map((p) => nodes.node(1).commit(p))));
      expect(outcomes.at(-1)).toEqual(outcomes[0]);
    }
    await expectAgreement();
  });
});
