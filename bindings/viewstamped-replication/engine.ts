/** Viewstamped Replication's engine for `replay` and `tour`, and the defect of each counterexample of the article. */
import {
  buildWith,
  eagerViewUpdate,
  monotonicStartView,
  noTransferStatus,
  stateOfOwnView,
  truncation,
} from "../defects/viewstamped-replication/designs.ts";
import type { Patch } from "../defects/viewstamped-replication/designs.ts";
import type { Defect, EngineEntry } from "../../conformance/engine-entry.ts";
import type { Design } from "../../specs/language/instantiate.ts";
import { ReplicationDriver } from "./driver.ts";

const defect = (name: string, design: Design, ...patches: readonly Patch[]): readonly [string, Defect] => {
  const published: Design = { viewUpdate: "lazy", startViewGuard: "strict", truncate: false, transferStatus: true };
  // An eager replica's `newStateGuard` means nothing.
  const lazyOnly: Design = design["viewUpdate"] === "eager" ? {} : { newStateGuard: "higher" };
  const build = buildWith(...patches);
  return [
    name,
    {
      design: { ...published, ...lazyOnly, ...design },
      counterexamples: [name],
      make: () => new ReplicationDriver(`production with the defect ${name}`, build),
    },
  ];
};

export const engine: EngineEntry = {
  production: () => new ReplicationDriver("production"),
  defects: Object.fromEntries([
    defect(
      "eager-1",
      { viewUpdate: "eager", startViewGuard: "monotonic", truncate: true, transferStatus: false },
      ...[monotonicStartView, truncation, noTransferStatus, eagerViewUpdate],
    ),
    defect("eager-2", { viewUpdate: "eager", truncate: true, transferStatus: false }, truncation, noTransferStatus, eagerViewUpdate),
    defect("eager-3", { viewUpdate: "eager" }, eagerViewUpdate),
    defect(
      "lazy-1",
      { startViewGuard: "monotonic", truncate: true, transferStatus: false },
      ...[monotonicStartView, truncation, noTransferStatus],
    ),
    defect("lazy-2", { truncate: true, transferStatus: false }, truncation, noTransferStatus),
    defect("lazy-3", { transferStatus: false, newStateGuard: "atLeast" }, noTransferStatus, stateOfOwnView),
  ]),
};
