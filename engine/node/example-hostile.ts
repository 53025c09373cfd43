/** For tests: what somebody sends who has the token and means no good. Names are few, so that much of it meets what is there. */
import fc from "fast-check";
import { encode } from "../codec.ts";
import { branchesBranch, pairKey } from "../transactional-store/keys.ts";
import { encodeOrigin } from "../transactional-store/state.ts";
import { encodeVector } from "../transactional-store/vector-collections.ts";

/** As an ordinary client would write it half of the time, else anything. */
const or = <T>(ordinary: fc.Arbitrary<T>, ...others: readonly fc.Arbitrary<unknown>[]): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 150, arbitrary: ordinary }, ...others.map((arbitrary) => ({ weight: 1, arbitrary })));

/** Any UTF-16 units, halves of surrogate pairs included. */
const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 5 }).map((list) => String.fromCharCode(...list));
const text = fc.oneof(units, fc.constantFrom("", "__proto__", "constructor", "x".repeat(5_000), "\ud800", "k", "k\u0000", "v", "v/", "c"));
const number = fc.oneof(
  fc.constantFrom(-1, -0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, Number.MAX_SAFE_INTEGER, 2 ** 31, 2 ** 64),
  fc.integer(),
);
const bytes = fc.uint8Array({ maxLength: 40 });
const junk = fc.oneof(
  text,
  number,
  bytes,
  fc.constantFrom(null, true, [], {}),
  fc.array(fc.constant([1]), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom("a", "key", "vector"), fc.integer(), { maxKeys: 3 }),
);

const names = fc.constantFrom("a", "b", "c");
const key = or(names.map(pairKey), text, junk);
const version = or(fc.constantFrom(0, 0, 0, 1, 2, 3), number, junk);
const float = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: -3, max: 3 }) },
  fc.constantFrom(3e38, -3e38, 1e19, 1e-44, Number.NaN, Number.NEGATIVE_INFINITY),
);
const vector = or(
  fc.array(float, { minLength: 2, maxLength: 2 }).map((list) => encodeVector(Float32Array.from(list))),
  fc.array(float, { maxLength: 4 }).map((list) => encodeVector(Float32Array.from(list))),
  junk,
);
const branch = fc.constantFrom(...Array.from({ length: 9 }, () => "main"), "a", "a", "b", branchesBranch, "nowhere", "$", "");
const collection = or(names, text, junk);
const definition = or(
  fc.constantFrom({ dimension: 2, metric: "cos" }, { dimension: 2, metric: "l2sq" }, { dimension: 1, metric: "ip" }),
  fc.record({ dimension: number, metric: text }),
  junk,
);
const value = fc.oneof(
  { weight: 3, arbitrary: bytes },
  fc.constant(null),
  names.map((from) => encodeOrigin(from)),
  fc.constantFrom(encodeOrigin(null), encodeOrigin("main"), encodeOrigin(branchesBranch)),
);
const listOf = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: or(fc.array(item, { minLength: 1, maxLength: 3 }), junk) });
/** Most of what was read by chance has changed since. */
const rarely = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: listOf(item) });
const client = fc.record({
  client: or(fc.oneof(names, fc.string({ minLength: 8, maxLength: 8 })), text, junk),
  request: or(fc.nat({ max: 1_000_000 }), number, junk),
});

const prepared = fc
  .record({
    branch: or(branch, text, junk),
    snapshot: version,
    reads: rarely(or(fc.tuple(key, version), junk)),
    scans: rarely(or(fc.record({ from: key, to: or(fc.constant(null), key), digest: or(bytes, junk) }), junk)),
    writes: listOf(or(fc.tuple(key, or(value, junk)), junk)),
    collections: listOf(or(fc.record({ name: collection, definition }), junk)),
    vectors: listOf(or(fc.record({ collection, key: or(names, text), vector: fc.oneof(vector, fc.constant(null)) }), junk)),
  })
  .chain((body) =>
    fc.oneof(
      { weight: 40, arbitrary: client.map((of) => ({ ...body, ...of })) },
      // The op that once ended every replica: a client without a request.
      client.map((of) => ({ ...body, client: of.client })),
      client.map((of) => ({ ...body, request: of.request })),
      junk.map((more) => ({ ...body, more })),
      fc.constant(body),
    ),
  );

const deep = fc.tuple(fc.constantFrom(0x81, 0x91, 0x92, 0xdd), fc.nat({ max: 20_000 })).map(([byte, n]) => new Uint8Array(n).fill(byte));
const cut = (whole: Uint8Array, at: number): Uint8Array => whole.slice(0, at % (whole.length + 1));
const altered = (whole: Uint8Array, at: number, byte: number): Uint8Array => whole.map((b, i) => (i === at % whole.length ? byte : b));

/** What is ordered as a transaction. */
export const hostileTransaction: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 40, arbitrary: prepared.map(encode) },
  { weight: 1, arbitrary: bytes },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: junk.map(encode) },
  { weight: 1, arbitrary: fc.tuple(prepared, fc.nat()).map(([p, at]) => cut(encode(p), at)) },
  { weight: 2, arbitrary: fc.tuple(prepared, fc.nat(), fc.nat({ max: 255 })).map(([p, at, byte]) => altered(encode(p), at, byte)) },
);

/** What is ordered as a batch's proof. */
export const hostileOperation: fc.Arbitrary<Uint8Array> = fc.oneof(bytes, deep, junk.map(encode));

const type = fc.constantFrom(
  ...["Status", "Begin", "Read", "Get", "Scan", "Put", "Delete", "CreateCollection", "InsertVector", "DeleteVector", "Prepare"],
  ...["Abort", "Commit", "Search", "Branches", "PrepareBranch", "Nothing"],
);
/** Has `transaction` where an open one belongs. */
export const hostileRequest = (transaction: string): fc.Arbitrary<unknown> => {
  const fields = fc.record({
    branch: or(branch, text, junk),
    from: or(fc.constantFrom(null, "", "a", "main"), text, junk),
    to: or(fc.constantFrom(null, "b"), text, junk),
    limit: or(fc.integer({ min: 1, max: 9 }), number),
    count: or(fc.integer({ min: 1, max: 9 }), number),
    transaction: or(fc.constant(transaction), text, junk),
    key: or(names, text, junk),
    value: or(bytes, junk),
    collection,
    definition,
    vector,
    of: or(client, junk),
    prepared: or(hostileTransaction, junk),
  });
  const needed: Readonly<Record<string, readonly string[]>> = {
    Begin: ["branch"],
    Read: ["branch", "key"],
    Get: ["transaction", "key"],
    Scan: ["transaction", "from", "to", "limit"],
    Put: ["transaction", "key", "value"],
    Delete: ["transaction", "key"],
    CreateCollection: ["transaction", "collection", "definition"],
    InsertVector: ["transaction", "collection", "key", "vector"],
    DeleteVector: ["transaction", "collection", "key"],
    Prepare: ["transaction", "of"],
    Abort: ["transaction"],
    Commit: ["prepared"],
    Search: ["branch", "collection", "vector", "count"],
    PrepareBranch: ["branch", "from", "of"],
  };
  return fc.oneof(
    { weight: 8, arbitrary: fc.tuple(type, fields).map(([name, all]) => ({ type: name, ...picked(all, needed[name] ?? []) })) },
    { weight: 1, arbitrary: fc.tuple(type, fields).map(([name, all]) => ({ type: name, ...all })) },
    { weight: 1, arbitrary: junk },
  );
};
const picked = (all: Readonly<Record<string, unknown>>, fields: readonly string[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(fields.map((field) => [field, all[field]]));
