/** Journals of real processes, and many of simulated schedules. */
import { describe, expect, it } from "vitest";
import { outcomesOfAlterations, withOneArgumentAltered, withoutOneChange } from "./fixtures/altered-journals.ts";
import { clusterJournals } from "./fixtures/cluster-journals.ts";
import { expectFollowed } from "./fixtures/followed.ts";
import { recordedJournal } from "./fixtures/recorded-journal.ts";
import { simulatedJournals } from "./fixtures/simulated-journals.ts";
import { validate, validationText } from "../../../conformance/validate/validate.ts";
import { replicationMapping } from "./replication-mapping.ts";

const MINUTES = 60_000;

describe("journals", () => {
  it.each([
    [1000, { operations: 12, faults: 4, retainedOps: 10 }],
    [3000, { operations: 40, faults: 6, retainedOps: 10 }],
    [10_000, { operations: 140, faults: 8, retainedOps: 10 }],
  ])(
    "of three processes, killed and partitioned under load, are accepted (about %i events)",
    async (_, run) => {
      const events = await clusterJournals(run);
      const start = performance.now();
      const result = validate(events, replicationMapping);
      const seconds = (performance.now() - start) / 1000;
      if (result.verdict !== "accepted") throw new Error(validationText(result));
      expect(seconds).toBeLessThan(60);
      expectFollowed(result.behaviour, events);
    },
    10 * MINUTES,
  );
  it(
    "of 200 schedules with loss, crashes and partitions are accepted",
    async () => {
      for (let seed = 1; seed <= 200; seed++) {
        const events = await simulatedJournals(seed, 1500);
        const result = validate(events, replicationMapping);
        if (result.verdict !== "accepted") throw new Error(`seed ${seed}: ${validationText(result)}`);
        expectFollowed(result.behaviour, events);
      }
    },
    20 * MINUTES,
  );
  it(
    "of real processes are rejected when a change of any variable or any argument is another or missing",
    () => {
      const altered = [...withoutOneChange(recordedJournal()), ...withOneArgumentAltered(recordedJournal())];
      expect(altered.length).toBeGreaterThan(150);
      expect(altered.filter(({ events }) => validate(events, replicationMapping).verdict !== "rejected").map(({ what }) => what)).toEqual(
        [],
      );
    },
    10 * MINUTES,
  );
  it(
    "with one event altered, 1,000 of them, are rejected, or accepted with a behaviour that can be followed",
    () => {
      const counts = outcomesOfAlterations([recordedJournal()], 1000, 7);
      expect(counts.inconclusive).toBe(0);
      expect(counts.accepted + counts.rejected).toBe(1000);
      expect(counts.rejected).toBeGreaterThan(300);
    },
    20 * MINUTES,
  );
});
