/** Defects of inserts of vectors: the index is changed by itself, under its lock, and the record is stored afterwards. */
import { lockOf } from "../../../../engine/transactional-store/commit-protocol.ts";
import type { CommitProtocol, Committing } from "../../../../engine/transactional-store/commit-protocol.ts";
import { vectorKey } from "../../../../engine/transactional-store/keys.ts";
import type { Outcome } from "../../../../engine/transactional-store/record.ts";
import type { Branch } from "../../../../engine/transactional-store/state.ts";
import {
  VectorCollections,
  decodeVector,
  decodeVectorRecord,
  encodeVectorRecord,
} from "../../../../engine/transactional-store/vector-collections.ts";
import { WatchedProtocol, productionVectors } from "../../../transactional-store/commit/vectors-driver.ts";
import type { VectorBuild } from "../../../transactional-store/commit/vectors-driver.ts";

/** `vectorInsert=checkOutside`: check, lock, index, unlock, then store the record. */
class ChecksOutside extends WatchedProtocol {
  #lastId = 0;
  readonly #ids = new Map<string, number>();

  override async commit(c: Committing): Promise<Outcome> {
    const [inserted] = c.prepared.vectors;
    if (inserted === undefined || inserted.vector === null) return super.commit(c);
    await this.pause("Validate", c);
    const stored = this.core.state.branch(c.prepared.branch)?.chains.get(vectorKey(inserted.collection, inserted.key))?.[0]?.value;
    const found = stored && decodeVectorRecord(stored, inserted.key).id;
    await this.pause("Lock", c);
    await lockOf(this.core, c.prepared.branch).acquire(c.id);
    c.locks.push(c.prepared.branch);
    c.at = "locked";
    await this.pause("ChangeIndex", c);
    this.changeIndexAlone(c, found ?? ++this.#lastId, decodeVector(inserted.vector));
    await this.pause("Finish", c);
    this.unlock(c);
    await this.pause("Append", c);
    await this.store(c);
    return { status: "committed", version: c.version };
  }

  /** By id alone, so that a key may have two. */
  protected changeIndexAlone(c: Committing, id: number, vector: Float32Array): void {
    const index = this.view.index();
    if (index.vectors.has(id)) index.remove(id);
    index.add(id, vector);
    this.#ids.set(c.id, id);
    this.view.saw(c.id, id);
  }

  protected async store(c: Committing): Promise<void> {
    this.allocate(c);
    await this.core.wal.makeDurable(await this.append(c));
    for (const key of [...c.unapplied]) this.apply(c, key);
    this.finish(c);
  }
  protected override writesOf(c: Committing): ReturnType<CommitProtocol["writesOf"]> {
    const id = this.#ids.get(c.id);
    if (id === undefined) return super.writesOf(c);
    return new Map(
      c.prepared.vectors.map((v) => [vectorKey(v.collection, v.key), v.vector === null ? undefined : encodeVectorRecord(id, v.vector)]),
    );
  }
}

export const checkOutside: VectorBuild = { name: "vector-checked-outside", protocol: (core, view) => new ChecksOutside(core, view) };

/** `rebuild=none`: a restart leaves the indexes empty. */
class NeverRebuilds extends VectorCollections {
  override rebuild(name: string, branch: Branch): void {
    // The definitions are there, so that the collections are, too.
    for (const [key, [newest]] of branch.chains.entries("c"))
      if (newest !== undefined && key.startsWith("c")) this.change(name, key, newest);
  }
}
export const noRebuild: VectorBuild = {
  name: "index-not-rebuilt",
  protocol: productionVectors.protocol,
  vectors: (newIndex) => new NeverRebuilds(newIndex),
};
