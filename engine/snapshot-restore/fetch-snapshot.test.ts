import { describe, expect, it } from "vitest";
import type { Logger } from "../ports.ts";
import { ControlledClock } from "../wiring/controlled/clock.ts";
import { settle } from "../wiring/controlled/settle.ts";
import { ControlledTable } from "../wiring/controlled/table.ts";
import { OtherClusterError, RestoreFailedError, SnapshotUnavailableError } from "./errors.ts";
import { SnapshotFetch, begunSnapshot, discardSnapshot } from "./fetch-snapshot.ts";
import type { FetchOptions } from "./fetch-snapshot.ts";
import { clusterId, collect, diskOf, emptyDisk, noSteps, pairsOf, pairsOn, sorted, stream, tablesOf } from "./fixtures/example-snapshot.ts";
import type { Disk, Tables } from "./fixtures/example-snapshot.ts";
import type { SnapshotMessage } from "./messages.ts";
import type { Pair } from "./snapshot.ts";
import { SnapshotServer } from "./snapshot-server.ts";
import type { ServerOptions } from "./snapshot-server.ts";

const quiet: Logger = { log: () => undefined };
const spaces = { main: pairsOf(["a", "b", "c", "d", "e"]), "a/b%": pairsOf(["x"]), empty: pairsOf([]) };
const other = { ...spaces, main: pairsOf(["a", "z"]) };

interface PeerOptions extends Partial<ServerOptions> {
  readonly version?: number;
  readonly spaces?: Readonly<Record<string, readonly Pair[]>>;
  /** What becomes of an answer; undefined loses it. */
  readonly alter?: (answer: SnapshotMessage, number: number) => unknown;
}

/** A replica that restores, and the peers that serve it, numbered from 1, on one clock. */
class Cluster {
  readonly clock = new ControlledClock();
  readonly servers: SnapshotServer[];
  readonly asked: [peer: number, type: string][] = [];
  private fetching: SnapshotFetch | undefined;

  constructor(peers: readonly PeerOptions[]) {
    this.servers = peers.map((peer, i) => {
      let answers = 0;
      return new SnapshotServer({
        clusterId,
        scratch: new ControlledTable(),
        clock: this.clock,
        logger: quiet,
        chunkPairs: 2,
        openState: () => Promise.resolve(stateOf(peer.version ?? 7, peer.spaces ?? spaces)),
        ...peer,
        send: (_, message) => {
          const altered = peer.alter === undefined ? message : peer.alter(message, answers++);
          if (altered !== undefined) this.fetching?.receive(i + 1, altered);
        },
      });
    });
  }

  async fetch(tables: Tables, options: Partial<FetchOptions> = {}): Promise<unknown> {
    const fetching = new SnapshotFetch({
      clusterId,
      peers: this.servers.map((_, i) => i + 1),
      clock: this.clock,
      logger: quiet,
      steps: noSteps,
      tables,
      timeoutMs: 100,
      ...options,
      send: (to, message) => {
        this.asked.push([to, message.type]);
        void this.servers[to - 1]?.receive(9, message);
      },
    });
    this.fetching = fetching;
    let end: { readonly value: unknown } | undefined;
    fetching.run().then(
      (value) => (end = { value }),
      (error: unknown) => (end = { value: error }),
    );
    for (let turns = 0; end === undefined; turns += 1) {
      await settle(tables.kv, tables.tree, this.clock);
      if (this.clock.timers().some((t) => t.name === "snapshot-request")) this.clock.fire("snapshot-request");
      if (turns > 1000) throw new Error("the fetch does not end");
    }
    return end.value;
  }
}

const stateOf = (version: number, of: Readonly<Record<string, readonly Pair[]>>) => ({
  version,
  position: version * 10,
  spaces: Object.entries(of).map(([name, pairs]) => ({ name, pairs: stream(pairs) })),
  close: () => Promise.resolve(),
});

const expectRestored = async (tables: Tables, expected: Readonly<Record<string, readonly Pair[]>> = spaces): Promise<void> => {
  for (const [space, pairs] of Object.entries(expected)) {
    const restored = (await pairsOn(diskOf(tables), space)).map(([key, value]) => [key, Buffer.from(value)]);
    expect(restored).toEqual(sorted(pairs));
  }
};

describe("fetching a snapshot", () => {
  it("restores every space, and leaves nothing when it is discarded", async () => {
    const tables = tablesOf(emptyDisk);
    const found = await new Cluster([{}]).fetch(tables);
    expect(found).toMatchObject({ id: { version: 7, position: 70 } });
    expect(await begunSnapshot(tables.kv)).toEqual(found);
    await expectRestored(tables);
    await discardSnapshot(tables);
    expect(diskOf(tables)).toEqual(emptyDisk);
  });

  it("asks nobody when it has finished before", async () => {
    const tables = tablesOf(emptyDisk);
    await new Cluster([{}]).fetch(tables);
    const cluster = new Cluster([{}]);
    expect(await cluster.fetch(tables)).toMatchObject({ id: { version: 7 } });
    expect(cluster.asked).toEqual([]);
  });

  it("asks again when an answer is lost, and takes no notice of answers to other requests", async () => {
    const tables = tablesOf(emptyDisk);
    const alter: PeerOptions["alter"] = (answer, number) => [undefined, answer, { ...answer, request: 0 }, answer][number % 4];
    const cluster = new Cluster([{ alter }]);
    expect(await cluster.fetch(tables)).toMatchObject({ id: { version: 7 } });
    await expectRestored(tables);
  });

  const faults: Readonly<Record<string, PeerOptions["alter"]>> = {
    "is silent": () => undefined,
    "answers nonsense": () => ({ type: "nonsense" }),
    "is silent after a while": (answer, number) => (number < 2 ? answer : undefined),
    "serves wrong values": (answer) =>
      answer.type === "SnapshotChunk"
        ? { ...answer, chunk: { ...answer.chunk, pairs: answer.chunk.pairs.map(([key]) => [key, Buffer.from("wrong")]) } }
        : answer,
    "has a manifest that ends early": (answer) =>
      answer.type === "SnapshotManifest"
        ? {
            ...answer,
            manifest: { ...answer.manifest, spaces: answer.manifest.spaces.map((s) => ({ ...s, chunkEnds: s.chunkEnds.slice(0, 1) })) },
          }
        : answer,
    "has a manifest with wrong roots": (answer) =>
      answer.type === "SnapshotManifest"
        ? { ...answer, manifest: { ...answer.manifest, spaces: answer.manifest.spaces.map((s) => ({ ...s, root: "1".repeat(64) })) } }
        : answer,
    "is of another cluster": (answer) =>
      answer.type === "SnapshotManifest"
        ? { ...answer, manifest: { ...answer.manifest, id: { ...answer.manifest.id, clusterId: "another" } } }
        : answer,
  };
  it.each(Object.entries(faults))(
    "goes on with another peer when one %s, also when that has cut its chunks otherwise",
    async (_, alter) => {
      for (const chunkPairs of [2, 1, 3]) {
        const tables = tablesOf(emptyDisk);
        const cluster = new Cluster([alter === undefined ? {} : { alter }, { chunkPairs }]);
        expect(await cluster.fetch(tables)).toMatchObject({ id: { version: 7 } });
        await expectRestored(tables);
        expect(cluster.asked.some(([peer]) => peer === 2)).toBe(true);
      }
    },
  );

  it("gives up, and says what each peer said, when nobody has it; and goes on where it was later", async () => {
    const tables = tablesOf(emptyDisk);
    const error = await new Cluster([{ alter: (answer, number) => (number < 3 ? answer : undefined) }, { alter: () => undefined }]).fetch(
      tables,
    );
    expect(error).toBeInstanceOf(SnapshotUnavailableError);
    expect(String(error)).toMatch(/replica 1: no answer within 100 ms; replica 2: no answer within 100 ms/);
    expect(diskOf(tables).kv.size).toBeGreaterThan(1);
    const cluster = new Cluster([{}]);
    /** The peer has to have taken the snapshot before it can be asked for it. */
    await cluster.servers[0]?.receive(9, { type: "SnapshotManifestRequest", request: 0, of: null });
    await cluster.fetch(tables);
    await expectRestored(tables);
    expect(cluster.asked.filter(([, type]) => type === "SnapshotChunkRequest").length).toBe(3);
  });

  it("begins a newer snapshot when no peer has the one begun, and nothing of the old one is left", async () => {
    const tables = tablesOf(emptyDisk);
    await new Cluster([{ alter: (answer, number) => (number < 4 ? answer : undefined) }]).fetch(tables);
    expect(await begunSnapshot(tables.kv)).toMatchObject({ id: { version: 7 } });
    expect(await new Cluster([{ version: 8, spaces: other }]).fetch(tables)).toMatchObject({ id: { version: 8 } });
    await expectRestored(tables, other);
  });

  it("begins a newer one when the one begun is too old to be of use", async () => {
    const tables = tablesOf(emptyDisk);
    await new Cluster([{}]).fetch(tables);
    expect(await new Cluster([{}, { version: 8, spaces: other }]).fetch(tables, { minPosition: 71 })).toMatchObject({ id: { version: 8 } });
    await expectRestored(tables, other);
  });

  it("believes a root that is known for certain more than a peer", async () => {
    const error = await new Cluster([{}]).fetch(tablesOf(emptyDisk), { rootOf: () => "1".repeat(64) });
    expect(error).toBeInstanceOf(SnapshotUnavailableError);
  });

  it("refuses tables of another cluster, and leaves them alone", async () => {
    const tables = tablesOf(emptyDisk);
    await new Cluster([{}]).fetch(tables);
    const before = diskOf(tables);
    expect(await new Cluster([{}]).fetch(tables, { clusterId: "another" })).toBeInstanceOf(OtherClusterError);
    expect(diskOf(tables)).toEqual(before);
  });

  it("begins again when its own tables make no sense, or are half discarded", async () => {
    for (const row of ["begun", "kv/main/progress", "kv/main/snapshot"]) {
      const broken: Disk = { ...emptyDisk, kv: new Map([[row, Buffer.from("nonsense")]]) };
      const tables = tablesOf(broken);
      expect(await new Cluster([{}]).fetch(tables), row).toMatchObject({ id: { version: 7 } });
      await expectRestored(tables);
    }
  });

  it("recovers from a crash at every write, of the restore and of a discard", async () => {
    const recording = tablesOf(emptyDisk);
    const crashes: Disk[] = [];
    for (const table of [recording.kv, recording.tree]) table.watch(() => crashes.push(diskOf(recording)));
    await new Cluster([{}]).fetch(recording);
    await discardSnapshot(recording);
    expect(crashes.length).toBeGreaterThan(20);
    for (const disk of crashes) {
      const cluster = new Cluster([{}]);
      await cluster.servers[0]?.receive(9, { type: "SnapshotManifestRequest", request: 0, of: null });
      const tables = tablesOf(disk);
      expect(await cluster.fetch(tables)).toMatchObject({ id: { version: 7 } });
      await expectRestored(tables);
    }
  });

  it("says so when the disk is full", async () => {
    const tables = tablesOf(emptyDisk);
    tables.tree.arm({ code: "ENOSPC", matches: (call) => call.kind === "write", times: Infinity });
    const error = await new Cluster([{}]).fetch(tables);
    expect(error).toBeInstanceOf(RestoreFailedError);
    expect(String(error)).toContain("ENOSPC");
  });
});

describe("a server", () => {
  const serverOf = (options: Partial<ServerOptions> = {}) => {
    const clock = new ControlledClock();
    const scratch = new ControlledTable();
    const sent: SnapshotMessage[] = [];
    let version = 0;
    const openState = () => Promise.resolve(stateOf(++version, spaces));
    const send = (_: number, message: SnapshotMessage) => void sent.push(message);
    return { clock, scratch, sent, server: new SnapshotServer({ clusterId, openState, send, scratch, clock, logger: quiet, ...options }) };
  };
  const newest = { type: "SnapshotManifestRequest", request: 1, of: null };

  it("shares a snapshot for a while, has room for few, and lets go of those that nobody asks for", async () => {
    const { clock, scratch, sent, server } = serverOf({ maxSnapshots: 2, newestForMs: 10, idleMs: 100 });
    await Promise.all([server.receive(1, newest), server.receive(2, newest)]);
    await server.receive(3, newest);
    expect(server.observe().snapshots.map((s) => s.version)).toEqual([1]);
    for (let i = 0; i < 2; i += 1) {
      clock.advance(10);
      await server.receive(1, newest);
    }
    expect(server.observe().snapshots.map((s) => s.version)).toEqual([1, 2]);
    expect(sent.at(-1)).toMatchObject({ type: "SnapshotRefused", reason: "busy" });
    clock.advance(100);
    await settle(scratch, clock);
    expect(server.observe().snapshots).toEqual([]);
    expect(await collect(scratch.entries())).toEqual([]);
  });

  it("works on few requests at a time", async () => {
    const { sent, server } = serverOf({ maxRequests: 1, openState: () => new Promise(() => undefined) });
    void server.receive(1, newest);
    await server.receive(2, newest);
    expect(sent).toMatchObject([{ type: "SnapshotRefused", reason: "busy" }]);
  });

  it("refuses what it does not have, and takes no notice of what is no request", async () => {
    const { sent, server } = serverOf();
    await server.receive(1, newest);
    const of = server.observe().snapshots[0];
    for (const chunk of [
      { space: "nowhere", index: 0 },
      { space: "main", index: 9 },
    ]) {
      await server.receive(1, { type: "SnapshotChunkRequest", request: 2, of, ...chunk });
      expect(sent.at(-1)).toMatchObject({ type: "SnapshotRefused", request: 2, reason: "unknown" });
    }
    const before = sent.length;
    for (const message of [undefined, {}, { type: "SnapshotChunkRequest", request: -1 }, { ...newest, more: 1 }, sent[0]])
      await server.receive(1, message);
    expect(sent.length).toBe(before);
  });

  it("clears what one before it has left", async () => {
    const { scratch, server } = serverOf();
    await server.receive(1, newest);
    expect((await collect(scratch.entries())).length).toBeGreaterThan(0);
    await serverOf({ scratch }).server.start();
    expect(await collect(scratch.entries())).toEqual([]);
  });

  it("leaves nothing of a snapshot that cannot be taken", async () => {
    async function* failing(): AsyncGenerator<Pair> {
      yield* spaces.main;
      await Promise.reject(new Error("no"));
    }
    const state = {
      ...stateOf(1, spaces),
      spaces: [
        { name: "whole", pairs: stream(spaces.main) },
        { name: "half", pairs: failing() },
      ],
    };
    const { sent, scratch, server } = serverOf({ openState: () => Promise.resolve(state), chunkBytes: 1 });
    await server.receive(1, newest);
    expect(sent).toMatchObject([{ type: "SnapshotRefused" }]);
    expect(await collect(scratch.entries())).toEqual([]);
  });

  it("lives on when the state cannot be read", async () => {
    const { sent, server } = serverOf({ openState: () => Promise.reject(new Error("no")) });
    await server.receive(1, newest);
    await server.receive(1, newest);
    expect(sent.map((m) => m.type)).toEqual(["SnapshotRefused", "SnapshotRefused"]);
  });
});
