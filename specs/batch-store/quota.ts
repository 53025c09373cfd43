/**
 * One author's quotas on one node: how many batches it may have stored, and how many of them in memory. Calls take from
 * the quota under the lock of the cache entry, the collector gives back after it has let go of that lock.
 * Every batch has the size 1, so the quota of bytes in the store is that of batches. Any entry may expire at any time.
 * Left out: rows, signatures, crashes (a restart counts anew from the rows).
 */
import { bool, int, map, mapOf, names, oneOf, optional, range, record, symmetric, system } from "../language/index.ts";
import type { ScopeOf, ValueOf } from "../language/index.ts";

type Constants = {
  readonly calls: number;
  readonly digests: number;
  readonly expiries: number;
  readonly batchQuota: number;
  readonly memoryQuota: number;
};
const calls = (c: Constants) => names("c", c.calls);
const digests = (c: Constants) => names("d", c.digests);
const Call = symmetric("Call", calls);
const Digest = symmetric("Digest", digests);
const expiry = int(1, (c: Constants) => c.expiries);
/** Over the memory quota only metadata is cached. */
const Mode = oneOf("memory", "row only");

const store = system({
  name: "batch-store-quota",
  constants: {
    calls: { default: 3, min: 1, max: 4 },
    digests: { default: 2, min: 1, max: 3 },
    expiries: { default: 2, min: 1, max: 3 },
    batchQuota: { default: 2, min: 1, max: 3 },
    memoryQuota: { default: 1, min: 0, max: 3 },
  },
  design: {
    /** A later expiry for an entry: exchange its share in one step, or take a second share and then free the first (the code). */
    replace: ["exchange", "takeThenFree"],
    /** What is freed is what the entry had taken (the code), or what one would take now. */
    free: ["asTaken", "asNew"],
  },
  variables: {
    pc: map(Call, oneOf("idle", "insert", "free", "done")),
    /** What a call inserts, and what it has replaced. */
    inserts: map(Call, optional(record({ digest: Digest, expiry, mode: Mode }))),
    replaced: map(Call, optional(Mode)),
    entry: map(Digest, optional(record({ expiry, mode: Mode }))),
    isLocked: map(Digest, bool),
    /** What the collector has removed and not yet freed. */
    removed: optional(Mode),
    batches: int(0, (c: Constants) => c.batchQuota + c.calls),
    memory: int(0, (c: Constants) => c.memoryQuota + c.calls),
    /** A later expiry for a batch that is held was refused for want of quota. */
    isExtensionRefused: bool,
  },
});

type Scope = ScopeOf<typeof store>;
type ModeName = ValueOf<typeof Mode>;
const memoryOf = (mode: ModeName | undefined): number => (mode === "memory" ? 1 : 0);

/** `update_quota`, under the lock of the entry. */
const Take = store.action({ c: Call, d: Digest, e: (c: Constants) => range(1, c.expiries) }, {
  when: [
    ({ now, c }) => now.pc[c] === "idle",
    ({ now, d }) => !now.isLocked[d],
    ({ now, d, e }) => {
      const held = now.entry[d];
      return held === null || held.expiry < e;
    },
  ],
  then: ({ now, next, design, c, d, e }) => {
    const held = now.entry[d];
    const back = design.replace === "exchange" ? held : null;
    const [batches, memory] = [now.batches + (back === null ? 0 : 1), now.memory + memoryOf(back?.mode)];
    if (batches === 0) {
      if (held !== null) next.isExtensionRefused = true;
      next.pc[c] = "done";
      return;
    }
    const mode = memory > 0 ? "memory" : "row only";
    next.batches = batches - 1;
    next.memory = memory - memoryOf(mode);
    next.inserts[c] = { digest: d, expiry: e, mode };
    next.isLocked[d] = true;
    next.pc[c] = "insert";
  },
});

const inserted = store.domain({ c: Call }, ({ now, c }) => [now.inserts[c]].flatMap((i) => (i === null ? [] : [i.digest])));

const Insert = store.action({ c: Call, d: inserted }, {
  when: [({ now, c }) => now.pc[c] === "insert"],
  then: ({ now, next, design, c, d }) => {
    const [held, inserts] = [now.entry[d], now.inserts[c]];
    if (inserts === null) return;
    next.entry[d] = { expiry: inserts.expiry, mode: inserts.mode };
    const hasToFree = held !== null && design.replace === "takeThenFree";
    next.replaced[c] = hasToFree ? (design.free === "asNew" ? inserts.mode : held.mode) : null;
    next.pc[c] = hasToFree ? "free" : "done";
    next.isLocked[d] = hasToFree;
    next.inserts[c] = hasToFree ? inserts : null;
  },
});

const Free = store.action({ c: Call, d: inserted }, {
  when: [({ now, c }) => now.pc[c] === "free"],
  then: ({ now, next, c, d }) => {
    next.batches = now.batches + 1;
    next.memory = now.memory + memoryOf(now.replaced[c] ?? undefined);
    next.replaced[c] = null;
    next.inserts[c] = null;
    next.isLocked[d] = false;
    next.pc[c] = "done";
  },
});

const Remove = store.action({ d: Digest }, {
  when: [({ now }) => now.removed === null, ({ now, d }) => !now.isLocked[d], ({ now, d }) => now.entry[d] !== null],
  then: ({ now, next, design, d }) => {
    next.removed = design.free === "asNew" && now.memory > 0 ? "memory" : (now.entry[d]?.mode ?? null);
    next.entry[d] = null;
  },
});

const FreeRemoved = store.action({}, {
  when: [({ now }) => now.removed !== null],
  then: ({ now, next }) => {
    next.batches = now.batches + 1;
    next.memory = now.memory + memoryOf(now.removed ?? undefined);
    next.removed = null;
  },
});

const entries = ({ now, constants }: Scope) => digests(constants).flatMap((d) => now.entry[d] ?? []);
/** When nothing is under way, what is left and what is held make up the quota. */
const QuotaIsSum = (scope: Scope): boolean => {
  const { now, constants: c } = scope;
  if (now.removed !== null || calls(c).some((x) => now.pc[x] === "insert" || now.pc[x] === "free")) return true;
  const held = entries(scope);
  return now.batches + held.length === c.batchQuota && now.memory + held.filter((e) => e.mode === "memory").length === c.memoryQuota;
};
/** `assert_quota`, which would stop the process. */
const BalanceIsWithinQuota = ({ now, constants: c }: Scope): boolean => now.batches <= c.batchQuota && now.memory <= c.memoryQuota;
/** What is held can always be held longer. */
const ExtensionIsAccepted = ({ now }: Scope): boolean => !now.isExtensionRefused;

export const quotaSpec = store.spec({
  init: ({ constants: c }) => ({
    pc: mapOf(calls(c), () => "idle"),
    inserts: mapOf(calls(c), () => null),
    replaced: mapOf(calls(c), () => null),
    entry: mapOf(digests(c), () => null),
    isLocked: mapOf(digests(c), () => false),
    removed: null,
    batches: c.batchQuota,
    memory: c.memoryQuota,
    isExtensionRefused: false,
  }),
  actions: { Take, Insert, Free, Remove, FreeRemoved },
  invariants: { QuotaIsSum, BalanceIsWithinQuota, ExtensionIsAccepted },
  witnesses: {
    MetadataOnly: (scope) => entries(scope).some((e) => e.mode === "row only"),
    Extended: (scope) => entries(scope).some((e) => e.expiry > 1),
  },
  lanes: {
    actor: (action, { c }) => (typeof c === "string" ? `Call ${c}` : "Collector"),
    stores: {
      Cache: ({ now, constants }) =>
        digests(constants)
          .flatMap((d) => {
            const held = now.entry[d];
            return held === null ? [] : [`${d} until ${String(held.expiry)} (${held.mode})`];
          })
          .join(", "),
      Quota: ({ now }) => `${String(now.batches)} batches, ${String(now.memory)} in memory`,
    },
  },
});
