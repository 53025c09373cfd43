/** The engine's log and recovery, as production has them and with one defect, for each spec that is driven. */
import { LogThatCutsUnsynced, LogThatIgnoresFailures } from "../../defects/transactional-store/recovery/failures-of-the-log.ts";
import {
  RecoveryThatCutsLastOnly,
  RecoveryThatKeepsTornTail,
  RecoveryWithHoles,
} from "../../defects/transactional-store/recovery/bad-records.ts";
import {
  RecoveryFromLogOnly,
  RecoveryThatComparesIdsWithVersions,
} from "../../defects/transactional-store/recovery/checkpoint-recoveries.ts";
import { ProtocolThatIgnoresFailedApplies, RecoveryThatStartsEmpty } from "../../defects/transactional-store/recovery/lost-commits.ts";
import { RecoveryWithoutSync } from "../../defects/transactional-store/recovery/unsynced-recovery.ts";
import type { Design } from "../../../specs/language/index.ts";
import type { Driver } from "../../../conformance/driver.ts";
import type { EngineEntry } from "../../../conformance/engine-entry.ts";
import { CheckpointDriver } from "./checkpoint-driver.ts";
import { DurabilityDriver } from "./durability-driver.ts";
import { ReplayDriver } from "./replay-driver.ts";
import { drivenCheckpoint, drivenReplay, drivenTornTail } from "./driven-specs.ts";
import { production } from "./store-process.ts";
import type { EngineClasses } from "./store-process.ts";
import { TornTailDriver } from "./torn-tail-driver.ts";

interface Patch {
  readonly design: Design;
  readonly counterexamples: readonly string[];
  readonly classes: Partial<EngineClasses>;
}

const entry = (
  driver: new (classes?: EngineClasses) => Driver,
  patches: Readonly<Record<string, Patch>>,
  driven: EngineEntry["driven"] = {},
): EngineEntry => ({
  production: () => new driver(),
  driven,
  defects: Object.fromEntries(
    Object.entries(patches).map(([name, { design, counterexamples, classes }]) => [
      name,
      {
        design,
        counterexamples: counterexamples.map((c) => `transactional-store/${c}`),
        make: () => new driver({ ...production, ...classes, name: `defect:${name}` }),
      },
    ]),
  ),
});

/** Of durability, the engine has no mark of reserved versions (versions=maxSeen), and stops after a failure until it is opened again (walFailure=poison). */
export const durabilityEngine = entry(DurabilityDriver, {
  "ignore-log-failure": {
    design: { walFailure: "ignore" },
    counterexamples: ["ghost-commit"],
    classes: { wal: LogThatIgnoresFailures },
  },
  "cut-without-sync": {
    design: { walFailure: "truncate" },
    counterexamples: ["cut-without-sync"],
    classes: { wal: LogThatCutsUnsynced },
  },
  "serve-unsynced": {
    design: { recoverySync: "serveAtOnce" },
    counterexamples: ["recovered-unsynced", "more-than-a-batch"],
    classes: { recovery: RecoveryWithoutSync },
  },
});

export const tornTailEngine = entry(
  TornTailDriver,
  {
    "keep-torn-tail": {
      design: { tail: "appendAfterTorn" },
      counterexamples: ["torn-tail"],
      classes: { recovery: RecoveryThatKeepsTornTail },
    },
    "read-past-holes": {
      design: { tail: "appendAfterTorn", segments: "continueAfterBad" },
      counterexamples: ["hole"],
      classes: { recovery: RecoveryWithHoles },
    },
    "cut-last-only": {
      design: { tail: "truncateLast" },
      counterexamples: ["bad-record-stays"],
      classes: { recovery: RecoveryThatCutsLastOnly },
    },
  },
  {
    "transactional-store/torn-tail": {
      spec: drivenTornTail,
      leftOut: "DropSegment, and CutTail of damage: the engine does not start from a log that is damaged in its middle",
    },
  },
);

export const replayEngine = entry(
  ReplayDriver,
  {
    "report-failed-apply": {
      design: { applyFailure: "reportOk" },
      counterexamples: ["apply-failure"],
      classes: { protocol: ProtocolThatIgnoresFailedApplies },
    },
    "start-empty": {
      design: { recoveryFailure: "startEmpty" },
      counterexamples: ["empty-start"],
      classes: { recovery: RecoveryThatStartsEmpty },
    },
  },
  {
    "transactional-store/recovery": {
      spec: drivenReplay,
      leftOut:
        "Begin with deleteAndCas, because a transaction has one write for a key; " +
        "Acknowledge before a lower version, because versions are published, and answered, in their order",
    },
  },
);

export const checkpointEngine = entry(
  CheckpointDriver,
  {
    "compare-ids-with-versions": {
      design: { mark: "version" },
      counterexamples: ["checkpoint-mark"],
      classes: { recovery: RecoveryThatComparesIdsWithVersions },
    },
    "recover-from-log-only": {
      design: { recovery: "logOnly" },
      counterexamples: ["checkpoint-unread"],
      classes: { recovery: RecoveryFromLogOnly },
    },
  },
  {
    "transactional-store/checkpoint": {
      spec: drivenCheckpoint,
      leftOut:
        "DeleteSegment at another time than by the checkpoint that makes the segment dispensable, the oldest first (and with it the last " +
        "record's segment, because a checkpoint begins a new one); Acknowledge before a lower version, because versions are published, and " +
        "answered, in their order",
    },
  },
);
