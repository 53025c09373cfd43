/**
 * What TLC counted for Viewstamped Replication: one worker, breadth-first, without VIEW, three replicas,
 * NoProgressChangeLimit 0, on VR_STATE_TRANSFER.tla with a constant for each design switch. Violating designs were counted
 * with the search going on past violations. `depth` counts levels, `length` counts states.
 */
import type { Design } from "../specs/language/instantiate.ts";

export interface TlcCount {
  readonly values: number;
  readonly limit: number;
  readonly design: Design;
  readonly symmetry: boolean;
  readonly generated: number;
  readonly distinct: number;
  readonly depth: number;
  /** Successors that each action generated, where they were recorded. */
  readonly actions?: Readonly<Record<string, number>>;
  /** Shortest violations that TLC proved minimal in this model. */
  readonly lengths?: Readonly<Record<string, number>>;
}

const final: Design = { viewUpdate: "lazy", startViewGuard: "strict", truncate: false, transferStatus: true, newStateGuard: "higher" };
const eagerFirst: Design = { ...final, viewUpdate: "eager", startViewGuard: "monotonic", truncate: true, transferStatus: false };
const lazyFirst: Design = { ...eagerFirst, viewUpdate: "lazy" };
const eagerGuarded: Design = { ...final, viewUpdate: "eager", transferStatus: false };

const actionNames = [
  "TimerSendSVC", "ReceiveHigherSVC", "ReceiveMatchingSVC", "SendDVC", "ReceiveHigherDVC", "ReceiveMatchingDVC", "SendSV", "ReceiveSV",
  "ReceiveClientRequest", "ReceivePrepareMsg", "ReceivePrepareOkMsg", "ExecuteOp", "SendGetState", "ReceiveGetState", "ReceiveNewState",
] as const; // prettier-ignore
const perAction = (...counts: readonly number[]): Record<string, number> =>
  Object.fromEntries(actionNames.map((name, i) => [name, counts[i] ?? NaN]));

const majority = "AcknowledgedWritesExistOnMajority";

export const tlcCounts: readonly TlcCount[] = [
  { values: 0, limit: 1, design: final, symmetry: false, generated: 4_055, distinct: 1_366, depth: 16 },
  {
    ...{ values: 1, limit: 1, design: final, symmetry: false, generated: 106_794, distinct: 42_753, depth: 24 },
    actions: perAction(30, 1_068, 34_843, 13_203, 75, 5_940, 2_715, 20_146, 740, 1_900, 16_356, 9_777, 0, 0, 0),
  },
  // With one value no state is ever transferred, so the designs do not differ.
  { values: 1, limit: 1, design: eagerFirst, symmetry: false, generated: 106_794, distinct: 42_753, depth: 24 },
  {
    ...{ values: 2, limit: 1, design: final, symmetry: false, generated: 4_519_359, distinct: 1_841_590, depth: 30 },
    actions: perAction(
      710,
      28_776,
      956_837,
      346_569,
      1_775,
      140_580,
      64_255,
      671_584,
      66_788,
      395_046,
      1_109_168,
      707_902,
      148,
      28_760,
      460,
    ),
  },
  { values: 2, limit: 1, design: final, symmetry: true, generated: 2_262_447, distinct: 921_478, depth: 30 },
  {
    ...{ values: 2, limit: 1, design: eagerFirst, symmetry: false, generated: 4_377_361, distinct: 1_789_308, depth: 30 },
    actions: perAction(
      710,
      27_560,
      950_589,
      343_305,
      1_775,
      140_580,
      64_255,
      663_474,
      66_788,
      368_912,
      1_061_598,
      682_744,
      148,
      3_480,
      1_442,
    ),
    lengths: { [majority]: 15 },
  },
  {
    values: 2,
    limit: 1,
    design: eagerFirst,
    symmetry: true,
    generated: 2_191_448,
    distinct: 895_337,
    depth: 30,
    lengths: { [majority]: 15 },
  },
  {
    values: 2,
    limit: 1,
    design: lazyFirst,
    symmetry: true,
    generated: 2_330_258,
    distinct: 946_910,
    depth: 30,
    lengths: { [majority]: 19 },
  },
  {
    values: 2,
    limit: 1,
    design: eagerGuarded,
    symmetry: true,
    generated: 2_179_624,
    distinct: 890_771,
    depth: 30,
    lengths: { [majority]: 20 },
  },
];
