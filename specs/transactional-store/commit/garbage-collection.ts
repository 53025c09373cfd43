/**
 * Old versions are dropped from a chain while snapshots are open (the document does not speak of it).
 * The chain of one key; every commit is one step, and either writes the key or another one. The collector takes the lowest snapshot that is open, or the store's version if
 * none is, as its minimum, and drops versions in a later step.
 * Left out: tombstones, several keys, and the collector's own locking of the chain (it drops in one step).
 */
import { int, map, mapOf, names, oneOf, optional, record, seq, symmetric, system } from "../../language/index.ts";
import { current, inserted, readAt } from "./chains.ts";

interface Constants {
  readonly versions: number;
  readonly readers: number;
}
const readersOf = (c: Constants) => names("r", c.readers);
const Reader = symmetric("Reader", readersOf);
const Version = int(0, (c: Constants) => c.versions);

const collecting = system({
  name: "transactional-store-garbage-collection",
  constants: { versions: { default: 3, min: 1, max: 5 }, readers: { default: 2, min: 1, max: 3 } },
  design: {
    /** Does the newest version that is not above the minimum stay? */
    gc: ["keepNewestAtMin", "dropBelowMin"],
    /** Is a snapshot known to the collector in the step that takes its version, or in a later one? */
    register: ["withSnapshot", "afterSnapshot"],
    /** Does the collector look at the open snapshots at all? */
    minimum: ["oldestSnapshot", "storeVersion"],
  },
  variables: {
    storeVersion: Version,
    chain: seq(Version),
    /** The chain as it would be if nothing were ever dropped. */
    written: seq(Version),
    readers: map(Reader, record({ at: oneOf("idle", "taken", "open"), snapshot: Version, read: optional(Version) })),
    /** The collector's minimum, once it has one. */
    minimum: optional(Version),
  },
});

const Commit = collecting.action({}, {
  when: ({ now, constants }) => now.storeVersion < constants.versions,
  then: ({ now, next }) => {
    next.storeVersion = now.storeVersion + 1;
    next.chain = inserted(now.chain, now.storeVersion + 1, "pushFront");
    next.written = inserted(now.written, now.storeVersion + 1, "pushFront");
  },
});

const CommitElsewhere = collecting.action({}, {
  when: ({ now, constants }) => now.storeVersion < constants.versions,
  then: ({ now, next }) => {
    next.storeVersion = now.storeVersion + 1;
  },
});

const Begin = collecting.action({ r: Reader }, {
  when: ({ now, r }) => now.readers[r].at === "idle",
  then: ({ now, next, design, r }) => {
    next.readers[r].at = design.register === "withSnapshot" ? "open" : "taken";
    next.readers[r].snapshot = now.storeVersion;
  },
});

const Register = collecting.action({ r: Reader }, {
  when: ({ now, r }) => now.readers[r].at === "taken",
  then: ({ next, r }) => {
    next.readers[r].at = "open";
  },
});

const Read = collecting.action({ r: Reader }, {
  when: ({ now, r }) => now.readers[r].at === "open",
  then: ({ now, next, r }) => {
    next.readers[r].read = readAt(now.chain, now.readers[r].snapshot);
  },
});

const End = collecting.action({ r: Reader }, {
  when: ({ now, r }) => now.readers[r].at === "open",
  then: ({ next, r }) => {
    next.readers[r] = { at: "idle", snapshot: 0, read: null };
  },
});

const ChooseMinimum = collecting.action({}, {
  when: ({ now }) => now.minimum === null,
  then: ({ now, next, constants, design }) => {
    const open = readersOf(constants).filter((r) => now.readers[r].at === "open");
    next.minimum = Math.min(now.storeVersion, ...(design.minimum === "oldestSnapshot" ? open.map((r) => now.readers[r].snapshot) : []));
  },
});

const Drop = collecting.action({}, {
  when: ({ now }) => now.minimum !== null,
  then: ({ now, next, design }) => {
    const minimum = now.minimum ?? 0;
    const kept = design.gc === "keepNewestAtMin" ? readAt(now.chain, minimum) : minimum;
    next.chain = now.chain.filter((v) => v >= kept);
    next.minimum = null;
  },
});

/** A read returns what it would if nothing had been dropped. */
const SnapshotsReadTheirVersion = collecting.predicate(({ now, constants }) =>
  readersOf(constants).every((r) => {
    const { read, snapshot } = now.readers[r];
    return read === null || read === readAt(now.written, snapshot);
  }),
);
const TheNewestVersionStays = collecting.predicate(({ now }) => current(now.chain) === current(now.written));

export const garbageCollection = collecting.spec({
  init: ({ constants: c }) => ({
    storeVersion: 0,
    chain: [],
    written: [],
    readers: mapOf(readersOf(c), () => ({ at: "idle", snapshot: 0, read: null })),
    minimum: null,
  }),
  actions: { Commit, CommitElsewhere, Begin, Register, Read, End, ChooseMinimum, Drop },
  invariants: { SnapshotsReadTheirVersion, TheNewestVersionStays },
  witnesses: { SomethingIsDropped: ({ now }) => now.chain.length < now.written.length },
  lanes: {
    actor: (action, { r }) => (typeof r === "string" ? `Reader ${r}` : action.startsWith("Commit") ? "Writer" : "Collector"),
    stores: {
      Chain: ({ now }) => now.chain.map((v) => `v${String(v)}`).join(" "),
      "Was read": ({ now, constants }) =>
        readersOf(constants)
          .flatMap((r) => (now.readers[r].at === "idle" ? [] : [`${r} has snapshot v${String(now.readers[r].snapshot)}, read ${now.readers[r].read === 0 ? "absent" : String(now.readers[r].read ?? "nothing")}`]))
          .join("; "),
    },
  },
});
