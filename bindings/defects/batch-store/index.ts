/** The defects of the batch store, by name: each is a class in the place of one of the store's own, or another table port. */
import type { Patch } from "../../batch-store/store-process.ts";
import type { Design } from "../../../specs/language/instantiate.ts";
import {
  CollectsBeforeExpiry,
  DeletesUnconditionally,
  DoesNotPopulate,
  OverwritesLaterRows,
  PanicsWithoutEntry,
  SetsTimersLate,
} from "./collecting.ts";
import { RelaxedBatchIds } from "./numbering.ts";
import { FreesAsNew, TakesThenFrees } from "./sharing.ts";
import {
  AnswersFromCache,
  DuplicatesWaitForThePut,
  FlushesForDuplicates,
  ReadersToldByCalls,
  RowsThatTellOfPuts,
  SignsDuplicatesNow,
  withoutSync,
} from "./signing.ts";

export interface DefectRow {
  readonly design: Design;
  readonly counterexamples: readonly string[];
  readonly patch: Patch;
}

const of = (counterexamples: readonly string[], design: Design, patch: Patch): DefectRow => ({
  counterexamples: counterexamples.map((name) => `batch-store/${name}`),
  design,
  patch,
});

export const batchStoreDefects: Readonly<Record<string, DefectRow>> = {
  relaxedPuts: of(["only-the-notification-waits", "certified-and-lost"], { sync: "relaxed" }, { onTable: withoutSync }),
  notifiesBeforeDurable: of(
    ["notified-before-durable"],
    { sync: "relaxed", notify: "before", duplicatePersist: "signNow" },
    { onTable: withoutSync, parts: { Persist: SignsDuplicatesNow, Readers: ReadersToldByCalls } },
  ),
  answersFromCache: of(["answered-from-the-cache"], { recheck: "cache" }, { parts: { Readers: AnswersFromCache } }),
  signsDuplicatesNow: of(
    ["duplicate-persist"],
    { notify: "before", duplicatePersist: "signNow" },
    { parts: { Persist: SignsDuplicatesNow, Readers: ReadersToldByCalls } },
  ),
  flushesForDuplicates: of(
    ["duplicate-flush", "answered-from-the-cache"],
    { sync: "groupFlush", duplicatePersist: "signNow", recheck: "cache" },
    { parts: { Persist: FlushesForDuplicates, Readers: AnswersFromCache } },
  ),
  duplicatesWaitForThePut: of(
    ["duplicate-waits-for-the-put"],
    { duplicatePersist: "waitWritten" },
    { parts: { Persist: DuplicatesWaitForThePut, Rows: RowsThatTellOfPuts } },
  ),
  deletesUnconditionally: of(
    ["late-delete", "late-deletion-of-an-epoch"],
    { delete: "lateUnconditional" },
    { parts: { Collector: DeletesUnconditionally } },
  ),
  overwritesLaterRows: of(["overtaken-put"], { put: "blind" }, { parts: { Rows: OverwritesLaterRows } }),
  setsTimersLate: of(["late-timer"], { timer: "afterEntry" }, { parts: { Persist: SetsTimersLate, Collector: PanicsWithoutEntry } }),
  doesNotPopulate: of(
    ["unloaded-in-a-new-epoch", "certified-and-unserved"],
    { restart: "noPopulate" },
    { parts: { Collector: DoesNotPopulate } },
  ),
  collectsBeforeExpiry: of(["collected-before-expiry"], { restart: "wrongExpiry" }, { parts: { Collector: CollectsBeforeExpiry } }),
  relaxedBatchIds: of(["repeated-batch-id"], { batchId: "relaxed" }, { parts: { BatchIds: RelaxedBatchIds } }),
  takesThenFrees: of([], { replace: "takeThenFree" }, { parts: { Persist: TakesThenFrees } }),
  freesAsNew: of([], { free: "asNew" }, { parts: { Collector: FreesAsNew } }),
};
