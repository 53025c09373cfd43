/**
 * One digest on one node that restarts within an epoch or before the epoch's first commit, and goes through an epoch's end.
 * Which rows does the new process load, which does it delete, and when?
 * A persist is one step and durable, and so is the collection during normal work (`persist.ts`, `expiry.ts` take them
 * apart), so what holds here holds for both kinds of crash. The deletions of a start run in the background, later.
 * Left out: epochs that end while the node is down.
 */
import { bool, int, oneOf, optional, range, record, system } from "../language/index.ts";
import type { NextOf, ScopeOf } from "../language/index.ts";

type Constants = { readonly epochs: number; readonly lastTime: number; readonly buffer: number; readonly crashes: number };
const epoch = int(1, (c: Constants) => c.epochs);
const time = int(0, (c: Constants) => c.lastTime);
const Batch = record({ epoch, expiry: time });

const store = system({
  name: "batch-store-restart",
  constants: {
    epochs: { default: 2, min: 1, max: 3 },
    lastTime: { default: 2, min: 1, max: 4 },
    /** How long a batch is kept beyond its expiry. */
    buffer: { default: 1, min: 0, max: 2 },
    crashes: { default: 1, min: 0, max: 2 },
  },
  design: {
    /**
     * Load the rows of this epoch at every start; or none where the latest commit ended an epoch (the code); or collect
     * a buffer before the expiry in place of a buffer after it (an earlier version of the code).
     */
    restart: ["populate", "noPopulate", "wrongExpiry"],
    /** The background deletion looks at the row again, or erases what it once listed (the code). */
    delete: ["conditional", "lateUnconditional"],
  },
  variables: {
    isUp: bool,
    epoch,
    /** Is there a commit in this epoch? Without one, the latest commit is the one that ended the epoch before. */
    hasCommit: bool,
    /** The certified time. */
    time,
    cache: optional(Batch),
    row: optional(Batch),
    /** The background deletion of this start: about to read the rows, or with the row on its list. */
    deletion: oneOf("none", "to read", "listed"),
    /** The latest signature that was sent. */
    signed: optional(Batch),
    crashesLeft: int(0, (c: Constants) => c.crashes),
  },
});

type Scope = ScopeOf<typeof store>;
type Next = NextOf<typeof store>;
const times = (c: Constants) => range(1, c.lastTime);

/** New, or with a later expiry; signed and sent. */
const Persist = store.action({ e: times }, {
  when: [({ now }) => now.isUp, ({ now, e }) => e > now.time, ({ now, e }) => now.cache === null || now.cache.expiry < e],
  then: ({ now, next, e }) => {
    const batch = { epoch: now.epoch, expiry: e };
    next.cache = batch;
    next.row = batch;
    next.signed = batch;
  },
});

/** A commit certifies a time, and what expired a buffer ago is collected. */
const Commit = store.action({ to: times }, {
  when: [({ now }) => now.isUp, ({ now, to }) => to >= now.time],
  then: ({ now, next, constants, to }) => {
    next.time = to;
    next.hasCommit = true;
    if (now.cache !== null && now.cache.expiry + constants.buffer <= to) {
      next.cache = null;
      next.row = null;
    }
  },
});

/** What a start takes for expired. */
const isCollectable = ({ now, design, constants }: Scope): boolean =>
  now.row !== null && now.row.expiry + (design.restart === "wrongExpiry" ? -constants.buffer : constants.buffer) <= now.time;

/** At a start, and at an epoch's end: a store is made anew. */
const start = (scope: Scope & { readonly next: Next }, ofEpoch: number, isNewEpoch: boolean): void => {
  const { now, next, design } = scope;
  const { row } = now;
  const isExpired = isCollectable(scope);
  const isLoaded = row !== null && !isExpired && row.epoch === ofEpoch && !(isNewEpoch && design.restart === "noPopulate");
  next.cache = isLoaded ? row : null;
  next.deletion = isNewEpoch ? "to read" : isExpired ? "listed" : "none";
};

const EndEpoch = store.action({}, {
  when: [({ now }) => now.isUp, ({ now }) => now.hasCommit, ({ now, constants }) => now.epoch < constants.epochs],
  then: (scope) => {
    const { now, next } = scope;
    next.epoch = now.epoch + 1;
    next.hasCommit = false;
    start(scope, now.epoch + 1, true);
  },
});

const Crash = store.action({}, {
  when: [({ now }) => now.isUp, ({ now }) => now.crashesLeft > 0],
  then: ({ now, next }) => {
    next.isUp = false;
    next.crashesLeft = now.crashesLeft - 1;
    next.cache = null;
    next.deletion = "none";
  },
});

const Restart = store.action({}, {
  when: [({ now }) => !now.isUp],
  then: (scope) => {
    scope.next.isUp = true;
    start(scope, scope.now.epoch, !scope.now.hasCommit);
  },
});

/** The task that a new epoch's start spawns: lists the rows of earlier epochs. */
const ListOldRows = store.action({}, {
  when: [({ now }) => now.deletion === "to read"],
  then: ({ now, next }) => {
    next.deletion = now.row !== null && now.row.epoch < now.epoch ? "listed" : "none";
  },
});

const DeleteListed = store.action({}, {
  when: [({ now }) => now.deletion === "listed"],
  then: (scope) => {
    const { now, next, design } = scope;
    // Since it was listed, the row may have been written again, in this epoch and with a later expiry.
    const isStillGarbage = isCollectable(scope) || (now.row !== null && now.row.epoch < now.epoch);
    if (isStillGarbage || design.delete === "lateUnconditional") next.row = null;
    next.deletion = "none";
  },
});

/** A signature of this epoch that has not expired can be made good. */
const SignedIsServed = ({ now }: Scope): boolean =>
  !now.isUp || now.signed === null || now.signed.epoch < now.epoch || now.signed.expiry <= now.time || now.cache !== null;
/** What is cached is in the rows. */
const CachedIsStored = ({ now }: Scope): boolean => now.cache === null || now.row !== null;

type Held = Scope["now"]["cache"];
const held = (batch: Held): string => (batch === null ? "" : `d of epoch ${String(batch.epoch)} until ${String(batch.expiry)}`);

export const restartSpec = store.spec({
  init: ({ constants: c }) => ({
    isUp: true,
    epoch: 1,
    hasCommit: false,
    time: 0,
    cache: null,
    row: null,
    deletion: "none",
    signed: null,
    crashesLeft: c.crashes,
  }),
  actions: { Persist, Commit, EndEpoch, Crash, Restart, ListOldRows, DeleteListed },
  invariants: { SignedIsServed, CachedIsStored },
  witnesses: {
    ARowIsServedAfterARestart: ({ now, constants }) => now.isUp && now.crashesLeft < constants.crashes && now.cache !== null,
    AnOldRowIsListed: ({ now }) => now.deletion === "listed" && now.row !== null && now.row.epoch < now.epoch,
  },
  lanes: {
    actor: (action) =>
      action === "ListOldRows" || action === "DeleteListed" ? "Background deletion" : action === "Persist" ? "Call" : action === "Commit" ? "Consensus" : "",
    stores: {
      Cache: ({ now }) => held(now.cache),
      Disk: ({ now }) => held(now.row),
      Author: ({ now }) => (now.signed === null ? "" : `signature of ${held(now.signed)}`),
    },
  },
});
