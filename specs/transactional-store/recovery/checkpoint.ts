/**
 * A checkpoint puts a copy of the store on disk, with a mark that says which transactions it holds; after that the log
 * segments below the mark are deleted. Recovery loads the copy and replays what lies above the mark. Transactions get
 * their id when they begin, their version and their place in the log when they commit, so the two orders differ. (No
 * commit fails here, so the n-th record has version n.)
 * Every step of the checkpoint may be cut short by a crash of the process (the page cache survives) or of the machine.
 * Commits are strict: written and synced in one step, then applied, then answered. One record is one segment; the last
 * one is never deleted. The audit tells nothing of checkpoints; the steps are those of the code behind it.
 * Left out: more than one checkpoint file, counters kept in it, torn records (torn-tail).
 */
import { bool, int, map, mapOf, oneOf, ordered, range, record, seq, set, setOf, system } from "../../language/index.ts";
import type { Index, NextOf, ScopeOf } from "../../language/index.ts";

type Constants = { readonly threads: number };
const threads = (c: Constants): readonly Index[] => range(1, c.threads);
const Thread = ordered("Thread", threads);
const MOST = 4;
const Id = int(0, MOST);
const Copy = record({ holds: set(Id), mark: Id });

const base = system({
  name: "transactional-store/checkpoint",
  constants: {
    /** Threads that commit, each on its own branch. */
    threads: { default: 2, min: 1, max: 2 },
    transactions: { default: 3, min: 1, max: 4 },
    checkpoints: { default: 1, min: 0, max: 2 },
    crashes: { default: 1, min: 0, max: 2 },
  },
  design: {
    checkpoint: ["snapshotThenCompact", "none", "compactWithoutSnapshot"],
    /** The mark is a place in the log; or the highest transaction id in the copy; or the version counter, compared with transaction ids. */
    mark: ["place", "transactionId", "version"],
    /** The copy is taken while no commit is between log and store, or at any time. */
    copy: ["quiesced", "anytime"],
    /** The copy is synced before it counts as the checkpoint, or never. */
    copySync: ["beforePublish", "never"],
    /** What recovery reads. */
    recovery: ["snapshotAndLog", "logOnly"],
  },
  variables: {
    /** The transactions of a thread: the id of the one that runs, 0 between them. */
    running: map(Thread, Id),
    pc: map(Thread, oneOf("idle", "begun", "logged", "applied")),
    nextId: int(1, MOST + 1),
    log: seq(record({ id: int(1, MOST), place: int(1, MOST) })),
    lastPlace: Id,
    store: set(int(1, MOST)),
    acknowledged: set(int(1, MOST)),
    /** In memory: the copy that is being made. */
    copy: record({ holds: set(Id), mark: Id }),
    step: oneOf("none", "copied", "written", "synced", "published"),
    /** The file that is being written, and whether it has reached the disk. */
    written: Copy,
    onDisk: bool,
    /** The file that counts; without a checkpoint it is empty, with the mark 0. A copy that is not whole cannot be read. */
    published: record({ holds: set(Id), mark: Id, onDisk: bool, whole: bool }),
    status: oneOf("up", "down"),
    checkpoints: int(0, 2),
    crashes: int(0, 2),
  },
});

type S = ScopeOf<typeof base>;
type Effect = S & { readonly next: NextOf<typeof base> };
type OfThread = S & { readonly t: Index };
const nothing = { holds: setOf<number>(), mark: 0 };
const isUp = ({ now }: S): boolean => now.status === "up";
const isAt =
  (label: S["now"]["pc"][1]) =>
  ({ now, t }: OfThread): boolean =>
    now.pc[t] === label;
const isStep =
  (step: S["now"]["step"]) =>
  ({ now }: S): boolean =>
    now.step === step;
const hasCheckpoints = ({ design }: S): boolean => design.checkpoint === "snapshotThenCompact";

const Begin = base.action({ t: Thread }, {
  when: [isUp, isAt("idle"), ({ now, constants }) => now.nextId <= constants.transactions],
  then: ({ now, next, t }) => {
    next.running[t] = now.nextId;
    next.nextId = now.nextId + 1;
    next.pc[t] = "begun";
  },
});

const Log = base.action({ t: Thread }, {
  when: [isAt("begun")],
  then: ({ now, next, t }) => {
    next.log = [...now.log, { id: now.running[t], place: now.lastPlace + 1 }];
    next.lastPlace = now.lastPlace + 1;
    next.pc[t] = "logged";
  },
});

const Apply = base.action({ t: Thread }, {
  when: [isAt("logged")],
  then: ({ now, next, t }) => {
    next.store.add(now.running[t]);
    next.pc[t] = "applied";
  },
});

const Acknowledge = base.action({ t: Thread }, {
  when: [isAt("applied")],
  then: ({ now, next, t }) => {
    next.acknowledged.add(now.running[t]);
    next.running[t] = 0;
    next.pc[t] = "idle";
  },
});

const isQuiesced = ({ now, constants, design }: S): boolean =>
  design.copy === "anytime" || threads(constants).every((t) => now.pc[t] !== "logged");

/** Takes the mark and the copy in one step. */
const CopyStore = base.action({}, {
  when: [isUp, hasCheckpoints, isStep("none"), ({ now, constants }) => now.checkpoints < constants.checkpoints, isQuiesced],
  then: ({ now, next, design }) => {
    next.checkpoints = now.checkpoints + 1;
    next.copy = { holds: now.store, mark: design.mark === "transactionId" ? Math.max(0, ...now.store) : now.lastPlace };
    next.step = "copied";
  },
});

const WriteCopy = base.action({}, {
  when: [isStep("copied")],
  then: ({ now, next, design }) => {
    next.written = now.copy;
    next.onDisk = false;
    next.step = design.copySync === "never" ? "synced" : "written";
  },
});

const SyncCopy = base.action({}, {
  when: [isStep("written")],
  then: ({ next }) => {
    next.onDisk = true;
    next.step = "synced";
  },
});

/** The manifest names the new copy from here on; the manifest itself is written in one step and synced. */
const Publish = base.action({}, {
  when: [isStep("synced")],
  then: ({ now, next }) => {
    next.published = { ...now.written, onDisk: now.onDisk, whole: true };
    next.step = "published";
  },
});

const covered = ({ now, design }: S, r: { readonly id: number; readonly place: number }): boolean =>
  (design.mark === "place" ? r.place : r.id) <= now.published.mark;

const removable = base.domain({}, (scope) => {
  const { now, design } = scope;
  const closed = now.log.slice(0, -1);
  return (design.checkpoint === "compactWithoutSnapshot" ? closed : closed.filter((r) => covered(scope, r))).map((r) => r.place);
});
const DeleteSegment = base.action({ place: removable }, {
  when: [isUp],
  then: ({ now, next, place }) => {
    next.log = now.log.filter((r) => r.place !== place);
  },
});

const FinishCheckpoint = base.action({}, {
  when: [isStep("published")],
  then: ({ next }) => {
    next.step = "none";
  },
});

const die = ({ now, next, constants }: Effect): void => {
  next.crashes = now.crashes + 1;
  next.status = "down";
  next.store.assign([]);
  next.running = mapOf(threads(constants), () => 0);
  next.pc = mapOf(threads(constants), () => "idle" as const);
  next.copy = nothing;
  next.written = nothing;
  next.onDisk = false;
  next.step = "none";
};
const mayCrash = ({ now, constants }: S): boolean => now.crashes < constants.crashes;

const CrashProcess = base.action({}, { when: [mayCrash], then: die });

/** What was not synced is not whole afterwards. */
const CrashMachine = base.action({}, {
  when: [mayCrash, ({ now }) => !now.published.onDisk],
  then: (scope) => {
    die(scope);
    scope.next.published.whole = false;
  },
});

const Recover = base.action({}, {
  when: [({ now }) => now.status === "down"],
  then: (scope) => {
    const { now, next, design } = scope;
    const usesCopy = design.recovery === "snapshotAndLog" && now.published.whole;
    const above = now.log.filter((r) => !usesCopy || !covered(scope, r));
    next.store.assign([...(usesCopy ? now.published.holds : []), ...above.map((r) => r.id)]);
    next.status = "up";
  },
});

const ids = (of: Iterable<number>): string => [...of].map((id) => `t${String(id)}`).join(" ");

export const checkpoint = base.spec({
  init: ({ constants }) => ({
    running: mapOf(threads(constants), () => 0),
    pc: mapOf(threads(constants), () => "idle" as const),
    nextId: 1,
    log: [],
    lastPlace: 0,
    store: setOf(),
    acknowledged: setOf(),
    copy: nothing,
    step: "none",
    written: nothing,
    onDisk: false,
    published: { ...nothing, onDisk: true, whole: true },
    status: "up",
    checkpoints: 0,
    crashes: 0,
  }),
  actions: {
    Begin, Log, Apply, Acknowledge, CopyStore, WriteCopy, SyncCopy, Publish, DeleteSegment, FinishCheckpoint, CrashProcess,
    CrashMachine, Recover,
  },
  invariants: {
    AcknowledgedSurvives: ({ now }) => now.status !== "up" || now.acknowledged.every((id) => now.store.has(id)),
  },
  witnesses: { LogIsCompacted: ({ now }) => now.lastPlace > now.log.length },
  lanes: {
    actor: (action, args) =>
      action.startsWith("Crash")
        ? ""
        : typeof args["t"] === "number"
          ? `Thread ${String(args["t"])}`
          : action === "Recover" ? "Recovery" : "Checkpointer",
    stores: {
      Client: ({ now }) => (now.acknowledged.size === 0 ? "" : `${ids(now.acknowledged)} acknowledged`),
      Memory: ({ now }) => ids(now.store),
      Log: ({ now }) => now.log.map((r) => `t${String(r.id)}`).join(" | "),
      Checkpoint: ({ now }) =>
        `${now.published.whole ? "" : "unreadable "}{${ids(now.published.holds)}} up to ${String(now.published.mark)}${now.published.onDisk ? "" : " (not synced)"}`,
    },
  },
});
