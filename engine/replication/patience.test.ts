import { describe, expect, it } from "vitest";
import { ControlledClock } from "../wiring/controlled/clock.ts";
import type { Random } from "../ports.ts";
import { SimulatedCluster, turn } from "./fixtures/simulated-cluster.ts";
import { envelopeSchema } from "./messages.ts";
import { Timers, defaultTiming } from "./timers.ts";

const never: Random = { bytes: (length) => new Uint8Array(length), integer: () => 0 };

describe("patience", () => {
  const made = () => {
    const clock = new ControlledClock();
    const timers = new Timers(clock, never, defaultTiming, { beat: () => undefined, viewChange: () => undefined });
    const waits = (name: string): number => (clock.timers().find((t) => t.name === name)?.dueMs ?? NaN) - clock.now();
    const patience = (): number => (timers.setViewChange(), waits("viewChange"));
    const untilBeat = (): number => (timers.setBeat(false), waits("beat"));
    return { timers, patience, untilBeat };
  };

  it("doubles with every view in which nothing is done, up to eightfold, and is as before after one that works", () => {
    const { timers, patience } = made();
    const found = [patience()];
    for (let view = 1; view <= 6; view += 1) {
      timers.viewEntered();
      found.push(patience());
    }
    expect(found.map((ms) => ms / defaultTiming.viewChangeMinMs)).toEqual([1, 1, 2, 4, 8, 8, 8]);
    timers.viewWorks();
    expect(patience()).toBe(defaultTiming.viewChangeMinMs);
  });

  it("what is repeated in one view is repeated less and less often", () => {
    const { timers, untilBeat } = made();
    const found = [0, 1, 2, 3].map(() => {
      const ms = untilBeat();
      timers.repeated();
      return ms / defaultTiming.repeatMs;
    });
    expect(found).toEqual([1, 2, 4, 4]);
    timers.viewEntered();
    expect(untilBeat()).toBe(defaultTiming.repeatMs);
  });
});

/** Time passes, writes end, and of the messages those that are `delivered` arrive; the others are lost. Counts what was sent, by type. */
const pass = async (group: SimulatedCluster, ms: number, delivered: (type: string, dest: number | "any", source: number) => boolean) => {
  const sent = new Map<string, number>();
  for (let elapsedMs = 0; elapsedMs < ms; elapsedMs += 10) {
    for (const { clock } of group.running) clock.advance(10);
    for (let idle = false; !idle;) {
      idle = true;
      for (const { table } of group.members)
        for (const { id } of table.pending().slice(0, 1)) {
          table.complete(id);
          idle = false;
        }
      for (const { id, message } of group.network.messages()) {
        const { type, dest, source } = envelopeSchema.parse(message).message;
        sent.set(type, (sent.get(type) ?? 0) + 1);
        if (delivered(type, dest, source)) group.network.deliver(id);
        else group.network.drop(id);
        idle = false;
      }
      await turn();
    }
  }
  return sent;
};
const started = async (): Promise<SimulatedCluster> => {
  const group = new SimulatedCluster({ replicas: 3, seed: 1 });
  await group.startAll();
  return group;
};
const highestView = (group: SimulatedCluster): number => Math.max(...group.running.map(({ replica }) => replica.observe().viewNumber));

describe("a group that gets nothing done", () => {
  it("changes its view ever more rarely", async () => {
    const group = await started();
    // StartViews are lost, as if their receivers were too slow for them: no view ever begins.
    await pass(group, 6_000, (type) => type !== "StartView" && type !== "Commit");
    const soon = highestView(group);
    await pass(group, 10_000, (type) => type !== "StartView" && type !== "Commit");
    expect(highestView(group) - soon).toBeLessThanOrEqual(5);
  });

  it("a StartView that is on its way is not sent again at every heartbeat", async () => {
    const group = await started();
    await pass(group, 2_000, (_, dest, source) => dest !== 1 && source !== 1);
    // Replica 1 was cut off; from now on it hears that there is a later view, and its StartViews are under way.
    const sent = await pass(group, 600, (type, dest) => type !== "StartView" || dest !== 1);
    expect(sent.get("StartView")).toBeOneOf([2, 3]);
  });
});
