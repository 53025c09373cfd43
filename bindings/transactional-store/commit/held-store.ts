/**
 * A store on the controlled wiring whose commits stop at every step of the protocol. A crash of the process is a new
 * store on what the disk of the old one has. Branches that a spec takes as given are in the disk's image from the
 * start; the versions of their creation are `base`, and a version of the spec is one of the store above `base`.
 */
import type { CommitProtocol, Core } from "../../../engine/transactional-store/commit-protocol.ts";
import type { Observation as StoreObservation } from "../../../engine/transactional-store/observation.ts";
import type { CommitBody } from "../../../engine/transactional-store/record.ts";
import { readHeader, readRecords, segmentIndex } from "../../../engine/transactional-store/segment.ts";
import type { StoreState } from "../../../engine/transactional-store/state.ts";
import { TransactionalStore, storeParts } from "../../../engine/transactional-store/transactional-store.ts";
import type { StoreParts } from "../../../engine/transactional-store/transactional-store.ts";
import { ControlledClock } from "../../../engine/wiring/controlled/clock.ts";
import type { DiskImage } from "../../../engine/wiring/controlled/crash-images.ts";
import { ControlledDisk } from "../../../engine/wiring/controlled/disk.ts";
import { settle } from "../../../engine/wiring/controlled/settle.ts";
import type { WaitingStep } from "../../../engine/wiring/controlled/steps.ts";
import { HarnessError } from "../../../conformance/driver.ts";
import { FallibleSteps } from "./fallible-steps.ts";
import { WatchedRecovery } from "./watched-recovery.ts";
import type { Watch } from "./watched-recovery.ts";

/** What a store is built of where it is not built as in production. */
export type Patch = (watch: Watch) => Partial<StoreParts>;

export interface LoggedCommit {
  readonly version: number;
  readonly body: CommitBody;
}

/** Nothing happens by itself. */
const options = { checkpointSegments: 0, collectCommits: 0, maxTransactionAgeMs: 0, storeId: "conformance" };
const commitSteps = new Set(["Lock", "Validate", "Allocate", "MarkPending", "Append", "Apply", "ChangeIndex", "Finish", "Acknowledge"]);
const isCommitStep = (step: string): boolean => commitSteps.has(step);

type IsHeld = (step: string, args: Readonly<Record<string, unknown>>) => boolean;

export class HeldStore {
  readonly steps = new FallibleSteps();
  readonly disk: ControlledDisk;
  /** Of the engine, as soon as it has one; before that only what recovery fills. */
  store: TransactionalStore | undefined;
  core: Core | undefined;
  protocol: CommitProtocol | undefined;
  recovered: StoreState | undefined;
  failure: unknown;
  #read: { readonly bytes: number; readonly commits: readonly LoggedCommit[] } = { bytes: -1, commits: [] };

  private constructor(
    image: DiskImage,
    private readonly patch: Patch,
    readonly base: number,
    private readonly isHeld: IsHeld,
  ) {
    this.disk = new ControlledDisk(image);
  }

  /** The image of a store that `setUp` has filled, and the versions that it took. */
  static async prepared(
    setUp: (store: TransactionalStore) => Promise<void>,
  ): Promise<{ readonly image: DiskImage; readonly base: number }> {
    const made = new HeldStore(
      { files: new Map() },
      () => ({}),
      0,
      () => false,
    );
    await made.#open();
    await setUp(made.opened);
    return { image: made.disk.image(), base: made.opened.version };
  }

  /** Open, and every step of a commit is held from now on. */
  static async start(image: DiskImage, base: number, patch: Patch, isHeld: IsHeld = isCommitStep): Promise<HeldStore> {
    const held = new HeldStore(image, patch, base, isHeld);
    await held.#open();
    held.steps.hold(isHeld);
    return held;
  }

  /** The process dies. The new one is recovering, and held before each record that the spec knows of, and before it opens. */
  async crash(): Promise<HeldStore> {
    const image = this.disk.image();
    this.disk.halt();
    const next = new HeldStore(image, this.patch, this.base, this.isHeld);
    next.steps.hold(
      (step, args) => step === "Open" || (step === "ReplayRecord" && Number(args["version"]) > this.base) || this.isHeld(step, args),
    );
    void next.#open();
    await next.settle();
    return next;
  }

  /** The whole of recovery, in one. */
  async crashAndRestart(): Promise<HeldStore> {
    const image = this.disk.image();
    this.disk.halt();
    return HeldStore.start(image, this.base, this.patch, this.isHeld);
  }

  async #open(): Promise<void> {
    const watch = (state: StoreState): void => void (this.recovered = state);
    const patched: StoreParts = { ...storeParts, recovery: (...of) => new WatchedRecovery(watch, ...of), ...this.patch(watch) };
    const parts: StoreParts = {
      ...patched,
      protocol: (core) => {
        this.core = core;
        return (this.protocol = patched.protocol(core));
      },
    };
    const logger = { log: () => undefined };
    const ports = { disk: this.disk, clock: new ControlledClock(), steps: this.steps, logger };
    try {
      this.store = await TransactionalStore.open(ports, options, parts);
    } catch (error) {
      this.failure = error;
    }
    if (this.failure !== undefined) throw new HarnessError("the store does not open", [], { cause: this.failure });
  }

  get opened(): TransactionalStore {
    if (this.store === undefined) throw new HarnessError("the store is not open");
    return this.store;
  }
  /** Undefined while the store is not open. */
  observe(): StoreObservation | undefined {
    return this.store?.observe();
  }
  get isRecovering(): boolean {
    return this.store === undefined || this.steps.waiting().some(({ step }) => step === "ReplayRecord" || step === "Open");
  }
  settle(): Promise<void> {
    return settle(this.disk, this.steps);
  }

  /** A version of the spec. */
  version(ofStore: number): number {
    return Math.max(0, ofStore - this.base);
  }

  waitingOf(transaction: string): readonly WaitingStep[] {
    return this.steps.waiting().filter(({ args }) => args["transaction"] === transaction);
  }

  /** Lets the transaction take a step; says why it cannot. */
  async pass(transaction: string, step: string, key?: string): Promise<string | undefined> {
    const waiting = this.waitingOf(transaction);
    const found = waiting.find((w) => w.step === step && (key === undefined || w.args["key"] === key));
    if (found === undefined) return `the commit has not come to ${step}${key ?? ""}: it ${this.#placeText(waiting)}`;
    this.steps.release(found.id);
    await this.settle();
    return undefined;
  }
  #placeText(waiting: readonly WaitingStep[]): string {
    if (waiting.length === 0) return "waits for something else, or is over";
    return `is at ${waiting.map((w) => `${w.step}${typeof w.args["key"] === "string" ? ` of ${w.args["key"]}` : ""}`).join(", ")}`;
  }

  /** Lets a step pass that belongs to no transaction. */
  async passOf(step: string): Promise<string | undefined> {
    const found = this.steps.waiting().find((w) => w.step === step);
    if (found === undefined) return `nothing waits at ${step}`;
    this.steps.release(found.id);
    await this.settle();
    return undefined;
  }

  /** The commits on the disk above `base`, in the order of the log. */
  logged(): readonly LoggedCommit[] {
    const files = [...this.disk.image().files].filter(([name]) => segmentIndex(name) !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
    const bytes = files.reduce((sum, [, content]) => sum + content.length, 0);
    if (bytes === this.#read.bytes) return this.#read.commits;
    const commits = files.flatMap(([name, content]) => {
      const isLast = name === files.at(-1)?.[0];
      const read = readHeader(content, name, isLast);
      return read === undefined ? [] : readRecords(content, name, read.header, read.end, isLast).records;
    });
    const wanted = commits.flatMap((r) => (r.type === "commit" && r.version > this.base ? [{ version: r.version, body: r.body }] : []));
    this.#read = { bytes, commits: wanted };
    return wanted;
  }
}
