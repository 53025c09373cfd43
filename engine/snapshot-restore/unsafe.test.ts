/** The searches of restore.test.ts can fail: each unsafe design, as a subclass, is caught by them. */
import { describe, expect, it } from "vitest";
import { ExampleSource, pairsOf, run, snapshotOf } from "./fixtures/example-snapshot.ts";
import { badChunks, searchFaults, wrongWhenFinished } from "./fixtures/restore-oracle.ts";
import type { SearchOptions } from "./fixtures/restore-oracle.ts";
import { Frontier } from "./merkle/frontier.ts";
import type { Hash } from "./merkle/hash.ts";
import type { OfferedChunk } from "./offered-chunk.ts";
import { Restore } from "./restore.ts";
import type { RestoreOptions } from "./restore.ts";
import { RestoreDriver } from "./restore-driver.ts";
import { TreeSide } from "./tree-side.ts";

class KvBeforeVerification extends Restore {
  protected override mayWriteKv(): Promise<void> {
    return Promise.resolve();
  }
  protected override frontierAfter(chunk: OfferedChunk): Promise<Frontier> {
    const frontier = this.kv.frontier;
    for (const leaf of chunk.leaves) if (!this.kv.has(leaf.keyHash)) frontier.add(leaf);
    return Promise.resolve(frontier);
  }
}

class NoneIsOther extends Restore {
  protected override resumePoint(): Hash | undefined {
    return super.resumePoint() ?? this.kv.progress ?? this.tree.previous;
  }
}

class NoFinishCheck extends Restore {
  protected override checkFinished(): void {
    return;
  }
}

class NoneIsOtherAndNoFinishCheck extends NoneIsOther {
  protected override checkFinished(): void {
    return;
  }
}

/** Knows every chunk that it has had in memory. */
class RememberingTree extends TreeSide {
  private readonly before = new Map<Hash | undefined, Frontier>();
  override add(chunk: OfferedChunk): Promise<Frontier> {
    if (this.previous === chunk.after) this.before.set(chunk.after, Frontier.of(this.frontier.value()));
    return super.add(chunk);
  }
  protected override frontierIfWholeIsProven(chunk: OfferedChunk): Promise<Frontier | undefined> {
    const whole = Frontier.of((this.before.get(chunk.after) ?? Frontier.empty()).value());
    for (const leaf of chunk.leaves) whole.add(leaf);
    return Promise.resolve(this.frontierIfProven(whole, chunk));
  }
}
/** May be used again after a failure. */
class Reusable extends Restore {
  protected override newTreeSide(...[table, shardOf]: Parameters<Restore["newTreeSide"]>): TreeSide {
    return new RememberingTree(table, this.manifest, shardOf, this.steps);
  }
  again(): void {
    this.pc = "ready";
  }
}
class RetryOnTheSameObject extends RestoreDriver {
  protected override async retry(restore: Restore, error: unknown): Promise<Restore> {
    await this.settle(error);
    if (!(restore instanceof Reusable)) throw error;
    restore.again();
    return restore;
  }
}

class UncheckedOverlapTree extends TreeSide {
  protected override frontierIfWholeIsProven(chunk: OfferedChunk): Promise<Frontier | undefined> {
    return Promise.resolve(this.frontierIfProven(this.frontier, chunk) ?? Frontier.of(this.frontier.value()));
  }
}
/** The asynchronous write counts as done when it has begun. */
class EarlyTree extends TreeSide {
  override wait(): Promise<unknown> {
    return Promise.resolve(undefined);
  }
}
class UncheckedOverlap extends Restore {
  protected override newTreeSide(...[table, shardOf]: Parameters<Restore["newTreeSide"]>): TreeSide {
    return new UncheckedOverlapTree(table, this.manifest, shardOf, this.steps);
  }
}
class AcknowledgedEarly extends Restore {
  protected override newTreeSide(...[table, shardOf]: Parameters<Restore["newTreeSide"]>): TreeSide {
    return new EarlyTree(table, this.manifest, shardOf, this.steps);
  }
}
class RootFirst extends Restore {
  protected override async finishTree(): Promise<void> {
    await this.tree.writeRoot();
    await this.tree.writeRest();
  }
}

const six = await snapshotOf(pairsOf(["a", "b", "c", "d", "e", "f"]));
const wrongValues = six.chunks.flatMap((chunk, i) =>
  badChunks(chunk).flatMap(([name, b]) => (name.startsWith("value") ? [[i, b] as const] : [])),
);
const wrongOf = async (options: SearchOptions): Promise<readonly string[]> => (await searchFaults(six, options)).wrong;
const by = (of: new (options: RestoreOptions) => Restore) => (options: RestoreOptions) => new of(options);

describe("is caught:", () => {
  it("values that are written before the chunk is verified", async () => {
    const wrong = await wrongOf({ bad: wrongValues, newRestore: by(KvBeforeVerification), until: "wrong pair" });
    expect(wrong).toContainEqual(expect.stringContaining("wrong pair"));
  });

  it("going on from the other side's progress when a side has none", async () => {
    const wrong = await wrongOf({ newRestore: by(NoneIsOther), until: "failed without need" });
    expect(wrong).toContainEqual(expect.stringContaining("failed without need"));
  });

  it("the same without a check at finish: a finished restore without its tree", async () => {
    const two = await snapshotOf(six.pairs.slice(0, 2));
    const { wrong } = await searchFaults(two, { newRestore: by(NoneIsOtherAndNoFinishCheck), until: `node "" is` });
    expect(wrong).toContainEqual(expect.stringContaining(`node "" is`));
  });

  it("no check at finish", async () => {
    const early = { ...six, manifest: { ...six.manifest, chunkEnds: six.manifest.chunkEnds.slice(0, 2) } };
    const { outcome, disk } = await run(early, { source: new ExampleSource(early), newRestore: by(NoFinishCheck) });
    expect(outcome).toBe("finished");
    expect(await wrongWhenFinished(disk, six)).toBeDefined();
  });

  it("a retry on the same object: a node is missing below the right root", async () => {
    const options = {
      newRestore: by(Reusable),
      newDriver: (o: ConstructorParameters<typeof RestoreDriver>[0]) => new RetryOnTheSameObject(o),
    };
    const wrong = await wrongOf({ failing: true, ...options, until: "is missing" });
    expect(wrong).toContainEqual(expect.stringContaining("is missing"));
  });

  it("an overlap that the proof does not cover", async () => {
    const wrong = await wrongOf({ bad: wrongValues, newRestore: by(UncheckedOverlap), until: "wrong pair" });
    expect(wrong).toContainEqual(expect.stringContaining("wrong pair"));
  });

  it("an asynchronous write that counts as done when it has begun", async () => {
    const wrong = await wrongOf({ failing: true, newRestore: by(AcknowledgedEarly), until: "is missing" });
    expect(wrong).toContainEqual(expect.stringContaining("is missing"));
  });

  it("a root that is written before the rest of the tree", async () => {
    const wrong = await wrongOf({ newRestore: by(RootFirst), until: "is missing" });
    expect(wrong).toContainEqual(expect.stringContaining("is missing"));
  });
});
