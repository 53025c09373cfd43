/** What the audit of the transactional store says of its vectors (section 9), and what the model says. */
import type { Claim } from "./claim.ts";
import { on, shown } from "./transactional-store-checks.ts";

const vectors = on("vector-insert");
const calm = { failures: 0, crashes: 0, deletes: 0 };
const twoIds = vectors("OneIdPerKey", 13, { constants: calm, design: { vectorInsert: "checkOutside" }, ...shown("two-vector-ids") });
const twoIdsInside = vectors("OneIdPerKey", 13, { constants: calm, design: { vectorInsert: "checkInside" } });
const failedCommit = vectors("IndexEqualsStore", 7, { design: { vectorInsert: "checkOutside" } });
const crossed = vectors("IndexEqualsStore", 13, {
  constants: { ...calm, existing: 1 },
  design: { vectorInsert: "checkOutside" },
  ...shown("crossed-updates"),
});
const freshIndex = vectors("FreshIndexEqualsStore", "holds", {
  constants: { tasks: 3 },
  design: { vectorInsert: "checkOutside", vectorDelete: "outside" },
});
const phantomSearch = vectors("SearchFindsOnlyStored", 6, {
  constants: { ...calm, threads: 1 },
  design: { vectorInsert: "checkOutside" },
});

const vectorRace: readonly Claim[] = [
  {
    place: "section 9, architecture",
    claim: "searches take the read lock, upserts and deletes the write lock",
    verdict: "holds for the index alone; it says nothing of the record, which is checked and stored outside",
    checks: [vectors("everything", "holds"), phantomSearch],
  },
  {
    place: "section 9, insert race",
    claim: "two inserts of one key may allocate two ids, and one stays in the index as an orphan",
    verdict: "holds",
    checks: [twoIds],
  },
  {
    place: "section 9, insert race",
    claim: "step 6: first committer wins; the second conflicts or overwrites",
    verdict: "wrong: the transaction reads nothing, so it never conflicts; the last committer wins and the first one's id is the orphan",
    checks: [twoIds],
  },
  {
    place: "section 9, insert race",
    claim: "the store provides eventual consistency: one record persists",
    verdict: "holds for the record; the index need not agree with it: two updates may reach index and store in opposite orders",
    checks: [crossed],
  },
  {
    place: "section 9, insert race",
    claim: "the orphan stays until the collection is deleted",
    verdict: "overstated: a restart rebuilds the index from the records, without orphans",
    checks: [freshIndex],
  },
  {
    place: "section 9, insert race; section 11, row 8",
    claim: "the cause is the existence check outside the write lock",
    verdict:
      "half of it: with the check inside, the second thread still looks before the first one has stored its record. The lock must be held until the record is stored",
    checks: [twoIdsInside, vectors("OneIdPerKey", "holds")],
  },
  {
    place: "section 9, insert race; section 11, row 8",
    claim: "severity: medium",
    verdict: "out of reach: a model has no severities",
    checks: [],
  },
];

const vectorDesign: readonly Claim[] = [
  {
    place: "section 9, not transactional; section 11, row 9",
    claim: "if the transaction fails after the index was changed, the index has an entry that the store has not",
    verdict: "holds, and it stays until a restart; no crash is needed",
    checks: [failedCommit],
  },
  {
    place: "section 9, not transactional",
    claim: "recovery will not restore the embedding: data divergence",
    verdict: "wrong: recovery ends the divergence; the embedding was never committed",
    checks: [freshIndex],
  },
  {
    place: "section 9, impact",
    claim: "a crash between index update and commit leaves a phantom in the index; the rebuild clears it",
    verdict: "holds without its first half: the crash empties the index, so no crash leaves a phantom; a commit under way or failed does",
    checks: [freshIndex, vectors("FreshIndexEqualsStore", 6, { design: { rebuild: "none" } })],
  },
  {
    place: "section 9, impact; section 11, row 9",
    claim: "searches may return vectors that are not stored",
    verdict: "holds, during every insert of a new key, crash or not",
    checks: [phantomSearch, vectors("SearchFindsOnlyStored", "holds")],
  },
  {
    place: "section 9, design limitation",
    claim: "vector operations cannot take part in multi-key transactions; the code says so",
    verdict: "out of reach: the models have one key per vector operation, and no code comments",
    checks: [],
  },
  {
    place: "beyond the document",
    claim: "storing the record first, with the lock held until the index has it, is enough",
    verdict: "holds for inserts; deletes must do the same",
    checks: [
      vectors("everything", "holds", { constants: { tasks: 3, deletes: 2, crashes: 2, existing: 1 } }),
      vectors("StoredIsIndexed", 11, { design: { vectorDelete: "outside" } }),
    ],
  },
];

export const vectorClaims: readonly Claim[] = [...vectorRace, ...vectorDesign];
