/**
 * Two threads write the vector of one key: into the index in memory, under its write lock, and as a record into the
 * key-value store, in a transaction of its own (the audit, section 9). The index maps ids to embeddings; the record
 * says which id and which embedding the key has. The transaction is a blind put: it reads nothing, so it conflicts with
 * nothing, but it may fail (its log write fails, say). A thread may also delete the vector. A crash of the process
 * empties the index, and recovery rebuilds it from the records. An embedding is named after the thread that wrote it.
 * Left out: the log below the key-value store (recovery/*), more keys, and searches as actions of their own: a search
 * holds the read lock, so it sees the index exactly in the states in which no one holds the write lock.
 */
import { bool, int, map, mapOf, oneOf, optional, ordered, range, record, system } from "../../language/index.ts";
import type { Index, NextOf, ScopeOf } from "../../language/index.ts";

type Constants = { readonly threads: number };
const threads = (c: Constants): readonly Index[] => range(1, c.threads);
const Thread = ordered("Thread", threads);
const IDS = 4;
const Id = ordered("Id", range(1, IDS));
const TASKS = ["insert", "delete"] as const;

const vectors = system({
  name: "transactional-store/vector-insert",
  constants: {
    threads: { default: 2, min: 1, max: 2 },
    /** Inserts and deletes in all. */
    tasks: { default: 2, min: 1, max: 3 },
    deletes: { default: 1, min: 0, max: 2 },
    /** 1: the key has a vector from the start, with id 1 and embedding 0. */
    existing: { default: 0, min: 0, max: 1 },
    failures: { default: 1, min: 0, max: 1 },
    crashes: { default: 1, min: 0, max: 2 },
  },
  design: {
    /**
     * How an insert goes. transactional: lock, check, store the record, then the index, unlock. checkInside: lock, check,
     * index, unlock, then store the record. checkOutside: check, lock, index, unlock, then store the record.
     */
    vectorInsert: ["transactional", "checkInside", "checkOutside"],
    /** How a delete goes. underLock: lock, check, delete the record, then the index, unlock. outside: check, then the index under the lock, then the record. */
    vectorDelete: ["underLock", "outside"],
    /** What a restart makes the index from. */
    rebuild: ["fromStore", "none"],
  },
  variables: {
    task: map(Thread, oneOf("none", "insert", "delete")),
    pc: map(Thread, oneOf("idle", "lock", "check", "index", "store", "unlock")),
    /** What the check has found: the id of the key's record, or null. */
    found: map(Thread, optional(int(1, IDS))),
    /** The id that an insert uses. */
    id: map(Thread, optional(int(1, IDS))),
    /** Who holds the index's write lock. */
    writer: optional(int(1, 2)),
    /** In memory: id to embedding. */
    index: map(Id, optional(int(0, 2))),
    nextId: int(1, IDS + 1),
    /** The key's record in the key-value store. */
    stored: optional(record({ id: int(1, IDS), embedding: int(0, 2) })),
    begun: int(0, 3),
    deletes: int(0, 2),
    failures: int(0, 1),
    crashes: int(0, 2),
    /** Restarted, and nothing has been begun since. */
    isFresh: bool,
  },
});

type S = ScopeOf<typeof vectors>;
type OfThread = S & { readonly t: Index };
type Effect = OfThread & { readonly next: NextOf<typeof vectors> };
type Label = S["now"]["pc"][1];
const isAt =
  (label: Label) =>
  ({ now, t }: OfThread): boolean =>
    now.pc[t] === label;

/** The steps of a task, in the order of its design. */
const program = ({ now, design, t }: OfThread): readonly Label[] => {
  if (now.task[t] === "delete")
    return design.vectorDelete === "underLock" ? ["lock", "check", "store", "index", "unlock"] : ["check", "lock", "index", "unlock", "store"];
  if (design.vectorInsert === "transactional") return ["lock", "check", "store", "index", "unlock"];
  return design.vectorInsert === "checkInside" ? ["lock", "check", "index", "unlock", "store"] : ["check", "lock", "index", "unlock", "store"];
};
const goOn = (scope: Effect): void => {
  const { now, next, t } = scope;
  const steps = program(scope);
  next.pc[t] = steps[steps.indexOf(now.pc[t]) + 1] ?? "idle";
};

const Begin = vectors.action({ t: Thread, task: TASKS }, {
  when: [
    isAt("idle"),
    ({ now, constants }) => now.begun < constants.tasks,
    ({ now, constants, task }) => task === "insert" || now.deletes < constants.deletes,
  ],
  then: (scope) => {
    const { now, next, design, t, task } = scope;
    next.begun = now.begun + 1;
    next.isFresh = false;
    if (task === "delete") next.deletes = now.deletes + 1;
    next.task[t] = task;
    next.found[t] = null;
    next.id[t] = null;
    next.pc[t] = program({ now: { ...now, task: { ...now.task, [t]: task } }, design, t, constants: scope.constants })[0] ?? "idle";
  },
});

const Lock = vectors.action({ t: Thread }, {
  when: [isAt("lock"), ({ now }) => now.writer === null],
  then: (scope) => {
    scope.next.writer = scope.t;
    goOn(scope);
  },
});

/** Looks for the key's record. A delete that finds none has nothing to do. */
const Check = vectors.action({ t: Thread }, {
  when: [isAt("check")],
  then: (scope) => {
    const { now, next, t } = scope;
    next.found[t] = now.stored?.id ?? null;
    goOn(scope);
    if (now.task[t] === "delete" && now.stored === null) next.pc[t] = now.writer === t ? "unlock" : "idle";
    // Under the lock the id is allocated here, so that the record can be stored before the index is changed.
    if (now.task[t] === "insert" && now.writer === t) {
      next.id[t] = now.stored?.id ?? now.nextId;
      if (now.stored === null) next.nextId = now.nextId + 1;
    }
  },
});

const ids = range(1, IDS);
const idAt = (id: number): Index => ids[id - 1] ?? 1;
const ChangeIndex = vectors.action({ t: Thread }, {
  when: [isAt("index")],
  then: (scope) => {
    const { now, next, t } = scope;
    if (now.task[t] === "delete") {
      const found = now.found[t];
      if (found !== null) next.index[idAt(found)] = null;
    } else {
      const known = now.id[t] ?? now.found[t];
      next.index[idAt(known ?? now.nextId)] = t;
      next.id[t] = known ?? now.nextId;
      if (known === null) next.nextId = now.nextId + 1;
    }
    goOn(scope);
  },
});

const Store = vectors.action({ t: Thread }, {
  when: [isAt("store")],
  then: (scope) => {
    const { now, next, t } = scope;
    const id = now.id[t];
    next.stored = now.task[t] === "delete" || id === null ? null : { id, embedding: t };
    goOn(scope);
  },
});

/** The transaction fails and the caller gets an error. Whoever holds the lock goes on to unlock. */
const StoreFails = vectors.action({ t: Thread }, {
  when: [isAt("store"), ({ now, constants }) => now.failures < constants.failures],
  then: ({ now, next, t }) => {
    next.failures = now.failures + 1;
    next.pc[t] = now.writer === t ? "unlock" : "idle";
  },
});

const Unlock = vectors.action({ t: Thread }, {
  when: [isAt("unlock")],
  then: (scope) => {
    scope.next.writer = null;
    goOn(scope);
  },
});

/** The process dies and is started again: only the record is left, and the index is made from it. */
const CrashAndRebuild = vectors.action({}, {
  when: [({ now, constants }) => now.crashes < constants.crashes],
  then: ({ now, next, constants, design }) => {
    next.crashes = now.crashes + 1;
    next.pc = mapOf(threads(constants), () => "idle" as const);
    next.task = mapOf(threads(constants), () => "none" as const);
    next.found = mapOf(threads(constants), () => null);
    next.id = mapOf(threads(constants), () => null);
    next.writer = null;
    next.index = mapOf(ids, () => null);
    if (now.stored !== null && design.rebuild === "fromStore") next.index[idAt(now.stored.id)] = now.stored.embedding;
    next.isFresh = true;
    next.nextId = (now.stored?.id ?? 0) + 1;
  },
});

const entries = ({ now }: S): readonly { readonly id: Index; readonly embedding: number }[] =>
  ids.flatMap((id) => {
    const embedding = now.index[id];
    return embedding === null ? [] : [{ id, embedding }];
  });
const isSearchable = ({ now }: S): boolean => now.writer === null;
const isQuiet = ({ now, constants }: S): boolean => threads(constants).every((t) => now.pc[t] === "idle");
const equalsStore = (scope: S): boolean => {
  const { stored } = scope.now;
  return stored === null || entries(scope).some((e) => e.id === stored.id && e.embedding === stored.embedding);
};

const invariants = {
  /** The same key is in the index once, when nobody is at work. */
  OneIdPerKey: (scope: S): boolean => !isQuiet(scope) || entries(scope).length <= 1,
  /** When nobody is at work, the index has the key's embedding under the key's id, and nothing if nothing is stored. */
  IndexEqualsStore: (scope: S): boolean =>
    !isQuiet(scope) || (equalsStore(scope) && (scope.now.stored !== null || entries(scope).length === 0)),
  /** A restart leaves neither phantoms nor orphans nor gaps. */
  FreshIndexEqualsStore: (scope: S): boolean =>
    !scope.now.isFresh || (equalsStore(scope) && entries(scope).length === (scope.now.stored === null ? 0 : 1)),
  /** A search finds only what is stored. */
  SearchFindsOnlyStored: (scope: S): boolean => !isSearchable(scope) || entries(scope).every((e) => e.id === scope.now.stored?.id),
  /** Whoever reads the record finds its embedding in the index. */
  StoredIsIndexed: (scope: S): boolean =>
    !isSearchable(scope) || scope.now.stored === null || entries(scope).some((e) => e.id === scope.now.stored?.id),
};

export const vectorInsert = vectors.spec({
  init: ({ constants }) => {
    const existing = constants.existing === 1;
    return {
      task: mapOf(threads(constants), () => "none" as const),
      pc: mapOf(threads(constants), () => "idle" as const),
      found: mapOf(threads(constants), () => null),
      id: mapOf(threads(constants), () => null),
      writer: null,
      index: mapOf(ids, (id) => (existing && id === 1 ? 0 : null)),
      nextId: existing ? 2 : 1,
      stored: existing ? { id: 1, embedding: 0 } : null,
      begun: 0,
      deletes: 0,
      failures: 0,
      crashes: 0,
      isFresh: false,
    };
  },
  actions: { Begin, Lock, Check, ChangeIndex, Store, StoreFails, Unlock, CrashAndRebuild },
  invariants,
  witnesses: {
    VectorIsUpdated: ({ now }) => now.index[1] === 2 && now.stored?.embedding === 2,
    RestartFindsARecord: ({ now }) => now.isFresh && now.stored !== null,
  },
  lanes: {
    actor: (action, args) => (typeof args["t"] === "number" ? `Thread ${String(args["t"])}` : action === "CrashAndRebuild" ? "" : "Recovery"),
    stores: {
      "Index (memory)": (scope) =>
        `${entries(scope).map((e) => `id ${String(e.id)}: embedding ${String(e.embedding)}`).join(", ")}${scope.now.writer === null ? "" : ` (locked by thread ${String(scope.now.writer)})`}`,
      "Key-value store": ({ now }) => (now.stored === null ? "" : `id ${String(now.stored.id)}, embedding ${String(now.stored.embedding)}`),
    },
  },
});
