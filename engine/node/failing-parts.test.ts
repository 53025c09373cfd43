/** Whatever part of a replica fails: it ends within the view-change timeout, says what to do, and the group goes on. */
import { beforeEach, describe, expect, it } from "vitest";
import type { JournalEvent } from "../ports.ts";
import { Nodes, valueOf, writing } from "./example-nodes.ts";
import type { Process } from "./example-nodes.ts";

/** The default of `viewChangeMaxMs`, and what a new primary needs. */
const withinMs = 600 + 200;

let nodes: Nodes;
/** Events of the journals that cannot be written, by replica. */
let unwritten: Map<number, (event: JournalEvent) => boolean>;
/** Replicas whose witness cannot be written. */
let unwitnessed: Set<number>;
beforeEach(async () => {
  unwritten = new Map();
  unwitnessed = new Set();
  nodes = await Nodes.started({ checkpointEveryOps: 10, retainedOps: 10 }, (process) => {
    process.journal = {
      record: (event) => {
        if (unwritten.get(process.replica)?.(event) === true) throw Object.assign(new Error("ENOSPC: write"), { code: "ENOSPC" });
      },
    };
    process.witness = {
      seen: 0,
      wrote: () => {
        if (unwitnessed.has(process.replica)) throw Object.assign(new Error("ENOSPC: write"), { code: "ENOSPC" });
      },
    };
  });
});

let requests = 0;
const write = async (replica: number): Promise<unknown> =>
  nodes.until(nodes.node(replica).commit(writing("c", ++requests, { [`key-${requests % 7}`]: `${requests}` })));
/** Of what is executed on the way, some has to fail: a checkpoint is made after 10 ops, a segment is begun with it. */
const writeSome = async (replica: number): Promise<void> => {
  for (let i = 0; i < 25; i++) await write(replica).catch(() => undefined);
};

type Fails = (process: Process, code: string) => void;
const always = 1_000_000;
const parts: readonly (readonly [string, Fails])[] = [
  ["an append to the store's log", ({ disk }, code) => disk.arm({ code, matches: (c) => c.kind === "append", times: always })],
  ["a sync of the store's log", ({ disk }, code) => disk.arm({ code, matches: (c) => c.kind === "sync", times: always })],
  [
    "the copy of a checkpoint",
    ({ disk }, code) => disk.arm({ code, matches: (c) => c.kind === "append" && c.file.startsWith("checkpoint"), times: always }),
  ],
  ["the renaming of a checkpoint", ({ disk }, code) => disk.arm({ code, matches: (c) => c.kind === "rename", times: always })],
  ["the removal of what is old", ({ disk }, code) => disk.arm({ code, matches: (c) => c.kind === "remove", times: always })],
  ["the sync of a directory", ({ disk }, code) => disk.arm({ code, matches: (c) => c.kind === "syncDirectory", times: always })],
  ["a write to the table", ({ table }, code) => table.arm({ code, matches: (c) => c.kind === "write", times: always })],
];

const expectEnded = async (failed: number, said: RegExp): Promise<void> => {
  await nodes.pass(withinMs);
  const { failures, logged } = nodes.process(failed);
  expect(failures).toHaveLength(1);
  expect(logged.filter((line) => line.startsWith("error failed")).join("\n")).toMatch(said);
  expect(logged.filter((line) => line.startsWith("error failed"))).toHaveLength(1);
  expect(nodes.node(failed).isPrimary).toBe(false);
  const others = nodes.replicas.filter((r) => r !== failed);
  const primary = await nodes.primary(others);
  expect(await write(primary.status().replica)).toMatchObject({ status: "committed" });
};

describe.each(parts)("%s", (_, fail) => {
  it.each([
    ["the primary", 1],
    ["a backup", 2],
  ])("that fails on %s: it ends, the others go on, nothing is lost", async (_who, replica) => {
    await write(1);
    fail(nodes.process(replica), "ENOSPC");
    await writeSome(1);
    await expectEnded(replica, /ENOSPC.*make room on it and start this replica again/);
    nodes.crash(replica, "M0");
    await nodes.start(replica);
    await nodes.caughtUp();
    const last = (r: number) => valueOf(nodes.node(r), `key-${requests % 7}`);
    for (const r of nodes.replicas) expect(await last(r)).toBe(`${requests}`);
  });
});

describe("a disk that fails for another reason", () => {
  it("is to be looked at", async () => {
    nodes.process(1).table.arm({ code: "EIO", matches: (c) => c.kind === "write", times: always });
    await write(1).catch(() => undefined);
    await expectEnded(1, /the table of the replicated log and the batches .*EIO.*find out about the disk/);
  });
});

describe("the journal", () => {
  it.each(["ReceiveClientRequest", "FormProof", "Put", "ExecuteOp"])(
    "that does not take %s ends the primary, and nothing of the step leaves",
    async (act) => {
      await write(1);
      unwritten.set(1, (event) => event.act === act);
      const told = nodes.until(nodes.node(1).commit(writing("c", ++requests, { last: "1" }))).catch((e: unknown) => e);
      await expectEnded(1, /the journal .*ENOSPC.*make room/);
      expect(await told).toBeInstanceOf(Error);
    },
  );

  it("that does not take the question whether this replica still leads ends it", async () => {
    unwritten.set(1, (event) => event.act === "SendCommit");
    await expect(nodes.node(1).caughtUp()).rejects.toThrow("ENOSPC");
    await expectEnded(1, /the journal .*ENOSPC/);
  });
});

describe("the witness of the replicated log", () => {
  it.each([
    ["the primary", 1],
    ["a backup", 2],
  ])("that cannot be written ends %s, and the others go on", async (_who, replica) => {
    await write(1);
    unwitnessed.add(replica);
    await writeSome(1);
    await expectEnded(replica, /the witness of the replicated log .*ENOSPC.*make room/);
  });
});

describe("the table of snapshots", () => {
  const lagging = async (): Promise<void> => {
    await write(1);
    nodes.crash(3);
    for (let i = 0; i < 40; i++) await write(1);
    for (const { id, to } of nodes.network.messages()) if (to === 3) nodes.network.drop(id);
  };
  const failing: Fails = ({ snapshotTable }, code) => snapshotTable.arm({ code, matches: (c) => c.kind === "write", times: always });

  it("that fails where a snapshot is served ends that replica; another one serves it", async () => {
    await lagging();
    failing(nodes.process(1), "ENOSPC");
    await nodes.start(3);
    await nodes.run(() => nodes.process(1).failures.length > 0);
    await expectEnded(1, /the table of snapshots .*make room/);
    await nodes.run(() => nodes.node(3).status().counters["snapshotsRestored"] === 1);
  });

  it("that fails where a snapshot is restored ends that replica", async () => {
    await lagging();
    await nodes.start(3, (process) => failing(process, "ENOSPC")).catch(() => undefined);
    await nodes.run(() => nodes.process(3).failures.length > 0 || nodes.process(3).node === undefined);
    if (nodes.process(3).node !== undefined) await expectEnded(3, /the table of snapshots .*make room/);
    expect(await write(1)).toMatchObject({ status: "committed" });
  });
});
