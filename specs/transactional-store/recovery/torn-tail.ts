/**
 * A log of several segments, of which only the last is written. A crash tears the record that is being written; a disk
 * may spoil a record that was written well. Recovery reads the segments in order, stops in a segment at its first bad
 * record, and goes on with the next segment or not; the writer reopens the last segment at its end (the audit, sections
 * 7 and 8: "partial WAL record at EOF", "corrupted WAL record"). Writing is strict: written and synced in one step.
 * Left out: what is not synced (durability), what is in a record (replay).
 */
import { bool, int, oneOf, range, record, seq, set, setOf, system } from "../../language/index.ts";
import type { NextOf, ScopeOf } from "../../language/index.ts";

const MOST = 6;
const Rec = record({ txn: int(1, MOST), whole: bool });
type Segment = readonly { readonly txn: number; readonly whole: boolean }[];

const log = system({
  name: "transactional-store/torn-tail",
  constants: {
    transactions: { default: 4, min: 1, max: 5 },
    /** Records that a segment holds, torn ones included. */
    perSegment: { default: 2, min: 1, max: 3 },
    crashes: { default: 2, min: 0, max: 3 },
    /** Records that the disk spoils. */
    spoilt: { default: 1, min: 0, max: 2 },
  },
  design: {
    /** What recovery does with a bad record: cut it off wherever it is; only at the end of the last segment; nowhere, so that the writer appends behind it. */
    tail: ["truncateTorn", "truncateLast", "appendAfterTorn"],
    /** What recovery does with the segments behind a bad record. */
    segments: ["stopAtFirstBad", "continueAfterBad"],
    /** If the segments behind a bad record are dropped: before the bad record is cut off, or after. */
    dropOrder: ["dropThenCut", "cutThenDrop"],
  },
  variables: {
    segments: seq(seq(Rec)),
    pc: oneOf("idle", "write", "answer", "down", "recover", "opened"),
    txn: int(0, MOST),
    /** In memory: the transactions that are applied, in this order. */
    store: seq(int(1, MOST)),
    acknowledged: set(int(1, MOST)),
    /** Acknowledged before a record was spoilt: nobody can promise these. */
    excused: set(int(1, MOST)),
    /** History: the commit order, as it stood after the last recovery, and what was logged since. */
    history: seq(int(1, MOST)),
    crashes: int(0, 3),
    spoilt: int(0, 2),
    /** In memory: how many segments recovery wants to keep, once it has cut a bad record off; 0 while it has not. */
    keep: int(0, MOST),
  },
});

type S = ScopeOf<typeof log>;
type Effect = S & { readonly next: NextOf<typeof log> };
const isAt =
  (label: S["now"]["pc"]) =>
  ({ now }: S): boolean =>
    now.pc === label;

const last = ({ now }: S): Segment => now.segments.at(-1) ?? [];
const isFull = (scope: S): boolean => last(scope).length >= scope.constants.perSegment;
const withLast = ({ now }: S, segment: Segment) => [...now.segments.slice(0, -1), segment];
const good = (segment: Segment): Segment => {
  const bad = segment.findIndex((r) => !r.whole);
  return bad < 0 ? segment : segment.slice(0, bad);
};
const isBad = (segment: Segment): boolean => segment.some((r) => !r.whole);
const firstBad = ({ now }: S): number => now.segments.findIndex(isBad);

const Begin = log.action({}, {
  when: [isAt("idle"), ({ now, constants }) => now.txn < constants.transactions],
  then: ({ now, next }) => {
    next.txn = now.txn + 1;
    next.pc = "write";
  },
});

const Rotate = log.action({}, {
  when: [isAt("write"), isFull],
  then: ({ now, next }) => {
    next.segments = [...now.segments, []];
  },
});

const Write = log.action({}, {
  when: [isAt("write"), (scope) => !isFull(scope)],
  then: (scope) => {
    const { now, next } = scope;
    next.segments = withLast(scope, [...last(scope), { txn: now.txn, whole: true }]);
    next.history = [...now.history, now.txn];
    next.pc = "answer";
  },
});

const Acknowledge = log.action({}, {
  when: [isAt("answer")],
  then: ({ now, next }) => {
    next.store = [...now.store, now.txn];
    next.acknowledged.add(now.txn);
    next.pc = "idle";
  },
});

const die = ({ now, next }: Effect): void => {
  next.crashes = now.crashes + 1;
  next.store = [];
  next.keep = 0;
  next.pc = "down";
};

const Crash = log.action({}, {
  when: [({ now }) => now.pc !== "down", ({ now, constants }) => now.crashes < constants.crashes],
  then: die,
});

const CrashTearing = log.action({}, {
  when: [isAt("write"), (scope) => !isFull(scope), ({ now, constants }) => now.crashes < constants.crashes],
  then: (scope) => {
    scope.next.segments = withLast(scope, [...last(scope), { txn: scope.now.txn, whole: false }]);
    die(scope);
  },
});

const places = log.domain({}, ({ now }) =>
  now.segments.flatMap((s, i) => s.flatMap((r, j) => (r.whole ? [{ segment: i, place: j }] : []))),
);
/** While the process is down: a read error that shows at the next recovery. */
const Spoil = log.action({ at: places }, {
  when: [isAt("down"), ({ now, constants }) => now.spoilt < constants.spoilt],
  then: ({ now, next, at }) => {
    next.spoilt = now.spoilt + 1;
    next.segments = now.segments.map((s, i) => (i === at.segment ? s.map((r, j) => (j === at.place ? { ...r, whole: false } : r)) : s));
    next.excused.assign(now.acknowledged);
  },
});

/** Once the bad record is cut off, only memory knows that the segments behind it must go. */
const isToDropLate = ({ now }: S): boolean => now.keep > 0 && now.segments.length > now.keep;
const isToDrop = (scope: S): boolean => {
  const { now, design } = scope;
  const bad = firstBad(scope);
  return design.tail === "truncateTorn" && design.segments === "stopAtFirstBad" && bad >= 0 && bad < now.segments.length - 1;
};
const StartRecovery = log.action({}, {
  when: [isAt("down")],
  then: ({ next }) => {
    next.pc = "recover";
  },
});

/** The segments behind the first bad record go one by one, the last first. */
const DropSegment = log.action({}, {
  when: [isAt("recover"), ({ now, design }) => design.dropOrder === "dropThenCut" || now.keep > 0, (scope) => isToDrop(scope) || isToDropLate(scope)],
  then: ({ now, next }) => {
    next.segments = now.segments.slice(0, -1);
  },
});

/** Which segment is cut next, or -1. */
const toCut = (scope: S): number => {
  const { now, design } = scope;
  if (design.tail === "truncateTorn") return firstBad(scope);
  return design.tail === "truncateLast" && isBad(last(scope)) ? now.segments.length - 1 : -1;
};
const CutTail = log.action({}, {
  when: [isAt("recover"), (scope) => toCut(scope) >= 0, (scope) => scope.design.dropOrder === "cutThenDrop" || !isToDrop(scope)],
  then: (scope) => {
    const { now, next, design } = scope;
    const at = toCut(scope);
    next.segments = now.segments.map((s, i) => (i === at ? good(s) : s));
    if (design.tail === "truncateTorn" && design.segments === "stopAtFirstBad") next.keep = at + 1;
  },
});

const replayed = (scope: S): readonly number[] => {
  const { now, design } = scope;
  const bad = firstBad(scope);
  const read = design.segments === "continueAfterBad" || bad < 0 ? now.segments : now.segments.slice(0, bad + 1);
  return read.flatMap((s) => good(s).map((r) => r.txn));
};
const Replay = log.action({}, {
  when: [isAt("recover"), (scope) => toCut(scope) < 0, (scope) => !isToDropLate(scope)],
  then: (scope) => {
    scope.next.store = replayed(scope);
    scope.next.pc = "opened";
  },
});

const Open = log.action({}, {
  when: [isAt("opened")],
  then: ({ now, next }) => {
    next.history = now.store;
    next.pc = "idle";
  },
});

const segmentText = (segment: Segment): string => `[${segment.map((r) => `t${String(r.txn)}${r.whole ? "" : " bad"}`).join(" ")}]`;

export const tornTail = log.spec({
  init: () => ({
    segments: [[]],
    pc: "idle",
    txn: 0,
    store: [],
    acknowledged: setOf(),
    excused: setOf(),
    history: [],
    crashes: 0,
    spoilt: 0,
    keep: 0,
  }),
  actions: { Begin, Rotate, Write, Acknowledge, Crash, CrashTearing, Spoil, StartRecovery, DropSegment, CutTail, Replay, Open },
  invariants: {
    /** Whatever was acknowledged after the last damage that no software can undo. */
    AcknowledgedSurvives: ({ now }) =>
      now.pc !== "opened" || now.acknowledged.every((t) => now.excused.has(t) || now.store.includes(t)),
    /** A recovery may lose an end of the history, never a piece from its middle. */
    RecoveredIsPrefix: ({ now }) => now.pc !== "opened" || now.store.every((t, i) => now.history[i] === t),
  },
  witnesses: {
    LaterSegmentIsReplayed: ({ now }) => now.pc === "opened" && now.segments.length > 1,
    AllAreAcknowledged: ({ now, constants }) => range(1, constants.transactions).every((t) => now.acknowledged.has(t)),
  },
  lanes: {
    actor: (action) =>
      action.startsWith("Crash") ? "" : action === "Spoil" ? "Disk" : ["StartRecovery", "DropSegment", "CutTail", "Replay", "Open"].includes(action) ? "Recovery" : "Writer",
    stores: {
      Client: ({ now }) => now.acknowledged.toArray().map((t) => `t${String(t)} acknowledged`).join(", "),
      Memory: ({ now }) => now.store.map((t) => `t${String(t)}`).join(" "),
      Segments: ({ now }) => now.segments.map(segmentText).join(" "),
    },
  },
});
