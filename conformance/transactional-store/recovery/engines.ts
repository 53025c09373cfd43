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
import type { Driver } from "../../driver.ts";
import type { EngineEntry } from "../../engines.ts";
import { CheckpointDriver } from "./checkpoint-driver.ts";
import { DurabilityDriver } from "./durability-driver.ts";
import { ReplayDriver } from "./replay-driver.ts";
import { production } from "./store-process.ts";
import type { EngineClasses } from "./store-process.ts";
import { TornTailDriver } from "./torn-tail-driver.ts";

interface Patch {
  readonly design: Design;
  readonly counterexamples: readonly string[];
  readonly classes: Partial<EngineClasses>;
}

const entry = (driver: new (classes?: EngineClasses) => Driver, patches: Readonly<Record<string, Patch>>): EngineEntry => ({
  production: () => new driver(),
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

export const tornTailEngine = entry(TornTailDriver, {
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
});

export const replayEngine = entry(ReplayDriver, {
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
});

export const checkpointEngine = entry(CheckpointDriver, {
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
});
