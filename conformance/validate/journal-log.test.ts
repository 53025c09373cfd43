import { describe, expect, it } from "vitest";
import { commitsEarly, keepsNoVotes, monotonicStartView, unsyncedTable } from "../../engine/replication/fixtures/defects.ts";
import type { LogEvent } from "./event.ts";
import { expectFollowed } from "./fixtures/followed.ts";
import { outcomesOfAlterations } from "./fixtures/altered-journals.ts";
import { simulatedJournals } from "./fixtures/simulated-journals.ts";
import { validate, validationText } from "./validate.ts";
import type { Validation } from "./validate.ts";
import { replicationMapping } from "./viewstamped-replication.ts";

const check = (events: readonly LogEvent[]): Validation => validate(events, replicationMapping);
const journals = await simulatedJournals(5, 600);

describe("journals of replicas", () => {
  it.each([1, 2])("are accepted, with their crashes and lost writes (seed %i)", async (seed) => {
    const events = await simulatedJournals(seed, 800);
    const result = check(events);
    if (result.verdict !== "accepted") throw new Error(validationText(result));
    expectFollowed(result.behaviour, events);
  });
  it("say what was lost in crashes, and what is of other parts", () => {
    const [first, ...others] = journals;
    if (first === undefined) throw new Error("no events");
    const post = { certifiedTime: 0, epoch: 1 };
    const ofBatches: LogEvent = { ...first, act: "SyncNextId", args: {}, post, seq: first.seq - 1 };
    const result = check([ofBatches, first, ...others]);
    expect(result).toMatchObject({ verdict: "accepted", outside: 1 });
    expect(result).toHaveProperty("unexecuted", journals.length + 1 - (result.verdict === "accepted" ? result.behaviour.length + 1 : 0));
  });
  it.each([
    ["a commit without a majority", 1, { make: commitsEarly }, /ExecuteOp\(\d\): the guard is false: isCommitted/],
    ["votes that are not kept", 1, { make: keepsNoVotes }, /SendDVC\(\d\): replicas\.\d\.status is Normal in the log/],
    ["a StartView of the own view", 4, { make: monotonicStartView }, /ReceiveSV\(.*the guard is false/],
    [
      "messages that leave before the sync",
      25,
      { tableFor: unsyncedTable },
      /what was found on the disk is no state that the replica was in/,
    ],
  ])("show %s", async (_, seed, defect, reason) => {
    const result = check(await simulatedJournals(seed, 1000, defect));
    expect(result.verdict).toBe("rejected");
    expect(validationText(result)).toMatch(reason);
  });
  it("with one event altered are rejected, or accepted with a behaviour that can be followed", () => {
    const counts = outcomesOfAlterations([journals], 12, 3);
    expect(counts.inconclusive).toBe(0);
    expect(counts.rejected).toBeGreaterThan(3);
  });
  it("are not judged when a replica restores a snapshot", () => {
    const at = journals.findIndex((e) => e.act === "Start");
    const restored = journals.map((e, i) => (i === at + 1 ? { ...e, act: "InstallSnapshot" } : e));
    expect(() => check(restored)).toThrow("a replica that restores a snapshot is beyond what is validated");
  });
});
