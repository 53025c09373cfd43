import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { fromItf, readItf } from "../../explorer/report/index.ts";
import { initialStates } from "../../explorer/interpret/index.ts";
import { instantiate } from "../../specs/language/index.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { replayOn } from "../replay.ts";
import { tourOn } from "../tour.ts";
import type { AdapterLimits } from "./adapter-process.ts";
import type { ClusterMapping } from "./cluster-mapping.ts";
import { adapterOf } from "../../cli/adapter-words.ts";
import { counterMapping, durableCounter } from "./fixtures/durable-counter.ts";
import { isAlive, misbehaving } from "./fixtures/misbehaving.ts";
import { NodesDriver } from "./nodes-driver.ts";
import replicas from "./reference/vr-mapping.ts";
import { selfTest } from "./self-test.ts";

const reference = "python3 conformance/adapter/reference/vr_node.py";
const itf = readItf(readFileSync("counterexamples/lazy-2.itf.json", "utf8"));
const defective = instantiate(viewstampedReplication, itf.meta);
const lazy2 = fromItf(itf, defective);
const pairWith = (constants: Readonly<Record<string, number>>): ReturnType<typeof instantiate> =>
  instantiate(viewstampedReplication, { constants: { replicas: 2, values: 1, startViewOnTimerLimit: 1, ...constants } });

const drivers: NodesDriver[] = [];
const driverOf = (command: string, limits: Partial<AdapterLimits> = {}, mapping: ClusterMapping = replicas): NodesDriver => {
  const driver = new NodesDriver(viewstampedReplication, command, mapping, { limits });
  drivers.push(driver);
  return driver;
};
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((d) => d.close()));
});
const setupOf = (instance: ReturnType<typeof instantiate>): Parameters<NodesDriver["init"]>[0] => {
  const { constants, design } = instance;
  return { model: "viewstamped-replication", constants, design, seed: 0, initial: initialStates(instance)[0] ?? {} };
};

describe("three processes of the reference adapter", () => {
  it("with the defect reproduce the counterexample, state by state, and without it differ where the fixed spec does", async () => {
    const { outcome, unobserved } = await replayOn(defective, lazy2, driverOf(`${reference} --defect`));
    expect(outcome).toEqual({ verdict: "reproduced", step: 25, action: "ReceiveSV", invariant: "AcknowledgedWriteNotLost" });
    expect(unobserved.paths).toEqual([]);
    const sound = await replayOn(defective, lazy2, driverOf(reference));
    expect(sound.outcome).toMatchObject({ verdict: "refusedEffect", step: 18, action: "SendGetState", path: "replicas[3].status" });
  });
  it("come back from a crash with what was synced", async () => {
    const instance = pairWith({ noProgressChangeLimit: 1 });
    const pauseAfterTimeout = async (command: string): Promise<unknown> => {
      const driver = driverOf(command);
      await driver.init(setupOf(instance));
      const before = driver.pids[1];
      expect(await driver.step("TimerSendSVC", { r: 2 })).toEqual({ kind: "ok" });
      expect(await driver.step("NoProgressChange", { paused: [2] })).toEqual({ kind: "ok" });
      expect(isAlive(before ?? 0)).toBe(false);
      expect(driver.pids[1]).not.toBe(before);
      expect(await driver.step("TimerSendSVC", { r: 2 })).toEqual({ kind: "refused", guard: "the replica is paused" });
      return (await driver.observe()).state["replicas"];
    };
    expect(await pauseAfterTimeout(reference)).toMatchObject({ 2: { status: "ViewChange", viewNumber: 2 } });
    expect(await pauseAfterTimeout(`${reference} --unsynced`)).toMatchObject({ 2: { status: "Normal", viewNumber: 1 } });
  });
  it("are brought back when one takes another action than was asked for", async () => {
    const driver = driverOf(reference);
    await driver.init(setupOf(pairWith({})));
    expect(await driver.step("ReceiveClientRequest", { r: 1, v: "v1" })).toEqual({ kind: "ok" });
    const before = await driver.observe();
    const m = { type: "Prepare", viewNumber: 1, message: "v1", opNumber: 1, commitNumber: 0, dest: 2, source: 1 };
    expect(await driver.step("SendGetState", { r: 2, m })).toEqual({ kind: "refused", guard: "the node takes ReceivePrepareMsg instead" });
    expect(await driver.observe()).toEqual(before);
    expect(await driver.step("ReceivePrepareMsg", { r: 2, m })).toEqual({ kind: "ok" });
  });
});

describe("a tour of the reference adapter, a process for each node", () => {
  const model = "viewstamped-replication";
  it("passes every step of a small model, and every step that the spec forbids there", async () => {
    const { outcome, coverage } = await tourOn(pairWith({}), driverOf(reference), { model });
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.edges).toEqual({ covered: 99, total: 99 });
    expect(coverage.probes).toBeGreaterThan(1000);
  });
  it("passes a model where the paused are killed and started again, and diverges when they do not sync", async () => {
    const instance = pairWith({ noProgressChangeLimit: 1 });
    const sample = { model, probes: false, maxStates: 10, maxSteps: 200 };
    const { outcome, coverage } = await tourOn(instance, driverOf(reference), sample);
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.actions["NoProgressChange"]).toBeGreaterThan(3);
    const unsynced = await tourOn(instance, driverOf(`${reference} --unsynced`), sample);
    expect(unsynced.outcome).toMatchObject({ verdict: "refusedEffect", action: "NoProgressChange" });
  });
  it("diverges with the defect", async () => {
    const instance = instantiate(viewstampedReplication, { constants: { values: 2, startViewOnTimerLimit: 1 } });
    const options = { model, maxStates: 10, maxSteps: 400, probes: false };
    expect((await tourOn(instance, driverOf(reference), options)).outcome).toEqual({ verdict: "passed" });
    const { outcome } = await tourOn(instance, driverOf(`${reference} --defect`), options);
    expect(outcome).toMatchObject({ verdict: "refusedEffect", action: "SendGetState", path: "replicas[3].status" });
  });
});

describe("a node with a disk, driven step by step", () => {
  it("passes every step, crashes that keep and lose writes among them; an early answer is found out", async () => {
    const instance = instantiate(durableCounter, { constants: { crashes: 1 } });
    const options = { model: "durable-counter", pairsAround: ["Crash", "SyncFailed"] };
    const nodeOf = (option: string): NodesDriver => {
      const driver = new NodesDriver(durableCounter, `python3 conformance/adapter/fixtures/counter_node.py ${option}`, counterMapping);
      drivers.push(driver);
      return driver;
    };
    const { outcome, coverage } = await tourOn(instance, nodeOf(""), options);
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.edges.covered).toBe(coverage.edges.total);
    expect(coverage.classes).toMatchObject({ SyncFailed: expect.any(Number) as number });
    const early = await tourOn(instance, nodeOf("--early"), options);
    expect(early.outcome).toMatchObject({
      verdict: "refusedEffect",
      action: "Written",
      path: "acknowledged",
      expected: "0",
      observed: "1",
    });
  });
});

describe("the self-test", () => {
  const faultsOf = async (adapter: string, mapping?: string): Promise<readonly (string | undefined)[]> => {
    const make = await adapterOf({ adapter, mapping });
    const results = await selfTest(make, viewstampedReplication, pairWith({}), "viewstamped-replication");
    return results.map(({ name, fault }) => fault && `${name}: ${fault}`);
  };
  /** The adapter, with guards that are another text every time. */
  const random = (module: string): string =>
    `python3 -c "import random, sys; sys.path.insert(0, 'conformance/adapter/reference'); sys.argv = ['']; import ${module} as a; ` +
    `a.Refused.__str__ = lambda e: str(random.random()); a.main()"`;
  it.each([
    ["vr_replica", undefined],
    ["vr_node", "conformance/adapter/reference/vr-mapping.ts"],
  ])("passes %s, and finds out when it is not deterministic", async (module, mapping) => {
    const sound = await faultsOf(`python3 conformance/adapter/reference/${module}.py`, mapping);
    expect(sound.filter((f) => f !== undefined)).toEqual([]);
    expect(sound).toHaveLength(mapping === undefined ? 7 : 6);
    const [fault, ...others] = (await faultsOf(random(module), mapping)).filter((f) => f !== undefined);
    expect(fault).toMatch(/^writes the same bytes for the same messages: line \d+ of the conversation differs between two runs/);
    expect(others).toEqual([]);
  });
});

const folder = mkdtempSync(join(tmpdir(), "lockstep-nodes-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a node that misbehaves is a failure of the harness, with its last lines and without a process left", () => {
  const idle = (out: string): string => `say(request, type='idle', out=${out})`;
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["hangs", "time.sleep(100)", /^no answer within 1500 ms$/],
    ["dies", "sys.exit(3)", /^the adapter ended \(exit code 3\)$/],
    [
      "sends to somebody unknown",
      idle("[{'type': 'send', 'to': 'r7', 'message': 1}]"),
      /^node r1 sends to r7; its peers are r1, r2, or any$/,
    ],
    ["sends too many", idle("[{'type': 'send', 'to': 'r2', 'message': 1}] * 1001"), /^the answer is malformed at out/],
    [
      "sends too large",
      idle("[{'type': 'send', 'to': 'r2', 'message': 'x' * 2**21}]"),
      /^the adapter wrote a line of more than 1048576 bytes$/,
    ],
    [
      "sends when nobody asked",
      `say({'msg_id': 99}, type='send', to='r2', message=1)\n${idle("[]")}`,
      /more than one line|the answer is to message 99; 3 was asked last \(client\)$/,
    ],
    ["sets a timer without a name", idle("[{'type': 'timer_set'}]"), /^the answer is malformed at out/],
    [
      "writes garbage to its disk",
      idle("[{'type': 'disk', 'ioId': 1, 'op': 'write', 'file': 'f', 'off': 0, 'data': '?'}]"),
      /malformed at out/,
    ],
    [
      "uses a number of its disk twice",
      idle("[{'type': 'disk', 'ioId': 1, 'op': 'sync', 'file': 'f'}] * 2"),
      /^node r1 gives its disk an operation 1 before the last of that number has ended$/,
    ],
    [
      "writes without end",
      `count = globals().get('count', 0) + 1\n${idle("[{'type': 'disk', 'ioId': count, 'op': 'sync', 'file': 'f'}]")}`,
      /^node r1 writes without end: more than 10000 operations in a row$/,
    ],
    [
      "reports what it has not named",
      idle("[{'type': 'event', 'act': 'Fly'}]"),
      /^node r1 reports the action Fly, which its hello has not named$/,
    ],
    [
      "reports two actions for one",
      idle("[{'type': 'event', 'act': a} for a in ACTIONS[:2]]"),
      /^for ReceiveClientRequest a node reports TimerSendSVC, /,
    ],
  ];
  const start =
    "if request['type'] == 'hello':\n    hello(request, holds='node')\n    continue\nif request['type'] == 'init':\n    say(request, type='init_ok')\n    continue\n";
  it.each(cases)("%s", async (name, body, message) => {
    const command = misbehaving(folder, name, ["TimerSendSVC", "ReceiveClientRequest"], start + body);
    const driver = driverOf(command, { answerMs: 1500, lineBytes: 2 ** 20, logBytes: 2 ** 20, exitMs: 100 });
    const instance = pairWith({});
    await driver.init(setupOf(instance));
    const { pids } = driver;
    expect(pids).toHaveLength(2);
    const failure = await driver.step("ReceiveClientRequest", { r: 1, v: "v1" }).then(String, (error: unknown) => error);
    await driver.close();
    expect(failure).toMatchObject({ name: "HarnessError", message: expect.stringMatching(message) as string });
    if (!name.includes("two actions")) expect(failure).toMatchObject({ tail: expect.arrayContaining(["the last words"]) as string[] });
    expect(pids.filter(isAlive)).toEqual([]);
  });
  it("and so is one that sends without end, a little each time", async () => {
    const driver = driverOf(misbehaving(folder, "endless", [], start + idle("[{'type': 'send', 'to': 'r2', 'message': 1}] * 1000")));
    await driver.init(setupOf(pairWith({})));
    const sendOn = async (): Promise<void> => {
      for (let i = 0; i < 101; i++) await driver.step("ReceiveClientRequest", { r: 1, v: "v1" });
    };
    await expect(sendOn()).rejects.toThrow("node r1 sends too much: the cluster has sent 100000 messages");
  });
  it("and so is an adapter of the whole cluster, or of real processes", async () => {
    const outcomeOf = async (hello: string): Promise<string> => {
      const { outcome } = await replayOn(
        defective,
        lazy2,
        driverOf(misbehaving(folder, hello, [], `hello(request, ${hello})`), { exitMs: 100 }),
      );
      return outcome.verdict === "harnessError" ? outcome.message : outcome.verdict;
    };
    expect(await outcomeOf("holds='cluster'")).toMatch(/^the adapter holds the whole cluster/);
    expect(await outcomeOf("profile='L2'")).toMatch(/^the adapter has the profile L2/);
  });
});

describe("a mapping that makes no sense is a failure of the harness", () => {
  const instance = pairWith({});
  const failureWith = async (wrong: Partial<ClusterMapping>): Promise<unknown> => {
    const options = { model: "viewstamped-replication", probes: false };
    const { outcome } = await tourOn(instance, driverOf(reference, {}, { ...replicas, ...wrong }), options);
    return outcome.verdict === "harnessError" ? outcome.message : outcome;
  };
  it.each<readonly [string, Partial<ClusterMapping>, RegExp]>([
    ["an unknown node", { stimuli: () => [{ kind: "fire", node: "r9", timer: "viewChange" }] }, /names the node r9; the nodes are r1, r2/],
    ["too many nodes", { nodes: () => Array.from({ length: 17 }, (_, i) => `r${String(i)}`) }, /has 17 nodes, at most 16 are run/],
    ["an unknown variable", { state: () => ({ colour: 1 }) }, /has the variable colour, which the spec has not/],
    ["another shape", { state: () => ({ auxSvc: "none" }) }, /the mapping's state: auxSvc must be an integer/],
    ["an error", { state: () => JSON.parse("{") as Record<string, unknown> }, /the mapping fails: /],
  ])("%s", async (_, wrong, message) => {
    expect(await failureWith(wrong)).toMatch(message);
  });
});
