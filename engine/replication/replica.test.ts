import { describe, expect, it } from "vitest";
import { NotPrimaryError, NotReadyError, StoppedError, ViewChangedError } from "./errors.ts";
import { SimulatedApplication, operationOf } from "./fixtures/simulated-application.ts";
import { SimulatedCluster, turn } from "./fixtures/simulated-cluster.ts";
import type { Member } from "./fixtures/simulated-cluster.ts";
import { Log } from "./log.ts";
import { envelopeSchema } from "./messages.ts";
import type { Message } from "./messages.ts";
import { Replica } from "./replica.ts";

const cluster = async (over: { replicas?: number; retainedOps?: number } = {}): Promise<SimulatedCluster> => {
  const made = new SimulatedCluster({ replicas: 3, seed: 1, journal: true, ...over });
  await made.startAll();
  return made;
};
const replicaOf = ({ replica }: Member): Replica => {
  if (replica === undefined) throw new Error("it is down");
  return replica;
};
const inFlight = ({ network }: SimulatedCluster): Message[] =>
  network.messages().map(({ message }) => envelopeSchema.parse(message).message);
const typesInFlight = (of: SimulatedCluster): string[] => inFlight(of).map(({ type }) => type);
const finishWrite = async ({ table }: Member): Promise<void> => {
  const [call] = table.pending();
  if (call !== undefined) table.complete(call.id);
  await turn();
};
/** Delivers everything and ends every write, until nothing is left to do. */
const run = async (of: SimulatedCluster): Promise<void> => {
  for (let idle = false; !idle;) {
    idle = !of.network.deliverOldest();
    for (const { table } of of.members)
      for (const { id } of table.pending().slice(0, 1)) {
        table.complete(id);
        idle = false;
      }
    await turn();
  }
};
const passTime = async (of: SimulatedCluster, ms: number): Promise<void> => {
  for (let elapsedMs = 0; elapsedMs < ms; elapsedMs += 10) {
    for (const { clock } of of.running) clock.advance(10);
    await run(of);
  }
};
const crash = (of: SimulatedCluster, member: Member): void => {
  const [worst] = member.table.crash("M");
  if (worst !== undefined) of.crash(member, worst, member.application.executedTo());
};

describe("durable before visible", () => {
  it("a message waits for the write of what it depends on", async () => {
    const group = await cluster();
    const primary = group.member(1);
    void replicaOf(primary).submit(operationOf(1));
    await turn();
    expect(typesInFlight(group)).toEqual([]);
    await finishWrite(primary);
    expect(typesInFlight(group)).toEqual(["Prepare", "Prepare"]);
    group.network.deliverOldest();
    await turn();
    expect(typesInFlight(group)).toEqual(["Prepare"]);
    await finishWrite(group.member(2));
    expect(typesInFlight(group)).toEqual(["Prepare", "PrepareOk"]);
  });

  it("inputs during a write share the next one, and messages keep their order", async () => {
    const group = await cluster();
    const primary = group.member(1);
    for (let i = 1; i <= 5; i += 1) void replicaOf(primary).submit(operationOf(i));
    await turn();
    expect(primary.table.pending()).toHaveLength(1);
    expect(replicaOf(primary).observe().opNumber).toBe(5);
    await finishWrite(primary);
    expect(inFlight(group)).toHaveLength(2);
    await finishWrite(primary);
    expect(inFlight(group).map((m) => (m.type === "Prepare" ? m.opNumber : 0))).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    expect(primary.table.pending()).toEqual([]);
  });

  it("a heartbeat does not wait for the log, only for its view", async () => {
    const group = await cluster();
    void replicaOf(group.member(1)).submit(operationOf(1));
    group.member(1).clock.advance(60);
    await turn();
    expect(group.member(1).table.pending()).toHaveLength(1);
    expect(typesInFlight(group)).toEqual(["Commit", "Commit"]);
    // Of a view that is not on disk none leaves.
    const next = group.member(2);
    group.network.partition([1], [2, 3]);
    for (let ms = 0; ms < 3_000 && !replicaOf(next).isPrimary; ms += 10) {
      for (const { clock } of group.running) clock.advance(10);
      for (const { id } of group.network.messages().filter((m) => group.network.isConnected(m.from, m.to))) group.network.deliver(id);
      if (!replicaOf(next).isPrimary) for (const member of [next, group.member(3)]) await finishWrite(member);
    }
    next.clock.advance(200);
    await turn();
    expect(replicaOf(next).isPrimary).toBe(true);
    const ofNextView = (): Message[] => inFlight(group).filter((m) => m.viewNumber === 2 && m.source === 2 && m.type === "Commit");
    expect(ofNextView()).toEqual([]);
    await finishWrite(next);
    await finishWrite(next);
    expect(ofNextView()).not.toEqual([]);
  });

  it("a committed op is executed when the own log has it on disk, not before", async () => {
    const group = await cluster();
    const [primary, slow] = [group.member(1), group.member(3)];
    void replicaOf(primary).submit(operationOf(1));
    // Replica 3 has the op and hears that it is committed, but its write does not end.
    for (let ms = 0; ms < 300; ms += 10) {
      for (const { clock } of group.running) clock.advance(10);
      while (group.network.deliverOldest());
      for (const member of [primary, group.member(2)]) await finishWrite(member);
    }
    expect(replicaOf(slow).observe()).toMatchObject({ opNumber: 1, commitNumber: 1, executedTo: 0 });
    expect([primary.application.executed, slow.application.executed]).toEqual([[1], []]);
    await passTime(group, 100);
    expect(slow.application.executed).toEqual([1]);
  });

  it("an event is in the journal before its messages leave, with their ids", async () => {
    const group = await cluster();
    void replicaOf(group.member(1)).submit(operationOf(7));
    await turn();
    expect(group.member(1).journal.events.at(-1)).toEqual({
      act: "ReceiveClientRequest",
      args: { r: 1, operation: "00000007" },
      post: { opNumber: 1, logDigest: new Log(1, [operationOf(7)]).digest },
      send: ["1:1:1", "1:1:2"],
    });
    await run(group);
    expect(group.member(2).journal.events.find(({ act }) => act === "ReceivePrepareMsg")).toMatchObject({
      recv: ["1:1:1"],
      send: ["2:1:1"],
    });
  });

  it("a failed write stops the replica for good", async () => {
    const group = await cluster();
    const { table } = group.member(1);
    const replica = replicaOf(group.member(1));
    const outcome = expect(replica.submit(operationOf(1))).rejects.toThrow(StoppedError);
    table.fail(table.pending()[0]?.id ?? 0, "EIO");
    await outcome;
    await expect(replica.submit(operationOf(2))).rejects.toThrow("replica 1 has stopped for good: EIO");
    expect(group.failures).toEqual(["replica 1 has stopped for good: EIO: write fails"]);
    group.member(1).clock.advance(10_000);
    await turn();
    expect(typesInFlight(group)).toEqual([]);
    expect(table.pending()).toEqual([]);
  });
});

describe("submit", () => {
  it("resolves with the op number when the op is executed", async () => {
    const group = await cluster();
    const submitted = [1, 2, 3].map((i) => replicaOf(group.member(1)).submit(operationOf(i)));
    await run(group);
    expect(await Promise.all(submitted)).toEqual([1, 2, 3]);
    expect(group.member(1).application.executed).toEqual([1, 2, 3]);
    await passTime(group, 100);
    expect(group.member(3).application.executed).toEqual([1, 2, 3]);
  });

  it("is refused by a backup, which names the primary", async () => {
    const group = await cluster();
    const error = await replicaOf(group.member(2))
      .submit(operationOf(1))
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(NotPrimaryError);
    expect(error).toMatchObject({ primary: 1, viewNumber: 1 });
    await expect(replicaOf(group.member(1)).submit(new Uint8Array(5000))).rejects.toThrow(RangeError);
  });

  it("rejects when the view ends, even if another op gets its number", async () => {
    const group = await cluster();
    group.network.partition([1], [2, 3]);
    const outcome = expect(replicaOf(group.member(1)).submit(operationOf(1))).rejects.toThrow(ViewChangedError);
    for (let ms = 0; ms < 3000 && !group.running.some(({ r, replica }) => r > 1 && replica.isPrimary); ms += 10) {
      for (const { clock, table } of group.running) {
        clock.advance(10);
        for (const { id } of table.pending()) table.complete(id);
      }
      await turn();
      for (const { id } of group.network.messages().filter((m) => group.network.isConnected(m.from, m.to))) group.network.deliver(id);
      await turn();
    }
    const leader = group.running.find(({ r, replica }) => r > 1 && replica.isPrimary);
    void leader?.replica.submit(operationOf(2));
    group.network.heal();
    await passTime(group, 500);
    await outcome;
    expect(group.member(1).application.executed).toEqual([2]);
  });
});

describe("confirmLeadership", () => {
  it("needs a majority that answers after the question", async () => {
    const group = await cluster();
    void replicaOf(group.member(1)).submit(operationOf(1));
    await run(group);
    const { network } = group;
    let answer = -1;
    const asked = replicaOf(group.member(1))
      .confirmLeadership()
      .then((opNumber) => (answer = opNumber));
    await finishWrite(group.member(1));
    expect(typesInFlight(group)).toEqual(["Commit", "Commit"]);
    await turn();
    expect(answer).toBe(-1);
    for (const { id } of network.messages().slice(1)) network.drop(id);
    await run(group);
    expect(await asked).toBe(1);
  });

  it("is refused by a backup, and by a primary that cannot know yet what is committed", async () => {
    const group = await cluster();
    await expect(replicaOf(group.member(3)).confirmLeadership()).rejects.toThrow(NotPrimaryError);
    void replicaOf(group.member(1)).submit(operationOf(1));
    await finishWrite(group.member(1));
    crash(group, group.member(1));
    await group.start(group.member(1));
    await expect(replicaOf(group.member(1)).confirmLeadership()).rejects.toThrow(NotReadyError);
    await passTime(group, 200);
    const asked = replicaOf(group.member(1)).confirmLeadership();
    await run(group);
    expect(await asked).toBe(1);
  });

  it("is not answered to a primary that was left", async () => {
    const group = await cluster();
    const outcome = expect(replicaOf(group.member(1)).confirmLeadership()).rejects.toThrow(ViewChangedError);
    for (const { id } of group.network.messages()) group.network.drop(id);
    expect(replicaOf(group.member(2)).take({ act: "TimerSendSVC" }).ok).toBe(true);
    await passTime(group, 50);
    await outcome;
  });
});

describe("what arrives is not trusted", () => {
  const from2 = { dest: 1, source: 2 };
  const good = { id: "2:1:1", message: { type: "PrepareOk", viewNumber: 1, opNumber: 1, ...from2 } };
  it.each([
    ["no message", 17],
    ["an unknown type", { ...good, message: { ...good.message, type: "Reset" } }],
    ["an unknown field", { ...good, message: { ...good.message, extra: 1 } }],
    ["a view that is none", { ...good, message: { ...good.message, viewNumber: 0.5 } }],
    ["another's name", { ...good, message: { ...good.message, source: 3 } }],
    ["another's message", { ...good, message: { ...good.message, dest: 3 } }],
    [
      "a Prepare of who does not lead",
      { id: "2:1:1", message: { type: "Prepare", viewNumber: 4, message: operationOf(1), opNumber: 1, commitNumber: 0, ...from2 } },
    ],
    [
      "a DoViewChange to who does not lead",
      {
        id: "2:1:1",
        message: { type: "DoViewChange", viewNumber: 5, logStart: 1, log: [], lastNormalVn: 1, opNumber: 0, commitNumber: 0, ...from2 },
      },
    ],
    [
      "a log of another length",
      { id: "2:1:1", message: { type: "StartView", viewNumber: 5, logStart: 1, log: [], opNumber: 3, commitNumber: 0, ...from2 } },
    ],
    [
      "an operation that is too large",
      {
        id: "2:1:1",
        message: { type: "StartView", viewNumber: 5, logStart: 1, log: [new Uint8Array(5000)], opNumber: 1, commitNumber: 0, ...from2 },
      },
    ],
  ])("%s is refused and logged", async (_, message) => {
    const group = await cluster();
    const before = replicaOf(group.member(1)).observe();
    group.network.attach(2).send(1, message);
    group.network.deliverOldest();
    expect(replicaOf(group.member(1)).observe()).toEqual(before);
    expect(group.logger.lines.at(-1)).toMatchObject({ level: "warn", event: "messageRefused", fields: { from: 2 } });
  });
});

describe("faults", () => {
  it.each([3, 5])("with a dead primary, %i replicas take writes again within 3 seconds", async (replicas) => {
    const group = await cluster({ replicas });
    void replicaOf(group.member(1)).submit(operationOf(1));
    await passTime(group, 100);
    crash(group, group.member(1));
    await passTime(group, 2000);
    const leader = group.running.find(({ replica }) => replica.isPrimary);
    if (leader === undefined) throw new Error("nobody leads");
    const submitted = leader.replica.submit(operationOf(2));
    await passTime(group, 100);
    expect(await submitted).toBe(2);
  });

  it("a replica that lags below the checkpoint restores a snapshot, then catches up", async () => {
    const group = await cluster({ retainedOps: 2 });
    group.network.partition([3], [1, 2]);
    for (let i = 1; i <= 9; i += 1) group.submit(replicaOf(group.member(1)));
    const connected = [group.member(1), group.member(2)];
    await passTimeOf(group, connected);
    for (const { application, replica } of connected) {
      application.checkpoint = application.executed.length;
      replica?.checkpointed(application.executed.length);
    }
    group.submit(replicaOf(group.member(1)));
    await passTimeOf(group, connected);
    // What was sent to it meanwhile is lost.
    for (const { id } of group.network.messages()) group.network.drop(id);
    group.network.heal();
    await passTime(group, 1000);
    expect(group.member(3).application.executed).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(group.member(3).journal.events.map(({ act }) => act)).toContain("InstallSnapshot");
  });

  it("a restart goes on with what was on disk", async () => {
    const group = await cluster();
    void replicaOf(group.member(1)).submit(operationOf(1));
    await passTime(group, 100);
    replicaOf(group.member(3)).take({ act: "TimerSendSVC" });
    await passTime(group, 100);
    const before = group.members.map((member) => replicaOf(member).observe());
    for (const member of group.members) crash(group, member);
    await group.startAll();
    for (const [i, member] of group.members.entries()) {
      const { status, viewNumber, lastNormalView, log, incarnation } = replicaOf(member).observe();
      expect({ status, viewNumber, lastNormalView, log }).toEqual({
        status: "Normal",
        viewNumber: 2,
        lastNormalView: 2,
        log: before[i]?.log,
      });
      expect(incarnation).toBe(2);
    }
  });
});

const passTimeOf = async (group: SimulatedCluster, members: readonly Member[]): Promise<void> => {
  for (let turns = 0; turns < 100; turns += 1) {
    for (const { clock, table } of members) {
      clock.advance(5);
      for (const { id } of table.pending()) table.complete(id);
    }
    for (const { id } of group.network.messages().filter((m) => group.network.isConnected(m.from, m.to))) group.network.deliver(id);
    await turn();
  }
};

describe("a state on disk that cannot be this replica's", () => {
  const started = async (member: Member, replica: number, executed: readonly number[] = []): Promise<void> => {
    const application = new SimulatedApplication(() => undefined);
    application.executed = [...executed];
    const { logger, network } = new SimulatedCluster({ replicas: 3, seed: 1 });
    const { clock } = member;
    const random = { bytes: () => new Uint8Array(), integer: () => 0 };
    const steps = { reached: () => undefined };
    await new Replica({ replica, replicas: 3 }, application, {
      network: network.attach(1),
      clock,
      random,
      steps,
      logger,
      table: member.table,
    }).start();
  };
  it("is refused", async () => {
    const group = await cluster();
    for (let i = 1; i <= 3; i += 1) void replicaOf(group.member(1)).submit(operationOf(i));
    await passTime(group, 100);
    const member = group.member(1);
    member.table.releaseAll();
    await expect(started(member, 2)).rejects.toThrow("this is the state of replica 1 of 3, not of replica 2 of 3");
    await expect(started(member, 1, [1, 2, 3, 4])).rejects.toThrow("the application has executed 4 ops, but the log ends at op 3");
    await member.table.write([{ delete: "vr/log/0000000000000002" }], { sync: true });
    await expect(started(member, 1)).rejects.toThrow("the log should go on with vr/log/0000000000000002");
    await member.table.write([{ put: "vr/log/0000000000000002", value: Uint8Array.of(1) }], { sync: true });
    await expect(started(member, 1)).rejects.toThrow("row vr/log/0000000000000002 is malformed");
    await member.table.write([{ delete: "vr/state" }], { sync: true });
    await expect(started(member, 1)).rejects.toThrow("but no vr/state");
    for (const i of [1, 2, 3]) await member.table.write([{ delete: `vr/log/${String(i).padStart(16, "0")}` }], { sync: true });
    await expect(started(member, 1, [1])).rejects.toThrow("must not take part");
  });
});
