/**
 * One node's `BatchStore::persist`: insert into the cache, put the row, notify whoever subscribed, send the signature to
 * the author. Which of these may come before the row is durable, and what does a second persist of the same digest do?
 * Left out: expiry (`expiry.ts`), epochs (`restart.ts`), quotas (`quota.ts`), lists of more than one batch in a call.
 * Signing itself touches nothing shared; what binds the node is the sending, which is a step.
 */
import { bool, int, map, mapOf, names, oneOf, optional, set, setOf, symmetric, system } from "../language/index.ts";
import type { NextOf, ScopeOf, ValueOf } from "../language/index.ts";
import { RowPlace, listed } from "./vocabulary.ts";
import type { Place } from "./vocabulary.ts";

type Constants = {
  readonly calls: number;
  readonly digests: number;
  readonly subscribers: number;
  readonly processCrashes: number;
  readonly machineCrashes: number;
};
const calls = (c: Constants) => names("c", c.calls);
const digests = (c: Constants) => names("d", c.digests);
const Call = symmetric("Call", calls);
const Digest = symmetric("Digest", digests);

const store = system({
  name: "batch-store-persist",
  constants: {
    calls: { default: 2, min: 1, max: 4 },
    digests: { default: 1, min: 1, max: 2 },
    /** Readers that wait for a digest: none, or one for each digest. */
    subscribers: { default: 1, min: 0, max: 1 },
    processCrashes: { default: 1, min: 0, max: 2 },
    machineCrashes: { default: 1, min: 0, max: 2 },
  },
  design: {
    /** The put waits for its own fsync (option 1), a call's puts share one flush (option 2), or nobody waits (the code). */
    sync: ["sync", "groupFlush", "relaxed"],
    /** Subscribers hear once the row is durable, or when the call gets there. */
    notify: ["after", "before"],
    /** A digest that is in the cache already: wait until its row is durable, or until it is put, or sign at once (the code). */
    duplicatePersist: ["waitDurable", "waitWritten", "signNow"],
    /** A reader that has subscribed looks once itself: it is given a durable row only, or whatever is in the cache (the code). */
    recheck: ["durable", "cache"],
  },
  variables: {
    pc: map(Call, oneOf("idle", "put", "fsync", "wait", "notify", "send", "done")),
    /** What each call persists. */
    digest: map(Call, optional(Digest)),
    cache: set(Digest),
    row: map(Digest, RowPlace),
    /** Registered: about to look for itself. Answered: has handed the payload on. */
    subscription: map(Digest, oneOf("none", "registered", "waiting", "answered")),
    /** The digests for which a signature has left the node. */
    sent: set(Digest),
    isUp: bool,
    processCrashesLeft: int(0, (c: Constants) => c.processCrashes),
    machineCrashesLeft: int(0, (c: Constants) => c.machineCrashes),
  },
});

type Scope = ScopeOf<typeof store>;
type Next = NextOf<typeof store>;
type Design = Scope["design"];
type CallName = ValueOf<typeof Call>;
type DigestName = ValueOf<typeof Digest>;
type Label = Scope["now"]["pc"][CallName];
type OfCall = Scope & { readonly c: CallName };

const isAt =
  (label: Label) =>
  ({ now, c }: OfCall): boolean =>
    now.pc[c] === label;
/** The digest of a call that has begun. */
const persisted = store.domain({ c: Call }, ({ now, c }) => [now.digest[c]].filter((d) => d !== null));

const afterNotify = (design: Design): Label => (design.sync === "groupFlush" ? "fsync" : "send");
/** Where a call goes when its put has returned. */
const afterPut = (design: Design): Label => (design.notify === "before" ? "notify" : afterNotify(design));

/** The per-digest lock is held for this one step only: the put comes after it. */
const Insert = store.action({ c: Call, d: Digest }, {
  when: [isAt("idle"), ({ now }) => now.isUp],
  then: ({ now, next, design, c, d }) => {
    const isDuplicate = now.cache.has(d);
    next.digest[c] = d;
    next.cache.add(d);
    next.pc[c] = !isDuplicate ? "put" : design.duplicatePersist === "signNow" ? afterPut(design) : "wait";
  },
});

/** Into the page cache. */
const Put = store.action({ c: Call, d: persisted }, {
  when: [isAt("put")],
  then: ({ next, design, c, d }) => {
    next.row[d] = "page cache";
    next.pc[c] = design.sync === "sync" ? "fsync" : afterPut(design);
  },
});

/** One log: what others have put is written with it. */
const Fsync = store.action({ c: Call }, {
  when: [isAt("fsync")],
  then: ({ now, next, constants, design, c }) => {
    for (const d of digests(constants)) if (now.row[d] === "page cache") next.row[d] = "disk";
    next.pc[c] = design.sync === "sync" && design.notify === "before" ? "notify" : "send";
  },
});

/** The second persist of a digest goes on when the first one's row is where the design wants it. */
const WaitForRow = store.action({ c: Call, d: persisted }, {
  when: [
    isAt("wait"),
    ({ now, design, d }) => (design.duplicatePersist === "waitDurable" ? now.row[d] === "disk" : now.row[d] !== "absent"),
  ],
  then: ({ next, design, c }) => {
    next.pc[c] = afterPut(design);
  },
});

const isWaiting = ({ now }: Scope, d: DigestName): boolean => now.subscription[d] === "registered" || now.subscription[d] === "waiting";

/** The notification as a step of the call, which looks at nothing. */
const Notify = store.action({ c: Call, d: persisted }, {
  when: [isAt("notify")],
  then: (scope) => {
    const { next, design, c, d } = scope;
    if (isWaiting(scope, d)) next.subscription[d] = "answered";
    next.pc[c] = afterNotify(design);
  },
});

/** The notification as a consequence of the row's being durable. */
const NotifyOfDurable = store.action({ d: Digest }, {
  when: [({ design }) => design.notify === "after", (scope) => isWaiting(scope, scope.d), ({ now, d }) => now.row[d] === "disk"],
  then: ({ next, d }) => {
    next.subscription[d] = "answered";
  },
});

/** The signature goes to the author: from here on others count on this node. */
const Send = store.action({ c: Call, d: persisted }, {
  when: [isAt("send")],
  then: ({ next, c, d }) => {
    next.sent.add(d);
    next.pc[c] = "done";
  },
});

const Subscribe = store.action({ d: Digest }, {
  when: [({ constants }) => constants.subscribers > 0, ({ now }) => now.isUp, ({ now, d }) => now.subscription[d] === "none"],
  then: ({ next, d }) => {
    next.subscription[d] = "registered";
  },
});

/** For the persist that came before the subscription: `get_batch_from_local`. */
const Recheck = store.action({ d: Digest }, {
  when: [({ now, d }) => now.subscription[d] === "registered"],
  then: ({ now, next, design, d }) => {
    const isThere = design.recheck === "cache" ? now.cache.has(d) : now.row[d] === "disk";
    next.subscription[d] = isThere ? "answered" : "waiting";
  },
});

/** The operating system, whenever it likes. */
const WriteBack = store.action({ d: Digest }, {
  when: [({ now, d }) => now.row[d] === "page cache"],
  then: ({ next, d }) => {
    next.row[d] = "disk";
  },
});

/** Calls, cache and subscriptions end with the process; what was sent or handed on stays so. */
const stop = ({ now, next, constants }: Scope & { readonly next: Next }): void => {
  next.isUp = false;
  next.cache.assign([]);
  for (const c of calls(constants)) if (now.pc[c] !== "idle") next.pc[c] = "done";
  for (const d of digests(constants)) if (now.subscription[d] !== "answered") next.subscription[d] = "none";
};

const ProcessCrash = store.action({}, {
  when: [({ now }) => now.isUp, ({ now }) => now.processCrashesLeft > 0],
  then: (scope) => {
    stop(scope);
    scope.next.processCrashesLeft = scope.now.processCrashesLeft - 1;
  },
});

/** It may come while the process is down. */
const MachineCrash = store.action({}, {
  when: [({ now }) => now.machineCrashesLeft > 0],
  then: (scope) => {
    const { now, next, constants } = scope;
    stop(scope);
    next.machineCrashesLeft = now.machineCrashesLeft - 1;
    for (const d of digests(constants)) if (now.row[d] === "page cache") next.row[d] = "absent";
  },
});

/** Every row is loaded (`restart.ts` asks what happens otherwise). */
const Restart = store.action({}, {
  when: [({ now }) => !now.isUp],
  then: ({ now, next, constants }) => {
    next.isUp = true;
    next.cache.assign(digests(constants).filter((d) => now.row[d] !== "absent"));
  },
});

/** Serving goes through the cache: what a running node has signed, it can serve. */
const SignedIsServed = ({ now }: Scope): boolean => !now.isUp || now.sent.every((d) => now.cache.has(d));
/** What a reader was told is persisted, the running node still has. */
const NotifiedIsKept = ({ now, constants }: Scope): boolean =>
  !now.isUp || digests(constants).every((d) => now.subscription[d] !== "answered" || now.cache.has(d));

const placed = (place: Place) => ({ now, constants }: Scope): string => listed(digests(constants), (d) => now.row[d] === place);

export const persistSpec = store.spec({
  init: ({ constants: c }) => ({
    pc: mapOf(calls(c), () => "idle"),
    digest: mapOf(calls(c), () => null),
    cache: setOf(),
    row: mapOf(digests(c), () => "absent"),
    subscription: mapOf(digests(c), () => "none"),
    sent: setOf(),
    isUp: true,
    processCrashesLeft: c.processCrashes,
    machineCrashesLeft: c.machineCrashes,
  }),
  actions: {
    Insert,
    Put,
    Fsync,
    WaitForRow,
    Notify,
    NotifyOfDurable,
    Send,
    Subscribe,
    Recheck,
    WriteBack,
    ProcessCrash,
    MachineCrash,
    Restart,
  },
  invariants: { SignedIsServed, NotifiedIsKept },
  witnesses: {
    EveryCallSends: ({ now, constants }) =>
      now.isUp &&
      now.sent.size > 0 &&
      now.processCrashesLeft === constants.processCrashes &&
      now.machineCrashesLeft === constants.machineCrashes &&
      calls(constants).every((c) => now.pc[c] === "done"),
    AReaderIsAnswered: ({ now, constants }) =>
      constants.subscribers === 0 || digests(constants).some((d) => now.subscription[d] === "answered"),
    ASignedBatchSurvivesACrash: ({ now, constants }) =>
      now.isUp && now.sent.size > 0 && now.processCrashesLeft + now.machineCrashesLeft < constants.processCrashes + constants.machineCrashes,
  },
  lanes: {
    actor: (action, { c, d }) =>
      typeof c === "string"
        ? `Call ${c}`
        : action === "Subscribe" || action === "Recheck"
          ? `Reader of ${String(d)}`
          : action === "WriteBack"
            ? "Operating system"
            : action === "NotifyOfDurable"
              ? "Store"
              : "",
    stores: {
      Cache: ({ now }) => now.cache.toArray().join(" "),
      "Page cache": placed("page cache"),
      Disk: placed("disk"),
      Readers: ({ now, constants }) => listed(digests(constants), (d) => now.subscription[d] === "answered"),
      Author: ({ now }) => now.sent.toArray().map((d) => `signature of ${d}`).join(" "),
    },
  },
});
