/** Messages that show that somebody has forgotten what it promised, and near ones that show nothing. */
import { describe, expect, it } from "vitest";
import { amnesiaShownBy } from "./amnesia.ts";
import { ReplicaCore } from "./core.ts";
import type { Remembered } from "./core.ts";
import { Log } from "./log.ts";
import { checkJump } from "./messages.ts";
import type { Message } from "./messages.ts";

const op = (n: number): Uint8Array => Uint8Array.of(n);
const ops = (...numbers: readonly number[]): Uint8Array[] => numbers.map(op);
const between = { source: 1, dest: 2 } as const;

/** Replica `r` of three in view 1, which replica 1 leads, with ops 1 to 3, of which 2 are committed. */
const core = (r: number, changes: Partial<Remembered> = {}): ReplicaCore =>
  new ReplicaCore(r, 3, {
    ...{ status: "Normal", viewNumber: 1, lastNormalView: 1, commitNumber: 2, committedTo: 2 },
    ...{ sentDvc: false, sentSv: false, requestedView: 0 },
    log: new Log(1, ops(1, 2, 3)),
    ...changes,
  });
const shown = (message: Message, at = core(message.dest === "any" ? 2 : message.dest)): string =>
  amnesiaShownBy(at.state, at.r, 3, message)?.message ?? "nothing";

const commit = (acknowledged: number, viewNumber = 1): Message => ({
  ...{ type: "Commit", viewNumber, opNumber: 9, commitNumber: 2, acknowledged, nonce: "1:1" },
  ...between,
});
const prepareOk = (opNumber: number, viewNumber = 1): Message => ({ type: "PrepareOk", viewNumber, opNumber, source: 2, dest: 1 });
const startView = (log: readonly number[], commitNumber: number): Message => ({
  ...{ type: "StartView", viewNumber: 4, logStart: 1, log: ops(...log), opNumber: log.length, commitNumber },
  ...between,
});
const prepare = (opNumber: number, n: number, viewNumber = 1): Message => ({
  ...{ type: "Prepare", viewNumber, message: op(n), opNumber, commitNumber: 0 },
  ...between,
});

describe("amnesia is shown by", () => {
  it.each([
    [
      "a Commit of the own view that knows of more acknowledgements than there are ops",
      commit(4),
      /replica 2 has forgotten ops 4 to 4, which it has acknowledged in view 1/,
    ],
    [
      "an acknowledgement beyond the log of the primary",
      prepareOk(5),
      /replica 1 has forgotten ops 4 to 5 of view 1, which it leads: replica 2/,
    ],
    ["another op in the place of a committed one", startView([1, 9, 3], 2), /another op 2 than the one that is committed at replica 2/],
    ["the same in a Prepare", prepare(1, 9), /another op 1 than/],
    ["the same in a Prepare of a later view", prepare(2, 9, 4), /another op 2 than/],
  ])("%s", (_what, message, why) => {
    expect(shown(message)).toMatch(why);
  });

  it.each([
    ["a Commit that knows of fewer", commit(2)],
    ["a Commit of another view", commit(4, 4)],
    ["an acknowledgement of another view", prepareOk(5, 4)],
    ["an acknowledgement of what the primary has", prepareOk(3)],
    ["another op where this replica knows of no commit", startView([1, 2, 9], 3)],
    ["another op where the sender knows of no commit", startView([1, 9], 1)],
    ["a Prepare of an op that is not committed here", prepare(3, 9)],
    ["the same ops", startView([1, 2, 3], 3)],
  ])("not by %s", (_what, message) => {
    expect(shown(message)).toBe("nothing");
  });

  it("not by ops that a snapshot has brought, which may be of a later view", () => {
    const restored = core(2, { committedTo: 5, log: new Log(6, []) });
    expect(shown(startView([1, 9, 3, 4, 5, 6], 6), restored)).toBe("nothing");
  });
});

it("a backup whose snapshot reaches beyond its view acknowledges none of it to the view's primary", () => {
  const backup = core(2, { committedTo: 5, log: new Log(6, []) });
  const message = { ...commit(2), opNumber: 3 };
  if (message.type !== "Commit") throw new Error("unreachable");
  const result = backup.step({ act: "ReceiveCommit", message });
  expect(result.ok && result.sent.map((m) => m.type)).toEqual(["CommitOk"]);
});

it("a view that is absurdly far away is refused, one that may be is not", () => {
  expect(() => checkJump(prepareOk(1, 2 ** 53 - 2), 7)).toThrow(
    /replica 2 sent a PrepareOk of view 9007199254740990, absurdly far beyond view 7/,
  );
  expect(() => checkJump(prepareOk(1, 2 ** 31), 7)).not.toThrow();
});
