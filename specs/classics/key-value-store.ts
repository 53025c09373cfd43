/**
 * A key-value store with snapshot isolation: of two concurrent transactions that write one key, the later cannot merge.
 * After tlaplus/Examples, `KeyValueStore.tla`; a key without a value is one that a partial map lacks.
 */
import { equal, intersectionOf, map, mapOf, names, partial, set, setOf, symmetric, system } from "../language/index.ts";

type Constants = { readonly keys: number; readonly values: number; readonly transactions: number };
const Key = symmetric("Key", (c: Constants) => names("k", c.keys));
const Val = symmetric("Val", (c: Constants) => names("v", c.values));
const TxId = symmetric("TxId", (c: Constants) => names("t", c.transactions));
const Store = partial(Key, Val);
const ids = (c: Constants) => names("t", c.transactions);

const sys = system({
  name: "key-value-store",
  constants: { keys: { default: 2, min: 1, max: 4 }, values: { default: 2, min: 1, max: 4 }, transactions: { default: 3, min: 1, max: 4 } },
  variables: { store: Store, tx: set(TxId), snapshotStore: map(TxId, Store), written: map(TxId, set(Key)), missed: map(TxId, set(Key)) },
});

const OpenTx = sys.action(
  { t: TxId },
  {
    when: ({ now, t }) => !now.tx.has(t),
    then: ({ now, next, t }) => {
      next.tx.add(t);
      next.snapshotStore[t] = now.store;
    },
  },
);
const write = (isThere: boolean) =>
  sys.action(
    { t: TxId, k: Key, v: Val },
    {
      when: ({ now, t, k, v }) => now.tx.has(t) && (now.snapshotStore[t][k] !== undefined) === isThere && now.snapshotStore[t][k] !== v,
      then: ({ next, t, k, v }) => {
        next.snapshotStore[t][k] = v;
        next.written[t].add(k);
      },
    },
  );
const Remove = sys.action(
  { t: TxId, k: Key },
  {
    when: ({ now, t, k }) => now.tx.has(t) && now.snapshotStore[t][k] !== undefined,
    then: ({ next, t, k }) => {
      delete next.snapshotStore[t][k];
      next.written[t].add(k);
    },
  },
);
const RollbackTx = sys.action(
  { t: TxId },
  {
    when: ({ now, t }) => now.tx.has(t),
    then: ({ next, t }) => {
      next.tx.delete(t);
      next.snapshotStore[t] = {};
      next.written[t] = setOf();
      next.missed[t] = setOf();
    },
  },
);
const CloseTx = sys.action(
  { t: TxId },
  {
    when: ({ now, t }) => now.tx.has(t) && intersectionOf(now.missed[t], now.written[t]).size === 0,
    then: ({ now, next, constants, t }) => {
      for (const k of now.written[t]) {
        const value = now.snapshotStore[t][k];
        if (value === undefined) delete next.store[k];
        else next.store[k] = value;
      }
      next.tx.delete(t);
      for (const other of ids(constants)) next.missed[other] = next.tx.has(other) ? now.missed[other].with(...now.written[t]) : setOf();
      next.snapshotStore[t] = {};
      next.written[t] = setOf();
    },
  },
);

export default sys.spec({
  init: ({ constants: c }) => ({
    store: {},
    tx: [],
    snapshotStore: mapOf(ids(c), () => ({})),
    written: mapOf(ids(c), () => []),
    missed: mapOf(ids(c), () => []),
  }),
  actions: { OpenTx, Add: write(false), Update: write(true), Remove, RollbackTx, CloseTx },
  invariants: {
    MissedIsKnown: ({ now, constants: c }) =>
      [...now.tx].every((t) =>
        names("k", c.keys).every((k) => now.store[k] === now.snapshotStore[t][k] || now.written[t].has(k) || now.missed[t].has(k)),
      ),
    CleanedUp: ({ now, constants: c }) =>
      ids(c).every((t) => now.tx.has(t) || (equal(now.snapshotStore[t], {}) && now.written[t].size + now.missed[t].size === 0)),
  },
});
