import { describe, expect, it } from "vitest";
import { commitsEarly, keepsNoVotes, monotonicStartView, unsyncedTable } from "../../../engine/replication/fixtures/defects.ts";
import { eventName, nodeLogs } from "../../../conformance/validate/event.ts";
import type { LogEvent } from "../../../conformance/validate/event.ts";
import { livesOf } from "./incarnations.ts";
import { expectFollowed } from "./fixtures/followed.ts";
import { outcomesOfAlterations, withOneArgumentAltered, withoutOneChange } from "./fixtures/altered-journals.ts";
import { recordedJournal } from "./fixtures/recorded-journal.ts";
import { simulatedJournals } from "./fixtures/simulated-journals.ts";
import { validate, validationText } from "../../../conformance/validate/validate.ts";
import type { Validation } from "../../../conformance/validate/validate.ts";
import { replicationMapping } from "./replication-mapping.ts";

const check = (events: readonly LogEvent[]): Validation => validate(events, replicationMapping);
const journals = await simulatedJournals(5, 600);
/** Short, with most actions, a view change among them. */
const varied = await simulatedJournals(38, 450);

describe("journals of replicas", () => {
  it.each([1, 2])("are accepted, with their crashes and lost writes (seed %i)", async (seed) => {
    const events = await simulatedJournals(seed, 800);
    const result = check(events);
    if (result.verdict !== "accepted") throw new Error(validationText(result));
    expectFollowed(result.behaviour, events);
  });
  it("say what is of other parts", () => {
    const [first, ...others] = journals;
    if (first === undefined) throw new Error("no events");
    const post = { certifiedTime: 0, epoch: 1 };
    const ofBatches: LogEvent = { ...first, act: "SyncNextId", args: {}, post, seq: first.seq - 1 };
    const result = check([ofBatches, first, ...others]);
    expect(result).toMatchObject({ verdict: "accepted", outside: 1 });
  });
  it("of real processes are accepted, with a snapshot that one restores", () => {
    const events = recordedJournal();
    const restored = events.find(({ act }) => act === "InstallSnapshot");
    if (restored === undefined) throw new Error("there is no snapshot");
    const result = check(events);
    expect(result).toMatchObject({ verdict: "accepted", unexecuted: 0, events: events.length });
    expect(validationText(result)).not.toContain("Compared with nothing");
    const alteredBy = (opNumber: number): string => {
      const args = { ...restored.args, opNumber };
      return validationText(check(events.map((e) => (e === restored ? { ...e, args } : e))));
    };
    const { opNumber } = restored.args;
    expect(alteredBy(Number(opNumber) + 1000)).toMatch(/InstallSnapshot\(.*the guard is false: .*committed\.length/);
    expect(alteredBy(0)).toMatch(/InstallSnapshot\(.*the guard is false: .*committedTo/);
  });
  it("are checked after an event that was lost in a crash", () => {
    const last = journals.findLast((e) => livesOf(nodeLogs(journals)).lost.has(e));
    if (last === undefined) throw new Error("nothing was lost");
    const of = { node: last.node, inc: last.inc, args: { r: Number(last.node.slice(1)) }, recv: [], send: [] };
    const more: LogEvent = { ...of, seq: last.seq + 1, act: "ExecuteOp", post: {} };
    const longer = journals.flatMap((e) => (e === last ? [e, more] : [e]));
    expect(livesOf(nodeLogs(longer)).lost.has(more)).toBe(true);
    expect(validationText(check(longer))).toMatch(new RegExp(`${eventName(more)} ExecuteOp\\(.*the guard is false`));
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
  it("in which the engine forgot to change a variable are rejected, whatever the action and the variable", () => {
    const altered = withoutOneChange(varied);
    expect(altered.map(({ what }) => what)).toEqual(
      expect.arrayContaining(["ExecuteOp.commitNumber", "SendSV.lastNormalView", "ReceiveSV.lastNormalView"]),
    );
    expect(altered.map(({ what }) => what).some((what) => what.startsWith("ReceivePrepareOkMsg.peerOpNumber."))).toBe(true);
    expect(altered.filter(({ events }) => check(events).verdict !== "rejected").map(({ what }) => what)).toEqual([]);
  });
  it("in which an argument is another or missing are rejected, whatever the action and the argument", () => {
    const altered = withOneArgumentAltered(varied).filter(({ what }) => !what.endsWith("(left out)")); // those are among the heavier tests
    const whats = altered.map(({ what }) => what);
    expect(whats).toEqual(expect.arrayContaining(["ReceiveCommitOk.status", "ReceiveCommitOk.viewNumber", "ReceiveCommit.commitNumber"]));
    expect(altered.filter(({ events }) => check(events).verdict !== "rejected").map(({ what }) => what)).toEqual([]);
  });
  it("with one event altered are rejected, or accepted with a behaviour that can be followed", () => {
    const counts = outcomesOfAlterations([journals], 12, 3);
    expect(counts.inconclusive).toBe(0);
    expect(counts.rejected).toBeGreaterThan(3);
  });
});
