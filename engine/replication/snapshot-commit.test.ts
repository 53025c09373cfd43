/**
 * A snapshot may be of a later view than its restorer's, in which other ops were committed. What the restorer tells the
 * peers of its own view must not make them execute theirs. `specs/replica-snapshots` has the search.
 */
import { describe, expect, it } from "vitest";
import type { Step } from "./actions.ts";
import { ReplicaCore } from "./core.ts";
import { Log } from "./log.ts";
import type { Message } from "./messages.ts";

const [a, b, c] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)] as const;

class Group {
  readonly members: readonly ReplicaCore[];
  private readonly sent: Message[] = [];

  constructor(replicas: number) {
    this.members = Array.from({ length: replicas }, (_, i) => new ReplicaCore(i + 1, replicas));
  }
  core(r: number): ReplicaCore {
    const core = this.members[r - 1];
    if (core === undefined) throw new RangeError(`no replica ${r}`);
    return core;
  }
  take(r: number, step: Step): void {
    const result = this.core(r).step(step);
    if (!result.ok) throw new Error(`${step.act} is refused by ${result.refused}`);
    this.sent.push(...result.sent);
  }
  /** Delivers everything of this type from one replica to another, and takes the internal steps that follow. */
  deliver(type: Message["type"], source: number, dest: number): void {
    for (const message of this.sent) {
      if (message.type !== type || message.source !== source || (message.dest !== dest && message.dest !== "any")) continue;
      for (const step of this.core(dest).stepsFor(message)) {
        const result = this.core(dest).step(step);
        if (result.ok) this.sent.push(...result.sent);
        if (result.ok && type !== "Commit") break;
      }
      this.settle(dest);
    }
  }
  private settle(r: number): void {
    for (let step = this.core(r).internalSteps()[0]; step !== undefined; step = this.core(r).internalSteps()[0]) this.take(r, step);
  }
  /** The members of `others` and replica 2 go on to view 2, where `operation` is committed. */
  commitInViewTwo(operation: Uint8Array, others: readonly number[]): void {
    this.take(2, { act: "TimerSendSVC" });
    for (const r of others) this.deliver("StartViewChange", 2, r);
    for (const r of others) for (const dest of [2, ...others]) if (dest !== r) this.deliver("StartViewChange", r, dest);
    for (const r of others) this.deliver("DoViewChange", r, 2);
    for (const r of others) this.deliver("StartView", 2, r);
    this.take(2, { act: "ReceiveClientRequest", operation });
    for (const r of others) this.deliver("Prepare", 2, r);
    for (const r of others) this.deliver("PrepareOk", r, 2);
    expect(this.core(2).observe()).toMatchObject({ viewNumber: 2, committedTo: 1, log: [operation] });
  }
}

describe("a snapshot of a later view", () => {
  it("does not make the primary's heartbeats commit what other ops have replaced", () => {
    const group = new Group(5);
    group.take(1, { act: "ReceiveClientRequest", operation: a });
    group.deliver("Prepare", 1, 3);
    group.commitInViewTwo(c, [4, 5]);
    group.take(1, { act: "InstallSnapshot", opNumber: 1 }); // wanted before it led
    group.take(1, { act: "SendCommit", nonce: "n" });
    group.deliver("Commit", 1, 3);
    expect(group.core(3).observe()).toMatchObject({ viewNumber: 1, log: [a], committedTo: 0 });
    expect(group.core(1).observe()).toMatchObject({ viewNumber: 1, committedTo: 1, commitNumber: 0 });
  });

  it("does not make a backup's answer to a peer of its view commit what other ops have replaced", () => {
    const group = new Group(7);
    group.take(1, { act: "ReceiveClientRequest", operation: a });
    for (const r of [6, 7]) group.deliver("Prepare", 1, r);
    group.take(1, { act: "ReceiveClientRequest", operation: b });
    group.deliver("Prepare", 1, 6);
    group.commitInViewTwo(c, [3, 4, 5]);
    group.take(6, { act: "InstallSnapshot", opNumber: 1 });
    group.take(1, { act: "SendCommit", nonce: "n" });
    group.deliver("Commit", 1, 7);
    group.deliver("GetState", 7, 6);
    group.deliver("NewState", 6, 7);
    expect(group.core(7).observe()).toMatchObject({ viewNumber: 1, log: [a, b], committedTo: 0 });
  });

  it("leaves the restorer able to ask for the state of the view, from the snapshot on", () => {
    const restorer = new ReplicaCore(3, 3);
    const late = { type: "Prepare", viewNumber: 2, message: a, opNumber: 9, commitNumber: 0, dest: 3, source: 2 } as const;
    expect(restorer.step({ act: "InstallSnapshot", opNumber: 4 })).toMatchObject({ ok: true });
    expect(restorer.step({ act: "SendGetState", message: late })).toEqual({
      ok: true,
      sent: [{ type: "GetState", viewNumber: 2, opNumber: 4, dest: "any", source: 3 }],
    });
    expect(restorer.observe()).toMatchObject({ log: new Log(5).from(5), logStart: 5, opNumber: 4 });
  });
});
