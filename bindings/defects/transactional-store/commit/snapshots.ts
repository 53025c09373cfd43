/** Defects of how commits are published, and of how the store is opened. */
import { CommitProtocol } from "../../../../engine/transactional-store/commit-protocol.ts";
import type { Committing, Core } from "../../../../engine/transactional-store/commit-protocol.ts";
import { Publication } from "../../../../engine/transactional-store/publication.ts";
import { readRecords, segmentName } from "../../../../engine/transactional-store/segment.ts";
import type { SegmentHeader } from "../../../../engine/transactional-store/segment.ts";
import type { StoreState } from "../../../../engine/transactional-store/state.ts";
import type { Build } from "../../../transactional-store/commit/commit-driver.ts";
import type { Patch } from "../../../transactional-store/commit/held-store.ts";
import { WatchedRecovery } from "../../../transactional-store/commit/watched-recovery.ts";

/** Does not look at what is pending: a version is published when its commit says so. */
class PublicationOnDemand extends Publication {
  publish(version: number): void {
    super.raise(version);
  }
  protected override raise(): void {
    // The end of a commit publishes nothing by itself.
  }
}

const publishing =
  (protocol: (core: Core, publish: (version: number) => void) => CommitProtocol): Patch =>
  () => {
    let publication: PublicationOnDemand | undefined;
    return {
      publication: (version) => (publication = new PublicationOnDemand(version)),
      protocol: (core) => protocol(core, (version) => publication?.publish(version)),
    };
  };

/** `publish=perKey`: the first key that is applied publishes the version. */
class PublishesPerKey extends CommitProtocol {
  constructor(
    core: Core,
    private readonly publish: (version: number) => void,
  ) {
    super(core);
  }
  protected override apply(c: Committing, key: string): void {
    super.apply(c, key);
    this.publish(c.version);
  }
}
export const publishPerKey: Patch = publishing((core, publish) => new PublishesPerKey(core, publish));
export const tornSnapshot: Build = { name: "torn-snapshot", patch: publishPerKey };

/** `publish=onceAfterAll`: the end of a commit publishes its version, whatever is pending below. */
class PublishesAtTheEnd extends CommitProtocol {
  constructor(
    core: Core,
    private readonly publish: (version: number) => void,
  ) {
    super(core);
  }
  protected override finish(c: Committing): void {
    super.finish(c);
    this.publish(c.version);
  }
}
export const lateVersion: Build = { name: "late-version", patch: publishing((core, publish) => new PublishesAtTheEnd(core, publish)) };

/** `markPending=afterAllocation`: a version is pending only a step after it was allocated. */
class PendingOnDemand extends Publication {
  override allocated(): void {
    // Too early: the protocol marks it in a step of its own.
  }
  mark(version: number): void {
    super.allocated(version);
  }
}
class MarksLater extends CommitProtocol {
  constructor(
    core: Core,
    private readonly mark: (version: number) => void,
  ) {
    super(core);
  }
  protected override async pause(step: string, c: Committing, args: Readonly<Record<string, unknown>> = {}): Promise<void> {
    if (step === "Append") {
      await super.pause("MarkPending", c);
      this.mark(c.version);
    }
    await super.pause(step, c, args);
  }
}
export const pendingTooLate: Build = {
  name: "pending-too-late",
  patch: () => {
    let publication: PendingOnDemand | undefined;
    return {
      publication: (version) => (publication = new PendingOnDemand(version)),
      protocol: (core) => new MarksLater(core, (version) => publication?.mark(version)),
    };
  },
};

interface ReadSegment {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly header: SegmentHeader;
  readonly start: number;
}
/** `open=whileReplaying`: the records are replayed while the store serves already. */
class ServesWhileReplaying extends WatchedRecovery {
  #isInBackground = false;
  #state: StoreState | undefined;
  /** The version of new snapshots, while records come in. */
  publish: (version: number) => void = () => undefined;

  protected override async replayAll(base: Parameters<typeof this.readSegments>[0], segments: readonly ReadSegment[]): Promise<number> {
    this.#isInBackground = true;
    this.#state = base.state;
    const replay = super.replayAll(base, segments);
    void replay.then(() => this.pause("Open"));
    const last = segments.at(-1);
    return Promise.resolve(last === undefined ? 0 : readRecords(last.bytes, segmentName(last.index), last.header, last.start, true).end);
  }
  protected override async pause(step: string, args?: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.#state !== undefined) this.publish(this.#state.managerVersion);
    if (step === "Open" && this.#isInBackground) {
      this.#isInBackground = false;
      return;
    }
    await super.pause(step, args);
  }
}
export const openWhileReplaying: Build = {
  name: "open-while-replaying",
  patch: (watch) => {
    let recovery: ServesWhileReplaying | undefined;
    return {
      recovery: (...of) => (recovery = new ServesWhileReplaying(watch, ...of)),
      publication: (version) => {
        const publication = new Publication(version);
        if (recovery !== undefined) recovery.publish = (to) => publication.reset(Math.max(to, publication.storeVersion));
        return publication;
      },
    };
  },
};

/** `acknowledge=whenApplied`: the client hears of its commit before new snapshots see it. */
class AcknowledgesEarly extends CommitProtocol {
  protected override async acknowledge(c: Committing): Promise<void> {
    await this.pause("Acknowledge", c);
    c.at = "acknowledged";
  }
}
export const acknowledgesEarly: Build = {
  name: "acknowledged-when-applied",
  patch: () => ({ protocol: (core) => new AcknowledgesEarly(core) }),
};

/** `failedVersion=leaked`: the version of a commit that fails stays pending. */
class LeakingPublication extends Publication {
  isFailed: (version: number) => boolean = () => false;

  override finished(version: number, manager: number): void {
    if (!this.isFailed(version)) super.finished(version, manager);
  }
}
class LeaksVersions extends CommitProtocol {
  readonly #all = new Map<number, Committing>();

  constructor(core: Core, publication: LeakingPublication) {
    super(core);
    publication.isFailed = (version) => this.#all.get(version)?.at === "failed";
  }
  protected override allocate(c: Committing): void {
    super.allocate(c);
    this.#all.set(c.version, c);
  }
}
export const leakedVersion: Build = {
  name: "failed-version-leaked",
  patch: () => {
    let publication = new LeakingPublication(0);
    return {
      publication: (version) => (publication = new LeakingPublication(version)),
      protocol: (core) => new LeaksVersions(core, publication),
    };
  },
};
