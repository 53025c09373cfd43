/** The claims of "Quorum Store Batch Persistence Race Condition", and what its document leaves to be decided. */
import { asInTheCode, optionOne, optionTwo } from "../models/batch-store-persist.ts";
import { furtherClaims, toDecide } from "./batch-store-decided.ts";
import { holds, outOfReach, violated } from "./batch-store-check.ts";
import type { Claim, ClaimsTable } from "./claim.ts";

const processOnly = { processCrashes: 1, machineCrashes: 0 } as const;
const readerFirst = { ...asInTheCode, recheck: "durable" } as const;

const toldTooEarly = violated("notify", "NotifiedIsKept", 7, { design: readerFirst, counterexample: "notified-before-durable" });
const keptByPageCache = holds("notify", { constants: processOnly, design: readerFirst });
const signedAndLost = violated("notify", "SignedIsServed", 7, { design: asInTheCode });
const oneCrashKept = [
  holds("proof", { constants: { machineCrashes: 1 }, design: { sync: "relaxed", refetch: "never" }, property: "ProofIsKept" }),
  holds("proof", { constants: { machineCrashes: 1 }, design: { sync: "relaxed", refetch: "never" }, property: "ProofIsServed" }),
];
const lostTogether = violated("proof", "ProofIsKept", 8, { design: { sync: "relaxed" } });
const lostInTurn = violated("proof", "ProofIsKept", 9, {
  constants: { overlapping: 0, processCrashes: 0, machineCrashes: 2 },
  design: { sync: "relaxed" },
  counterexample: "certified-and-lost",
});
const duplicateInOptionOne = violated("duplicate-persist", "SignedIsServed", 7, { design: optionOne, counterexample: "duplicate-persist" });
const duplicateInOptionTwo = violated("duplicate-persist", "SignedIsServed", 7, { design: optionTwo, counterexample: "duplicate-flush" });
const both = { calls: 2, digests: 1 } as const;

const finding: readonly Claim[] = [
  {
    place: "Title, Summary",
    claim: "Subscribers are notified before the batch is durable, and act on data that a machine crash may take away",
    verdict: "holds, for machine crashes",
    checks: [toldTooEarly],
  },
  {
    place: "Summary",
    claim: 'This violates what "persist" promises, and crash recovery finds an inconsistent state',
    verdict: "holds, for machine crashes: the restarted node cannot serve what it signed",
    checks: [signedAndLost],
  },
  {
    place: "Finding, step 1",
    claim: "`persist_inner()` writes relaxed: the data is in the page cache, not on the disk",
    verdict: "holds, and matters: with relaxed puts alone, all else being safe, a signed batch is lost in a machine crash",
    checks: [violated("notify", "SignedIsServed", 6, { design: { sync: "relaxed" } })],
  },
  {
    place: "Finding, step 2",
    claim: "The write reports success at once",
    verdict: "holds by the way the put is modelled; an fsync before success repairs a single persist",
    checks: [holds("notify", { design: { ...optionOne, recheck: "durable" } })],
  },
  {
    place: "Finding, step 3",
    claim: "`notify_subscribers()` is called right after it",
    verdict: "holds; even with a flush, a notification before it is too early",
    checks: [toldTooEarly, violated("notify", "NotifiedIsKept", 7, { design: { sync: "groupFlush", notify: "before" } })],
  },
  {
    place: "Finding, step 4",
    claim: "Subscribers receive the value and act on it immediately",
    verdict: "holds, and understated: a subscriber also looks into the cache itself, before anything is written",
    checks: [violated("notify", "NotifiedIsKept", 6, { design: asInTheCode })],
  },
  {
    place: "Finding, `write_schemas_relaxed`",
    claim: "If just the process crashes, no write is lost",
    verdict:
      "holds for what was put; but a process crash loses a batch that was signed before its put, by a second persist or by a look into the cache",
    checks: [keptByPageCache, violated("duplicate-persist", "SignedIsServed", 7, { design: asInTheCode })],
  },
  {
    place: "Finding, the critical window",
    claim: "A machine crash between the notification and the fsync loses the batch although subscribers acted on it",
    verdict: "holds",
    checks: [toldTooEarly],
  },
  {
    place: "Finding, the critical window",
    claim: "On restart the node cannot reconstruct its previous state",
    verdict: "holds for the node alone; a batch with a proof is still with another honest signer, after one machine crash",
    checks: [violated("proof", "SignedIsServed", 5, { design: { sync: "relaxed" } }), ...oneCrashKept],
  },
  outOfReach(
    "Finding, the invariant",
    'This breaks "state transitions must be atomic and verifiable via Merkle proofs"',
    "a batch is input to consensus, and the models have no state tree",
  ),
];

const impact: readonly Claim[] = [
  outOfReach("Impact", "The severity is HIGH", "a severity is a judgement"),
  {
    place: "Impact 1",
    claim: "Nodes can vote on blocks with batches that they lose, and diverge after recovery",
    verdict:
      "half: the loss holds; a divergence cannot arise in the model, where a digest names one payload, so that a node has it or waits for it",
    checks: [signedAndLost],
  },
  {
    place: "Impact 2",
    claim: "Validators that crash cannot serve batch requests",
    verdict: "holds for machine crashes; wrong for process crashes, unless rows are not loaded (row d)",
    checks: [
      violated("proof", "SignedIsServed", 5, { design: { sync: "relaxed" } }),
      holds("proof", { constants: { processCrashes: 3, machineCrashes: 0 }, design: { sync: "relaxed" } }),
    ],
  },
  {
    place: "Impact 2",
    claim: "If several validators crash simultaneously, batches can be lost for good",
    verdict: "holds from f + 1 honest signers on, and overstated in one word: they need not crash simultaneously",
    checks: [lostTogether, lostInTurn, ...oneCrashKept],
  },
  outOfReach(
    "Impact 2",
    "The network slows down; partitions may be followed by cascading failures",
    "the models have neither speed nor partitions",
  ),
  {
    place: "Impact 3",
    claim: "`persist()`, `PersistedValue` and the notification imply a durability that is not there",
    verdict: "holds, for machine crashes",
    checks: [toldTooEarly],
  },
  {
    place: "Impact 4",
    claim: "Validators may sign proofs of store for batches that they cannot access later",
    verdict: "holds, and understated: with two persists of a digest a process crash is enough, and with synced puts",
    checks: [signedAndLost, duplicateInOptionOne],
  },
  outOfReach("Impact", "No funds are lost, and no different blocks are committed", "the models end where consensus begins"),
  {
    place: "Impact",
    claim: "State inconsistencies need manual intervention",
    verdict: "wrong after fewer than f + 1 losses, for others still serve the batch; after f + 1 there is nothing left to intervene with",
    checks: [...oneCrashKept, lostTogether],
  },
];

const likelihood: readonly Claim[] = [
  outOfReach("Likelihood", "MEDIUM", "a likelihood"),
  outOfReach("Likelihood 1", "Machine crashes are common, weekly in a large validator set", "a likelihood"),
  outOfReach(
    "Likelihood 2",
    "The window is 5 seconds by default, and over 30 under load",
    "a duration; the models let write-back take any time",
  ),
  {
    place: "Likelihood 3",
    claim: "No recovery exists for this, and subscribers take `PersistedValue` for durable",
    verdict: "half: readers do; but whoever lacks a batch with a proof fetches it from its signers, and one machine crash loses none",
    checks: [toldTooEarly, ...oneCrashKept],
  },
  {
    place: "Likelihood 4",
    claim: "The subscriptions amplify: several components act on data that is not durable",
    verdict: "holds for what readers do; what the signatures promise is broken without any reader as well",
    checks: [
      violated("notify", "NotifiedIsKept", 6, { design: asInTheCode }),
      violated("notify", "SignedIsServed", 6, { constants: { subscribers: 0 }, design: { sync: "relaxed" } }),
    ],
  },
  outOfReach("Likelihood", "It is not easily exploited from outside", "the models have crashes, not attackers who cause them"),
];

const recommendation: readonly Claim[] = [
  {
    place: "Option 1",
    claim: "With synced writes subscribers get durable data",
    verdict: "wrong: a reader that looks into the cache is answered before the put; it holds for a reader that waits for the notification",
    checks: [
      violated("notify", "NotifiedIsKept", 6, { design: optionOne }),
      holds("notify", { design: { ...optionOne, recheck: "durable" } }),
    ],
  },
  {
    place: "Option 1",
    claim: "(implied) With synced writes what is signed is durable",
    verdict: "wrong: a second persist of the digest signs before the first one's put, and a process crash loses the batch",
    checks: [duplicateInOptionOne],
  },
  {
    place: "Option 1",
    claim: "(implied) It is enough",
    verdict: "wrong; it is, together with two more: a duplicate waits until its row is durable, and readers are given durable rows only",
    checks: [
      violated("persist", "NotifiedIsKept", 6, {
        constants: both,
        design: { ...optionOne, duplicatePersist: "waitDurable" },
        property: "everything",
      }),
      violated("persist", "SignedIsServed", 7, { constants: both, design: { ...optionOne, recheck: "durable" }, property: "everything" }),
      holds("persist", { constants: both, design: { ...optionOne, duplicatePersist: "waitDurable", recheck: "durable" } }),
    ],
  },
  {
    place: "Option 2",
    claim: "With a flush before it, the notification follows durability",
    verdict: "wrong: as for option 1, the look into the cache does not wait, and a process crash is enough",
    checks: [
      violated("notify", "NotifiedIsKept", 6, { constants: processOnly, design: optionTwo, counterexample: "answered-from-the-cache" }),
      holds("notify", { design: { ...optionTwo, recheck: "durable" } }),
    ],
  },
  {
    place: "Option 2",
    claim: "(implied) It is enough",
    verdict: "wrong: a second persist flushes a row that is not put yet, and signs; with the two additions of option 1 it is enough",
    checks: [
      duplicateInOptionTwo,
      holds("persist", { constants: both, design: { ...optionTwo, duplicatePersist: "waitDurable", recheck: "durable" } }),
    ],
  },
  {
    place: "Option 2",
    claim: "Deferring the notification is what matters",
    verdict:
      "wrong: alone it leaves signatures without rows; option 2 helps because its flush also comes before the signatures are returned",
    checks: [
      violated("notify", "SignedIsServed", 6, {
        design: { sync: "relaxed", notify: "after", duplicatePersist: "signNow" },
        counterexample: "only-the-notification-waits",
      }),
    ],
  },
  {
    place: "Option 3",
    claim: "Accept the risk, and fetch lost batches from peers on restart",
    verdict:
      "does not suffice: a node that crashes before the proof does not know what to fetch; enough only if nodes crash one at a time, after the proof, and fetch before they do anything else",
    checks: [
      lostInTurn,
      violated("proof", "ProofIsKept", 9, {
        constants: { overlapping: 0, processCrashes: 0, machineCrashes: 2 },
        design: { sync: "relaxed", refetch: "beforeWork" },
      }),
      violated("proof", "ProofIsKept", 9, {
        constants: { overlapping: 0, early: 0, processCrashes: 0, machineCrashes: 2 },
        design: { sync: "relaxed" },
      }),
      holds("proof", {
        constants: { overlapping: 0, early: 0, processCrashes: 0, machineCrashes: 2 },
        design: { sync: "relaxed", refetch: "beforeWork" },
      }),
    ],
  },
];

const rest: readonly Claim[] = [
  {
    place: "Proof of concept",
    claim: "Dropping the store and opening the files again shows the loss",
    verdict: "wrong: that is a process crash, which keeps the page cache; the test can print its first line only",
    checks: [keptByPageCache],
  },
  outOfReach("Notes", "The relaxed writes are intended, for speed", "an intention"),
  {
    place: "Notes",
    claim: "The impact grows when several validators crash simultaneously",
    verdict: "holds from f + 1 honest signers on: f + 1 of them when f nodes are byzantine, all 2f + 1 when none is",
    checks: [
      lostTogether,
      holds("proof", {
        constants: { byzantine: 0, processCrashes: 0, machineCrashes: 2 },
        design: { sync: "relaxed", refetch: "never" },
        property: "ProofIsKept",
      }),
      violated("proof", "ProofIsKept", 11, {
        constants: { byzantine: 0, processCrashes: 0, machineCrashes: 3 },
        design: { sync: "relaxed", refetch: "never" },
      }),
    ],
  },
  {
    place: "Notes",
    claim: "Crashes in normal operation are enough, no attacker is needed",
    verdict: "holds: the models of one node have none",
    checks: [signedAndLost],
  },
  {
    place: "Notes",
    claim: "Recovery needs manual intervention or a re-fetching that is not implemented",
    verdict: "wrong in part: fetching from signers exists and is enough after one machine crash; after f + 1 losses neither helps",
    checks: [...oneCrashKept, lostInTurn],
  },
  outOfReach("Notes", "Batches of both versions are affected", "they take the same steps, so the models have one version"),
];

export const batchStoreClaims: ClaimsTable = {
  system: "batch-store",
  document: '"Quorum Store Batch Persistence Race Condition: Subscribers Notified Before Durable Storage Guarantees" (audit report)',
  claims: [...finding, ...impact, ...likelihood, ...recommendation, ...rest, ...toDecide, ...furtherClaims],
};
