/**
 * One digest on one node that is persisted again with a later expiry, while certified time advances and what has expired
 * is collected. Cache and rows change in steps of their own, so one may overtake the other.
 * A put is durable when it returns (`persist.ts` asks about that), so what holds here holds for both kinds of crash.
 * Left out: the grace period before collection (`restart.ts`), epochs, quotas.
 */
import { bool, int, map, mapOf, names, oneOf, optional, range, set, setOf, symmetric, system } from "../language/index.ts";
import type { ScopeOf, ValueOf } from "../language/index.ts";

type Constants = { readonly calls: number; readonly lastTime: number; readonly inMemory: number; readonly crashes: number };
const calls = (c: Constants) => names("c", c.calls);
const Call = symmetric("Call", calls);
const time = int(0, (c: Constants) => c.lastTime);

const store = system({
  name: "batch-store-expiry",
  constants: {
    calls: { default: 2, min: 1, max: 3 },
    /** Times and expiries are 1 to this. */
    lastTime: { default: 2, min: 1, max: 3 },
    /** 0: the author is over its memory quota, so that the cache holds metadata only and the payload is read from the row. */
    inMemory: { default: 1, min: 0, max: 1 },
    crashes: { default: 1, min: 0, max: 2 },
  },
  design: {
    /** The collector's delete looks at the row's expiry again, or erases what was expired when it decided to (the code). */
    delete: ["conditional", "lateUnconditional"],
    /** A put leaves a row with a later expiry alone, or writes over it (the code). */
    put: ["ifLater", "blind"],
    /** The expiry timer is set under the lock of the cache entry, or after it (the code). */
    timer: ["withEntry", "afterEntry"],
  },
  variables: {
    /** The certified time. */
    time,
    /** The expiry of the cache entry. */
    cache: optional(time),
    /** The expiry in the row. */
    row: optional(time),
    timers: set(time),
    pc: map(Call, oneOf("idle", "insert", "timer", "put", "wait", "send", "done")),
    expiry: map(Call, time),
    collector: oneOf("idle", "expire", "delete"),
    /** The latest expiry for which a signature was sent; 0 before the first. */
    signedUntil: time,
    /** The collector found no cache entry for a timer: `unreachable!("Expired entry not in cache")`. */
    panicked: bool,
    isUp: bool,
    crashesLeft: int(0, (c: Constants) => c.crashes),
  },
});

type Scope = ScopeOf<typeof store>;
type CallName = ValueOf<typeof Call>;
type Label = Scope["now"]["pc"][CallName];
const isAt =
  (label: Label) =>
  ({ now, c }: Scope & { readonly c: CallName }): boolean =>
    now.pc[c] === label;
const times = (c: Constants) => range(1, c.lastTime);

/** The expiry is compared with the certified time before the entry is locked. */
const CheckExpiry = store.action({ c: Call, e: times }, {
  when: [isAt("idle"), ({ now }) => now.isUp, ({ now, e }) => e > now.time],
  then: ({ next, c, e }) => {
    next.expiry[c] = e;
    next.pc[c] = "insert";
  },
});

/** Under the lock of the entry. A later or equal expiry that is there already needs no put. */
const Insert = store.action({ c: Call }, {
  when: [isAt("insert")],
  then: ({ now, next, design, c }) => {
    const e = now.expiry[c];
    if (now.cache !== null && now.cache >= e) {
      next.pc[c] = "wait";
      return;
    }
    next.cache = e;
    if (design.timer === "withEntry") next.timers.add(e);
    next.pc[c] = design.timer === "withEntry" ? "put" : "timer";
  },
});

const SetTimer = store.action({ c: Call }, {
  when: [isAt("timer")],
  then: ({ now, next, c }) => {
    next.timers.add(now.expiry[c]);
    next.pc[c] = "put";
  },
});

const Put = store.action({ c: Call }, {
  when: [isAt("put")],
  then: ({ now, next, design, c }) => {
    const isLater = now.row === null || now.row < now.expiry[c];
    if (isLater || design.put === "blind") next.row = now.expiry[c];
    next.pc[c] = "send";
  },
});

/** A call that found the entry there waits for its row: `duplicatePersist=waitDurable` of `persist.ts`. */
const WaitForRow = store.action({ c: Call }, {
  when: [isAt("wait"), ({ now, c }) => now.row !== null && now.row >= now.expiry[c]],
  then: ({ next, c }) => {
    next.pc[c] = "send";
  },
});

const Send = store.action({ c: Call }, {
  when: [isAt("send")],
  then: ({ now, next, c }) => {
    next.signedUntil = Math.max(now.signedUntil, now.expiry[c]);
    next.pc[c] = "done";
  },
});

/** `update_certified_timestamp`; the same time may be reported again. */
const AdvanceTime = store.action({ to: times }, {
  when: [({ now }) => now.collector === "idle", ({ now }) => now.isUp, ({ now, to }) => to >= now.time],
  then: ({ next, to }) => {
    next.time = to;
    next.collector = "expire";
  },
});

/** `clear_expired_payload`: the expired timers are taken, and the cache entry goes unless it expires later. */
const ExpireCache = store.action({}, {
  when: [({ now }) => now.collector === "expire"],
  then: ({ now, next }) => {
    const isDue = now.timers.some((t) => t <= now.time);
    next.timers.assign(now.timers.filter((t) => t > now.time));
    if (isDue && now.cache === null) next.panicked = true;
    const isExpired = isDue && now.cache !== null && now.cache <= now.time;
    if (isExpired) next.cache = null;
    next.collector = isExpired ? "delete" : "idle";
  },
});

const DeleteRow = store.action({}, {
  when: [({ now }) => now.collector === "delete"],
  then: ({ now, next, design }) => {
    const isExpired = now.row !== null && now.row <= now.time;
    if (isExpired || design.delete === "lateUnconditional") next.row = null;
    next.collector = "idle";
  },
});

const Crash = store.action({}, {
  when: [({ now }) => now.isUp, ({ now }) => now.crashesLeft > 0],
  then: ({ now, next, constants }) => {
    next.isUp = false;
    next.crashesLeft = now.crashesLeft - 1;
    next.cache = null;
    next.timers.assign([]);
    next.collector = "idle";
    for (const c of calls(constants)) if (now.pc[c] !== "idle") next.pc[c] = "done";
  },
});

/** The row is loaded if it has not expired, else deleted. */
const Restart = store.action({}, {
  when: [({ now }) => !now.isUp],
  then: ({ now, next }) => {
    next.isUp = true;
    if (now.row === null) return;
    if (now.row <= now.time) next.row = null;
    else {
      next.cache = now.row;
      next.timers.add(now.row);
    }
  },
});

/** A signature that has not expired can be made good: the entry is cached, with its payload in memory or in the row. */
const SignedIsServed = ({ now, constants }: Scope): boolean =>
  !now.isUp || now.signedUntil <= now.time || (now.cache !== null && (constants.inMemory === 1 || now.row !== null));
/** When nothing is under way, the row is what the cache says, for an entry that has not expired. */
const CachedIsStored = ({ now, constants }: Scope): boolean =>
  now.cache === null ||
  now.cache <= now.time ||
  now.collector !== "idle" ||
  calls(constants).some((c) => now.pc[c] === "timer" || now.pc[c] === "put") ||
  now.row === now.cache;
const CollectorDoesNotPanic = ({ now }: Scope): boolean => !now.panicked;

const until = (expiry: number | null): string => (expiry === null ? "" : `d until ${String(expiry)}`);

export const expirySpec = store.spec({
  init: ({ constants: c }) => ({
    time: 0,
    cache: null,
    row: null,
    timers: setOf(),
    pc: mapOf(calls(c), () => "idle"),
    expiry: mapOf(calls(c), () => 0),
    collector: "idle",
    signedUntil: 0,
    panicked: false,
    isUp: true,
    crashesLeft: c.crashes,
  }),
  actions: { CheckExpiry, Insert, SetTimer, Put, WaitForRow, Send, AdvanceTime, ExpireCache, DeleteRow, Crash, Restart },
  invariants: { SignedIsServed, CachedIsStored, CollectorDoesNotPanic },
  witnesses: {
    ALaterExpiryIsSignedAndKept: ({ now }) => now.time === 1 && now.signedUntil === 2 && now.cache === 2,
    WhatExpiredIsGone: ({ now }) => now.signedUntil > 0 && now.cache === null && now.row === null && now.isUp,
  },
  lanes: {
    actor: (action, { c }) =>
      typeof c === "string" ? `Call ${c}` : ["AdvanceTime", "ExpireCache", "DeleteRow"].includes(action) ? "Collector" : "",
    stores: {
      Cache: ({ now }) => until(now.cache),
      Disk: ({ now }) => until(now.row),
      Timers: ({ now }) => now.timers.toArray().join(" "),
      Author: ({ now }) => (now.signedUntil === 0 ? "" : `signature until ${String(now.signedUntil)}`),
    },
  },
});
