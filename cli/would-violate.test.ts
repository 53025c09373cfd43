import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { models } from "../models/index.ts";
import { fixture, runHere } from "./lockstep-process.ts";
import { instanceOf } from "./subject.ts";
import { wouldViolate } from "./would-violate.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-would-violate-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a trace that was asked for where nothing is violated", () => {
  const file = join(folder, "trace.itf.json");
  it("is said not to exist, with the nearest model that has one", async () => {
    const ran = await runHere([
      "check",
      "viewstamped-replication",
      "--design",
      "viewUpdate=eager",
      "--out-itf",
      file,
      "--max-states",
      "10",
    ]);
    expect(ran.err).toContain("lockstep: nothing was violated in what was searched, so there is no trace to write; known to violate ");
    expect(ran.err).toMatch(/CommitNumberNeverHigherThanOpNumber in 21 states: npm run -s lockstep -- check viewstamped-replication/);
    expect(ran.err).toMatch(/--const startViewOnTimerLimit=2 .*--design viewUpdate=eager --design startViewGuard=strict/);
  });
  it("is had from the command that is named", async () => {
    const model = models.find((m) => m.variants?.some((v) => v.expected.verdict === "violated" && v.expected.length < 8));
    if (model === undefined) throw new Error("no model has a short violation");
    const hint = wouldViolate({ model, origin: { kind: "model", name: model.name }, instance: instanceOf(model) }, models);
    const [, property = "", length = "", command = ""] =
      /known to violate (\S+) in (\d+) states: npm run -s lockstep -- (.+)$/.exec(hint ?? "") ?? [];
    const ran = await runHere([...command.split(" "), "--json"]);
    expect(JSON.parse(ran.out)).toMatchObject({ verdict: "violated", violation: { property, length: Number(length) } });
  });
  it("is only said not to exist where nothing more is known", async () => {
    const ran = await runHere(["check", "--spec", fixture("counter"), "--out-itf", file]);
    expect(ran.err).toMatch(/lockstep: nothing was violated, so there is no trace to write\n$/);
    expect(ran.code).toBe(0);
  });
});
