/**
 * Threads that look something up in a shared map and make it if it is not there: the mutex of a branch in
 * `commit_locks`, an extension, the open database of a path in OPEN_DATABASES (the document's sections 1 and 5). One
 * key. Whoever makes it may panic on the way, while it has the map's lock.
 * Left out: what is done with the object, and that the registry's references are weak.
 */
import { bool, int, map, mapOf, names, oneOf, record, symmetric, system } from "../../language/index.ts";
import type { ScopeOf } from "../../language/index.ts";

interface Constants {
  readonly threads: number;
}
const threadsOf = (c: Constants) => names("t", c.threads);
const Thread = symmetric("Thread", threadsOf);
/** The objects are numbered as they are made; 0 is none. */
const ObjectNumber = int(0, (c: Constants) => c.threads);

const shared = system({
  name: "transactional-store-find-or-create",
  constants: { threads: { default: 2, min: 1, max: 3 } },
  design: {
    /** Look up and insert under the entry's lock, or a lookup and a later insert? */
    lookup: ["atomicEntry", "getThenInsert"],
    /** Does a mutex remember that its holder panicked, and refuse everybody from then on? */
    mutex: ["nonPoisoning", "poisonable"],
  },
  variables: {
    inMap: ObjectNumber,
    made: ObjectNumber,
    isPoisoned: bool,
    threads: map(Thread, record({ at: oneOf("start", "missed", "done", "panicked", "refused"), has: ObjectNumber })),
  },
});
type OfThread = ScopeOf<typeof shared> & { readonly t: `t${number}` & keyof ScopeOf<typeof shared>["now"]["threads"] };
const mayLock = ({ now }: OfThread): boolean => !now.isPoisoned;
const isAtStart = ({ now, t }: OfThread): boolean => now.threads[t].at === "start";

const Find = shared.action({ t: Thread }, {
  when: [isAtStart, mayLock, ({ now }) => now.inMap !== 0],
  then: ({ now, next, t }) => {
    next.threads[t] = { at: "done", has: now.inMap };
  },
});

/** One step: the entry is locked from the lookup to the insert. */
const FindOrCreate = shared.action({ t: Thread }, {
  when: [({ design }) => design.lookup === "atomicEntry", isAtStart, mayLock, ({ now }) => now.inMap === 0],
  then: ({ now, next, t }) => {
    next.made = now.made + 1;
    next.inMap = now.made + 1;
    next.threads[t] = { at: "done", has: now.made + 1 };
  },
});

const Miss = shared.action({ t: Thread }, {
  when: [({ design }) => design.lookup === "getThenInsert", isAtStart, mayLock, ({ now }) => now.inMap === 0],
  then: ({ next, t }) => {
    next.threads[t].at = "missed";
  },
});
const Insert = shared.action({ t: Thread }, {
  when: [({ now, t }) => now.threads[t].at === "missed", mayLock],
  then: ({ now, next, t }) => {
    next.made = now.made + 1;
    next.inMap = now.made + 1;
    next.threads[t] = { at: "done", has: now.made + 1 };
  },
});

/** The object cannot be made (opening the database panics), while the lock is held. */
const Panic = shared.action({ t: Thread }, {
  when: [isAtStart, mayLock, ({ now }) => now.inMap === 0],
  then: ({ next, design, t }) => {
    next.threads[t].at = "panicked";
    next.isPoisoned = design.mutex === "poisonable";
  },
});

/** `lock().unwrap()` of a poisoned mutex panics in turn. */
const Refuse = shared.action({ t: Thread }, {
  when: [isAtStart, ({ now }) => now.isPoisoned],
  then: ({ next, t }) => {
    next.threads[t].at = "refused";
  },
});

const OneObjectForAKey = shared.predicate(
  ({ now, constants }) => new Set(threadsOf(constants).flatMap((t) => (now.threads[t].has === 0 ? [] : [now.threads[t].has]))).size <= 1,
);
const OneThreadsPanicIsItsOwn = shared.predicate(({ now, constants }) => threadsOf(constants).every((t) => now.threads[t].at !== "refused"));

export const findOrCreate = shared.spec({
  init: ({ constants: c }) => ({
    inMap: 0,
    made: 0,
    isPoisoned: false,
    threads: mapOf(threadsOf(c), () => ({ at: "start", has: 0 })),
  }),
  actions: { Find, FindOrCreate, Miss, Insert, Panic, Refuse },
  invariants: { OneObjectForAKey, OneThreadsPanicIsItsOwn },
  witnesses: { AllShareIt: ({ now, constants }) => threadsOf(constants).every((t) => now.threads[t].at === "done") },
  lanes: {
    actor: (_, { t }) => (typeof t === "string" ? `Thread ${t}` : ""),
    stores: { Map: ({ now }) => `${now.inMap === 0 ? "empty" : `object ${String(now.inMap)}`}${now.isPoisoned ? ", poisoned" : ""}` },
  },
});
