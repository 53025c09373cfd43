import { describe, expect, it } from "vitest";
import { outcomesOfAlterations } from "./fixtures/altered-logs.ts";
import { logFromBehaviour } from "./log-from-behaviour.ts";
import { validate } from "../../../conformance/validate/validate.ts";
import { replicationMapping } from "./replication-mapping.ts";

describe("validation", () => {
  it("decides 1,000 altered logs", () => {
    const counts = outcomesOfAlterations(1000, 7);
    expect(counts.inconclusive).toBe(0);
    expect(counts.accepted + counts.rejected).toBe(1000);
    expect(counts.rejected).toBeGreaterThan(600);
  });
  it.each([1000, 3000, 10_000])("accepts a log of %i events with view changes", (events) => {
    const log = logFromBehaviour({ events, seed: 7, timers: Math.ceil(events / 1000) });
    expect(log).toHaveLength(events);
    expect(validate(log, replicationMapping)).toMatchObject({ verdict: "accepted", events });
  });
});
