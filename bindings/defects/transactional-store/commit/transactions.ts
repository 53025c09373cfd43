/** Defects of transactions: what they record of their reads, and how far they reach. */
import { CommitProtocol } from "../../../../engine/transactional-store/commit-protocol.ts";
import type { Committing, Core } from "../../../../engine/transactional-store/commit-protocol.ts";
import { pairKey } from "../../../../engine/transactional-store/keys.ts";
import { outdated } from "../../../../engine/transactional-store/prepared.ts";
import type { Prepared } from "../../../../engine/transactional-store/prepared.ts";
import type { Outcome } from "../../../../engine/transactional-store/record.ts";
import type { RequestOfClient } from "../../../../engine/transactional-store/transaction.ts";
import { Transaction } from "../../../../engine/transactional-store/transaction.ts";
import { readAt, versionOf } from "../../../../engine/transactional-store/version-chain.ts";
import type { Build } from "../../../transactional-store/commit/commit-driver.ts";
import type { Patch } from "../../../transactional-store/commit/held-store.ts";
import { ReachingTransaction, farKey } from "../../../transactional-store/commit/transactions-driver.ts";
import { publishPerKey } from "./snapshots.ts";

/** `readSet=overwrite`: a second read of a key replaces the version that the read set has for it. */
class ForgetsReads extends Transaction {
  readonly #latest = new Map<string, number>();

  protected override recordRead(internal: string, version: number): void {
    super.recordRead(internal, version);
    this.#latest.set(internal, version);
  }
  override prepare(request?: RequestOfClient): Prepared {
    return { ...super.prepare(request), reads: [...this.#latest] };
  }
  override observe() {
    return { ...super.observe(), readSet: Object.fromEntries(this.#latest) };
  }
}
export const forgetfulReadSet: Build = {
  name: "forgetful-read-set",
  patch: (watch) => ({ ...publishPerKey(watch), transaction: (...of) => new ForgetsReads(...of) }),
};

/** `validate=never`: what was read is not compared with what is there now. */
class NeverValidates extends CommitProtocol {
  protected override validate(): undefined {
    return undefined;
  }
}
export const neverValidates: Build = { name: "not-validated", patch: () => ({ protocol: (core) => new NeverValidates(core) }) };

/** The branch and the internal key that a name of a far key stands for. */
const partsOf = (own: string, internal: string): { readonly branch: string; readonly key: string } => {
  const [key = "", branch = own] = internal.split("@");
  return { branch, key };
};

/** `crossBranch=oneLock`: a transaction reads and writes other branches under the lock of its own. */
class Reaches extends ReachingTransaction {
  constructor(
    private readonly core: Core,
    ...of: ConstructorParameters<typeof Transaction>
  ) {
    super(...of);
  }
  override async getFrom(branch: string, key: string): Promise<Uint8Array | undefined> {
    const internal = pairKey(farKey(branch, key));
    if (this.observe().writes.includes(internal)) return this.get(farKey(branch, key));
    await this.pause("Read", { key: internal });
    const entry = readAt(this.core.state.branch(branch)?.chains.get(pairKey(key)), this.snapshot);
    this.recordRead(internal, versionOf(entry));
    return entry?.value?.slice();
  }
  override putTo(branch: string, key: string, value: Uint8Array): void {
    this.put(farKey(branch, key), value);
  }
}

class ReachingProtocol extends CommitProtocol {
  protected override validate(c: Committing): Extract<Outcome, { status: "refused" }> | undefined {
    const { branch: own, reads } = c.prepared;
    for (const [internal, version] of reads) {
      const { branch, key } = partsOf(own, internal);
      const chains = this.core.state.branch(branch);
      const why = chains && outdated(chains, { scans: [], reads: [[key, version]] });
      if (why !== undefined) return { status: "refused", ...why };
    }
    return undefined;
  }
  protected override apply(c: Committing, internal: string): void {
    const { branch, key } = partsOf(c.prepared.branch, internal);
    this.insert(branch, key, { version: c.version, value: c.writes.get(internal) });
    c.unapplied.delete(internal);
  }
  protected insert(branch: string, key: string, entry: { readonly version: number; readonly value: Uint8Array | undefined }): void {
    this.core.state.apply(branch, key, entry);
  }
}

/** `chainInsert=pushFront`: an entry goes to the front of its chain, whatever its version. */
class PushesToTheFront extends ReachingProtocol {
  protected override insert(
    branch: string,
    key: string,
    entry: { readonly version: number; readonly value: Uint8Array | undefined },
  ): void {
    const chains = this.core.state.branch(branch)?.chains;
    chains?.set(key, [entry, ...(chains.get(key) ?? [])]);
  }
}

const reaching =
  (newProtocol: (core: Core) => CommitProtocol): Patch =>
  () => {
    let known: Core | undefined;
    return {
      protocol: (core) => newProtocol((known = core)),
      transaction: (...of) => (known === undefined ? new Transaction(...of) : new Reaches(known, ...of)),
    };
  };
export const lostAcrossBranches: Build = { name: "lost-across-branches", patch: reaching((core) => new ReachingProtocol(core)) };
export const oldVersionInFront: Build = { name: "old-version-in-front", patch: reaching((core) => new PushesToTheFront(core)) };
