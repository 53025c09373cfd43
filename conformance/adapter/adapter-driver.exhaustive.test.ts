import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { runLockstep } from "../../cli/lockstep-process.ts";
import { fromItf, readItf } from "../../explorer/report/index.ts";
import { instantiate } from "../../specs/language/index.ts";
import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
import { replayOn } from "../replay.ts";
import type { ReplayReport } from "../replay.ts";
import { fixedDesign, SpecDriver } from "../spec-driver.ts";
import { tourOn } from "../tour.ts";
import { AdapterDriver } from "./adapter-driver.ts";
import type { AdapterLimits } from "./adapter-process.ts";
import { isAlive, misbehaving } from "./fixtures/misbehaving.ts";

const reference = "python3 conformance/adapter/reference/vr_replica.py";
const itf = readItf(readFileSync("counterexamples/lazy-2.itf.json", "utf8"));
const defective = instantiate(viewstampedReplication, itf.meta);
const lazy2 = fromItf(itf, defective);

const drivers: AdapterDriver[] = [];
const driverOf = (command: string, limits: Partial<AdapterLimits> = {}): AdapterDriver => {
  const driver = new AdapterDriver(viewstampedReplication, command, { limits });
  drivers.push(driver);
  return driver;
};
afterEach(async () => {
  await Promise.all(drivers.splice(0).map((d) => d.close()));
});

describe("the reference adapter", () => {
  it("passes the self-test", async () => {
    const { code, out } = await runLockstep(["adapter", "self-test", "viewstamped-replication", "--adapter", reference]);
    expect(out).toContain("7 of 7 checks passed.");
    expect(code).toBe(0);
  });
  it("with its defect reproduces the counterexample, state by state", async () => {
    const { outcome, unobserved } = await replayOn(defective, lazy2, driverOf(`${reference} --defect`));
    expect(outcome).toEqual({ verdict: "reproduced", step: 25, action: "ReceiveSV", invariant: "AcknowledgedWriteNotLost" });
    expect(unobserved.paths).toEqual([]);
  });
  it("without it differs where the fixed spec does", async () => {
    const { outcome } = await replayOn(defective, lazy2, driverOf(reference));
    const fixed = await replayOn(defective, lazy2, new SpecDriver(viewstampedReplication, fixedDesign(viewstampedReplication)));
    expect(outcome).toEqual(fixed.outcome);
    expect(outcome).toMatchObject({ verdict: "refusedEffect", step: 18, action: "SendGetState" });
  });
  it("passes every edge and every probe of a small model", async () => {
    const instance = instantiate(viewstampedReplication, { constants: { replicas: 2, values: 1, startViewOnTimerLimit: 1 } });
    const { outcome, coverage } = await tourOn(instance, driverOf(reference), { model: "viewstamped-replication" });
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.edges.covered).toBe(coverage.edges.total);
    expect(coverage.probes).toBeGreaterThan(100);
  });
});

const folder = mkdtempSync(join(tmpdir(), "lockstep-adapters-"));
afterAll(() => rmSync(folder, { recursive: true }));
const actions = defective.actions.map((a) => a.name);
const hello = "if request['type'] == 'hello':\n    hello(request)\n    continue\n";

const outcomeOf = async (driver: AdapterDriver): Promise<{ outcome: ReplayReport["outcome"]; pid: number }> => {
  const { outcome } = await replayOn(defective, lazy2, driver);
  const [pid = 0] = driver.pids;
  await driver.close();
  return { outcome, pid };
};

describe("an adapter that misbehaves is a failure of the harness, with its last lines and without a process left", () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["hangs", "time.sleep(100)", /^no answer within 1500 ms$/],
    ["dies", "sys.exit(3)", /^the adapter ended \(exit code 3\)$/],
    ["is killed", "os.kill(os.getpid(), 9)", /^the adapter ended \((SIGKILL|exit code 137)\)$/],
    [
      "floods its output",
      `${hello}while True:\n    say(request, type='init_ok')`,
      /more than one line|nobody asked for|the answer is to message 2; 3 was asked/,
    ],
    ["floods its log", "while True: sys.stderr.write('noise\\n' * 1000)", /bytes of logs for one message$/],
    [
      "writes 100 MB in a line",
      "sys.stdout.write('x' * 100_000_000 + '\\n'); sys.stdout.flush()",
      /^the adapter wrote a line of more than/,
    ],
    ["speaks another version", "hello(request, version=2)", /^the adapter speaks version 2 of the protocol, this is version 1$/],
    ["lacks an action", "hello(request, actions=ACTIONS[1:])", /^the adapter has no action TimerSendSVC$/],
    ["steps by itself", "hello(request, profile='L2')", /^the adapter has the profile L2: [^]*give these to validate$/],
    ["holds one node", "hello(request, holds='node')", /^the adapter holds one node of the cluster; a mapping \(--mapping\) must say/],
    ["writes garbage", "print('hello?'); sys.stdout.flush()", /^the answer is not JSON$/],
    ["writes another shape", "say(request, type='hello_ok', version='one')", /^the answer is malformed at version/],
    ["answers out of order", "hello({'msg_id': 7})", /^the answer is to message 7; 1 was asked last \(hello\)$/],
    ["answers with an error", `${hello}say(request, type='error', code='not-supported', text='no')`, /with the error not-supported: no$/],
    [
      "has another variable",
      `${hello}say(request, type='init_ok' if request['type'] == 'init' else 'state', **({} if request['type'] == 'init' else {'state': {'x': True}}))`,
      /has the variable x/,
    ],
  ];
  it.each(cases)("%s", async (name, body, message) => {
    const limits = { answerMs: 1500, lineBytes: 2 ** 20, logBytes: 2 ** 20, exitMs: 100 };
    const { outcome, pid } = await outcomeOf(driverOf(misbehaving(folder, name, actions, body), limits));
    if (outcome.verdict !== "harnessError") throw new Error(`a verdict: ${outcome.verdict}`);
    expect(outcome.message).toMatch(message);
    if (!outcome.message.includes("variable")) expect(outcome.tail.join("\n")).toMatch(/the last words|noise/);
    expect(isAlive(pid)).toBe(false);
  });
  it("and so is one that leaves a process behind", async () => {
    const note = join(folder, "child");
    const body = `child = subprocess.Popen(['sleep', '100'])\nopen(${JSON.stringify(note)}, 'w').write(str(child.pid))\nsys.exit(1)`;
    const { outcome } = await outcomeOf(driverOf(misbehaving(folder, "leaves", actions, body), { answerMs: 1500, exitMs: 100 }));
    expect(outcome).toMatchObject({ verdict: "harnessError", message: "the adapter ended (exit code 1)" });
    await expect.poll(() => isAlive(Number(readFileSync(note, "utf8"))), { timeout: 5000 }).toBe(false);
  });
  it("and so is a command that does not exist", async () => {
    const { outcome } = await outcomeOf(driverOf("no-such-adapter-here"));
    expect(outcome).toMatchObject({ verdict: "harnessError", message: "the adapter ended (exit code 127)" });
  });
});
