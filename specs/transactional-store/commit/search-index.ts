/**
 * Threads that index the same document at the same time (the document's section 5, "Inverted Index DashMaps"): look
 * whether it is indexed and if so remove it, then add its postings, count it, and record its length. Each step is atomic
 * in its map. One document with one term.
 * Left out: searches, and the metrics' memory ordering.
 */
import { bool, int, map, mapOf, names, oneOf, optional, symmetric, system } from "../../language/index.ts";
import type { ScopeOf } from "../../language/index.ts";

interface Constants {
  readonly threads: number;
}
const threadsOf = (c: Constants) => names("t", c.threads);
const Thread = symmetric("Thread", threadsOf);
const Count = int((c: Constants) => -c.threads, (c: Constants) => c.threads + 1);

const indexing = system({
  name: "transactional-store-search-index",
  constants: { threads: { default: 2, min: 1, max: 3 } },
  design: {
    /** Is a document indexed by one thread at a time, or do only the maps' own locks protect it? */
    documentLock: ["held", "none"],
  },
  variables: {
    lock: optional(Thread),
    /** `doc_lengths` has the document. */
    hasLength: bool,
    /** Entries of the document in the term's posting list, and the counters. */
    postings: Count,
    documentFrequency: Count,
    totalDocuments: Count,
    threads: map(Thread, oneOf("start", "remove", "removePostings", "add", "count", "record", "done")),
  },
});
type Scope = ScopeOf<typeof indexing>;
type OfThread = Scope & { readonly t: `t${number}` & keyof Scope["now"]["threads"] };
const isAt =
  (label: Scope["now"]["threads"]["t1"]) =>
  ({ now, t }: OfThread): boolean =>
    now.threads[t] === label;

/** `contains_key`. */
const Check = indexing.action({ t: Thread }, {
  when: [isAt("start"), ({ now }) => now.lock === null],
  then: ({ now, next, design, t }) => {
    if (design.documentLock === "held") next.lock = t;
    next.threads[t] = now.hasLength ? "remove" : "add";
  },
});

/** `remove_document` begins with an atomic remove, and does nothing more if there was nothing to remove. */
const RemoveLength = indexing.action({ t: Thread }, {
  when: isAt("remove"),
  then: ({ now, next, t }) => {
    next.hasLength = false;
    next.threads[t] = now.hasLength ? "removePostings" : "add";
  },
});
const RemovePostings = indexing.action({ t: Thread }, {
  when: isAt("removePostings"),
  then: ({ now, next, t }) => {
    next.documentFrequency = now.documentFrequency - now.postings;
    next.postings = 0;
    next.totalDocuments = now.totalDocuments - 1;
    next.threads[t] = "add";
  },
});

const AddPostings = indexing.action({ t: Thread }, {
  when: isAt("add"),
  then: ({ now, next, t }) => {
    next.postings = now.postings + 1;
    next.documentFrequency = now.documentFrequency + 1;
    next.threads[t] = "count";
  },
});
const CountDocument = indexing.action({ t: Thread }, {
  when: isAt("count"),
  then: ({ now, next, t }) => {
    next.totalDocuments = now.totalDocuments + 1;
    next.threads[t] = "record";
  },
});
const RecordLength = indexing.action({ t: Thread }, {
  when: isAt("record"),
  then: ({ now, next, t }) => {
    next.hasLength = true;
    next.threads[t] = "done";
    if (now.lock === t) next.lock = null;
  },
});

/** When nobody indexes, the one document that there is is in the list once and counted once. */
const isQuiet = ({ now, constants }: Scope): boolean => threadsOf(constants).every((t) => ["start", "done"].includes(now.threads[t]));
const ADocumentIsListedOnce = indexing.predicate((scope) => !isQuiet(scope) || scope.now.postings === Number(scope.now.hasLength));
const ADocumentIsCountedOnce = indexing.predicate((scope) => {
  const { totalDocuments, documentFrequency, hasLength } = scope.now;
  return !isQuiet(scope) || [totalDocuments, documentFrequency].every((n) => n === Number(hasLength));
});

export const searchIndex = indexing.spec({
  init: ({ constants: c }) => ({
    lock: null,
    hasLength: false,
    postings: 0,
    documentFrequency: 0,
    totalDocuments: 0,
    threads: mapOf(threadsOf(c), () => "start"),
  }),
  actions: { Check, RemoveLength, RemovePostings, AddPostings, CountDocument, RecordLength },
  invariants: { ADocumentIsListedOnce, ADocumentIsCountedOnce },
  lanes: {
    actor: (_, { t }) => (typeof t === "string" ? `Thread ${t}` : ""),
    stores: {
      Index: ({ now }) =>
        `${String(now.postings)} postings, ${String(now.totalDocuments)} documents, length ${now.hasLength ? "known" : "unknown"}`,
    },
  },
});
