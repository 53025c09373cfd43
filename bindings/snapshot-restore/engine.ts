/**
 * The engine's snapshot restore for `replay` and `tour`, once for each spec of it, with its defects. Production is the published
 * design, and stricter at finish, where the spec's looks at nothing: what it would find does not arise.
 */
import * as defective from "../defects/snapshot-restore/engines.ts";
import type { Driver } from "../../conformance/driver.ts";
import type { Defect, EngineEntry } from "../../conformance/engine-entry.ts";
import type { Design } from "../../specs/language/instantiate.ts";
import { RestoreModesDriver } from "./modes-driver.ts";
import { ParallelRestoreDriver } from "./parallel-driver.ts";
import type { RestoreEngine } from "./restore-process.ts";
import { TornWritesDriver } from "./torn-driver.ts";

interface Patch {
  readonly design: Design;
  readonly engine: RestoreEngine;
  /** Without the system's name. */
  readonly counterexamples?: readonly string[];
}
const entry = (driverOf: new (name?: string, engine?: RestoreEngine) => Driver, patches: Readonly<Record<string, Patch>>): EngineEntry => ({
  production: () => new driverOf("production"),
  defects: Object.fromEntries(
    Object.entries(patches).map(([name, { design, engine, counterexamples = [] }]): [string, Defect] => [
      name,
      {
        design,
        counterexamples: counterexamples.map((c) => `snapshot-restore/${c}`),
        make: () => new driverOf(`production with the defect ${name}`, engine),
      },
    ]),
  ),
});

const audited: Design = { resume: "noneIsOther", verifyBeforeKv: "no" };

export const parallelEngine = entry(ParallelRestoreDriver, {
  audited: {
    design: audited,
    engine: defective.audited,
    counterexamples: ["kv-leads-by-two-chunks", "empty-root", "empty-root-after-three-chunks", "one-bad-chunk-no-tree"],
  },
  "option-1": { design: { ...audited, waitBeforeKv: true }, engine: defective.option1, counterexamples: ["option-1-empty-root"] },
  "option-2": { design: { ...audited, atomicCommit: true }, engine: defective.option2, counterexamples: ["option-2-stuck"] },
  "option-3": { design: { ...audited, finishCheck: "progress" }, engine: defective.option3, counterexamples: ["option-3-stuck"] },
  "kv-before-proof": {
    design: { verifyBeforeKv: "no" },
    engine: defective.kvBeforeProof,
    counterexamples: ["bad-value-under-the-right-root"],
  },
  "unchecked-overlap": {
    design: { verifyBeforeKv: "newKeys" },
    engine: defective.uncheckedOverlap,
    counterexamples: ["unchecked-overlap"],
  },
  "same-object": { design: { retry: "sameObject" }, engine: defective.retryOnTheSameObject, counterexamples: ["hole-below-the-root"] },
  "audited-same-object": {
    design: { ...audited, retry: "sameObject" },
    engine: defective.auditedOnTheSameObject,
    counterexamples: ["wrong-root-on-the-same-object"],
  },
  "resume-at-other": { design: { resume: "noneIsOther" }, engine: defective.resumeAtOther },
  "root-first": { design: {}, engine: defective.rootFirst },
  "acknowledged-early": { design: {}, engine: defective.acknowledgedEarly },
});

export const modesEngine = entry(RestoreModesDriver, {
  "resume-in-any-mode": {
    design: { resume: "noneIsOther" },
    engine: defective.resumeInAnyMode,
    counterexamples: ["kv-only-after-the-tree"],
  },
  "checked-by-tree-only": { design: { chunkCheck: "byTreeThread" }, engine: defective.checkedByTreeOnly },
  "tree-writes-kv-progress": { design: { treeOnly: "kvProgressToo" }, engine: defective.treeWritesKvProgress },
});

export const tornWritesEngine = entry(TornWritesDriver, {
  "progress-first": { design: { kvOrder: "progressThenValues" }, engine: defective.progressFirst },
  "shards-backward": { design: { treeOrder: "any" }, engine: defective.shardsBackward },
});
