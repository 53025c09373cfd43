import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runLockstep } from "../lockstep-process.ts";
import { runProgram } from "../program.ts";
import { plain } from "../../explorer/report/index.ts";
import { twoPhaseCommit } from "../../specs/classics/two-phase-commit.ts";
import { SpecDriver } from "../../conformance/spec-driver.ts";
import { toConform } from "../../conformance/to-conform.ts";
import { logFromBehaviour } from "../../bindings/viewstamped-replication/journal/log-from-behaviour.ts";
import { conformanceCommands } from "./register.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-conformance-"));
afterAll(() => rmSync(folder, { recursive: true }));

const run = async (...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> => {
  const ran = { code: -1, out: "", err: "" };
  const terminal = { out: (t: string) => (ran.out += t), err: (t: string) => (ran.err += t), live: false, columns: 80, painter: plain };
  ran.code = await runProgram(argv, terminal, conformanceCommands);
  return ran;
};

describe("replay", () => {
  const lazy2 = "counterexamples/lazy-2.itf.json";
  it("exits 0 when the trace is reproduced", async () => {
    const ran = await run("replay", lazy2, "--engine", "spec", "--json");
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out)).toEqual({ verdict: "reproduced", step: 25, action: "ReceiveSV", invariant: "AcknowledgedWriteNotLost" });
  });
  it("exits 20 when the engine differs, and shows where", async () => {
    const ran = await run("replay", lazy2, "--engine", "fixed-spec");
    expect(ran.code).toBe(20);
    expect(ran.out).toContain("Different effect at state 18, SendGetState");
  });
  it("runs the engine of this repository, as it is and with the defect of the trace's design", async () => {
    const defective = await run("replay", lazy2, "--engine", "defect", "--json");
    expect(defective.code).toBe(0);
    expect(JSON.parse(defective.out)).toEqual({
      verdict: "reproduced",
      step: 25,
      action: "ReceiveSV",
      invariant: "AcknowledgedWriteNotLost",
    });
    const production = await run("replay", lazy2, "--engine", "production", "--json");
    expect(production.code).toBe(20);
    expect(JSON.parse(production.out)).toMatchObject({
      verdict: "refusedEffect",
      step: 18,
      action: "SendGetState",
      path: "replicas[3].status",
    });
    expect((await run("replay", lazy2, "--engine", "defect:lazy-3", "--json")).code).toBe(20);
    await expect(run("replay", lazy2, "--engine", "defect:late")).rejects.toThrow("there is no defect late; the defects are eager-1, ");
    const classic = ["tour", "two-phase-commit", "--engine"] as const;
    await expect(run(...classic, "production")).rejects.toThrow("no engine of this project implements two-phase-commit");
    await expect(run("tour", "viewstamped-replication", "--engine", "defect")).rejects.toThrow("no defect of the engine has this design");
  });
  it("is part of the program", async () => {
    const ran = await runLockstep(["replay", lazy2, "--engine", "production", "--json"]);
    expect(ran).toMatchObject({ code: 20, err: "" });
    expect(JSON.parse(ran.out)).toMatchObject({ verdict: "refusedEffect", step: 18 });
  });
  it("exits 255 without a verdict when the adapter fails", async () => {
    const ran = await run("replay", lazy2, "--adapter", "echo last words >&2; exit 1", "--json");
    expect(ran).toMatchObject({ code: 255, out: "" });
    expect(ran.err).toMatch(/no verdict: the harness failed at state 1: the adapter ended \(exit code 1\)\n {2}last words/);
  });
  it("refuses words that make no sense", async () => {
    await expect(run("replay", lazy2)).rejects.toThrow("name either an --engine or an --adapter");
    await expect(run("replay", lazy2, "--engine", "none")).rejects.toThrow("there is no engine none");
    await expect(run("replay", "no-such-file", "--engine", "spec")).rejects.toThrow("cannot be read");
    const mapping = ["--mapping", "conformance/driver.ts"] as const;
    await expect(run("replay", lazy2, "--engine", "spec", ...mapping)).rejects.toThrow("--mapping belongs to an --adapter");
    await expect(run("replay", lazy2, "--adapter", "cat", ...mapping)).rejects.toThrow("driver.ts has no mapping as its default");
  });
});

describe("tour, validate and the self-test", () => {
  it("tours a model", async () => {
    const ran = await run("tour", "two-phase-commit", "--engine", "spec", "--json", "--pairs-around", "TMAbort");
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({ verdict: "passed", coverage: { kind: "edges", edges: { covered: 1145, total: 1145 } } });
  });
  it("leaves out what production does not do by its design, and says so", async () => {
    const words = ["tour", "batch-store/batch-id", "--const", "batches=1", "--engine"];
    const ran = await run(...words, "production");
    expect(ran.code).toBe(0);
    expect(ran.out).toContain("Left out, because the engine does not do it by its design: A process crash");
    expect(ran.out).toMatch(/\n\d+\.\d\d s: [\d,]+ steps, taken or refused, a second\.\n$/);
    expect((await run(...words, "spec")).out).not.toContain("Left out");
  });
  it("validates logs of several files", async () => {
    const events = logFromBehaviour({ events: 50, seed: 3, timers: 1 });
    const write = (name: string, node: string): string => {
      const own = events.filter((e) => e.node === node).map((e) => JSON.stringify(e));
      writeFileSync(join(folder, name), own.join("\n"));
      return join(folder, name);
    };
    const files = ["r1", "r2", "r3"].map((n) => write(`${n}.log`, n));
    const whole = await run("validate", ...files);
    expect(whole.code).toBe(0);
    expect(whole.out).toContain("explains all 50 events");
    const part = await run("validate", ...files.slice(1), "--json");
    expect(part.code).toBe(20);
    expect(JSON.parse(part.out)).toMatchObject({
      verdict: "rejected",
      reached: [expect.stringContaining("r2: ") as string, expect.stringContaining("r3: ") as string],
    });
    expect((await run("validate", ...files, "--max-steps", "5")).code).toBe(3);
  });
  it("tests an adapter, here one that ends at once", async () => {
    const bad = await run("adapter", "self-test", "two-phase-commit", "--adapter", "exit 1", "--json");
    expect(bad.code).toBe(20);
    expect(bad.out).toContain("the adapter ended (exit code 1)");
  });
});

describe("toConform", () => {
  it("passes what conforms, and fails what does not with the reason", async () => {
    const good = await toConform(() => new SpecDriver(twoPhaseCommit), { spec: twoPhaseCommit, constants: { resourceManagers: 2 } });
    expect(good.pass).toBe(true);
    class Deaf extends SpecDriver {
      override step(): { kind: "refused"; guard: string } {
        return { kind: "refused", guard: "deaf" };
      }
    }
    const bad = await toConform(() => new Deaf(twoPhaseCommit), { spec: twoPhaseCommit, constants: { resourceManagers: 2 } });
    expect(bad.pass).toBe(false);
    expect(bad.message()).toMatch(/conform to two-phase-commit:[^]*deaf/);
  });
});
