/** The models of one node's persist: what may be told or signed before which write. */
import { persistSpec } from "../specs/batch-store/persist.ts";
import type { Model } from "../explorer/model.ts";

const holds = { verdict: "holds" } as const;
const violated = (property: string, length: number) => ({ verdict: "violated", property, length }) as const;
const common = { system: "batch-store", allowDeadlock: true, expected: holds } as const;

/** The design of the code that the document describes, and what it recommends. */
export const asInTheCode = { sync: "relaxed", notify: "before", duplicatePersist: "signNow", recheck: "cache" } as const;
export const optionOne = { ...asInTheCode, sync: "sync" } as const;
export const optionTwo = { ...asInTheCode, sync: "groupFlush", notify: "after" } as const;

const duplicatePersist: Model = {
  ...common,
  name: "batch-store/duplicate-persist",
  title: "Two persists of one digest, and a process crash",
  spec: persistSpec,
  constants: { calls: 2, digests: 1, subscribers: 0, processCrashes: 1, machineCrashes: 0 },
  variants: [
    { label: "as it should be", design: {}, expected: holds },
    { label: "a duplicate signs at once", design: { duplicatePersist: "signNow" }, expected: violated("SignedIsServed", 6) },
    { label: "as in the code", design: asInTheCode, expected: violated("SignedIsServed", 7) },
    { label: "option 1: synced puts", design: optionOne, expected: violated("SignedIsServed", 7) },
    { label: "option 2: flush, then notify", design: optionTwo, expected: violated("SignedIsServed", 7) },
    {
      label: "as in the code, but a duplicate waits for the put",
      design: { ...asInTheCode, duplicatePersist: "waitWritten" },
      expected: holds,
    },
    {
      label: "the same, with machine crashes, too",
      constants: { machineCrashes: 1 },
      design: { ...asInTheCode, duplicatePersist: "waitWritten" },
      expected: violated("SignedIsServed", 7),
    },
    {
      label: "synced puts, and a duplicate waits for the put only",
      constants: { machineCrashes: 1 },
      design: { duplicatePersist: "waitWritten" },
      expected: violated("SignedIsServed", 8),
    },
    {
      label: "relaxed puts, with machine crashes, too",
      constants: { machineCrashes: 1 },
      design: { sync: "relaxed" },
      expected: violated("SignedIsServed", 6),
    },
    {
      label: "option 2, and a duplicate waits until durable",
      constants: { machineCrashes: 1 },
      design: { ...optionTwo, duplicatePersist: "waitDurable" },
      expected: holds,
    },
  ],
  harmless: {
    "sync=groupFlush": "a duplicate waits for the flush as it does for an fsync",
    "notify=before": "nobody subscribes in this model",
    "recheck=cache": "nobody subscribes in this model",
  },
};

const notify: Model = {
  ...common,
  name: "batch-store/notify",
  title: "One persist, a reader that waits for it, and a machine crash",
  spec: persistSpec,
  constants: { calls: 1, digests: 1, subscribers: 1, processCrashes: 0, machineCrashes: 1 },
  variants: [
    { label: "as it should be", design: {}, expected: holds },
    { label: "relaxed puts", design: { sync: "relaxed" }, expected: violated("SignedIsServed", 6) },
    { label: "a reader is answered from the cache", design: { recheck: "cache" }, expected: violated("NotifiedIsKept", 6) },
    { label: "as in the code", design: asInTheCode, expected: violated("NotifiedIsKept", 6) },
    {
      label: "as in the code, for a reader that came first",
      design: { ...asInTheCode, recheck: "durable" },
      invariants: ["NotifiedIsKept"],
      expected: violated("NotifiedIsKept", 7),
    },
    {
      label: "the same, with a process crash only",
      constants: { processCrashes: 1, machineCrashes: 0 },
      design: { ...asInTheCode, recheck: "durable" },
      expected: holds,
    },
    {
      label: "only the notification waits",
      design: { sync: "relaxed", notify: "after", duplicatePersist: "signNow" },
      expected: violated("SignedIsServed", 6),
    },
    { label: "a flush, but notified before it", design: { sync: "groupFlush", notify: "before" }, expected: violated("NotifiedIsKept", 7) },
    { label: "option 1: synced puts", design: optionOne, expected: violated("NotifiedIsKept", 6) },
    { label: "option 2: flush, then notify", design: optionTwo, expected: violated("NotifiedIsKept", 6) },
    { label: "option 1, and only durable rows for readers", design: { ...optionOne, recheck: "durable" }, expected: holds },
    { label: "option 2, and only durable rows for readers", design: { ...optionTwo, recheck: "durable" }, expected: holds },
  ],
  harmless: {
    "sync=groupFlush": "as good as an fsync for each put, while the notification waits",
    "notify=before": "the call notifies after its put, and a synced put is durable by then",
    "duplicatePersist=waitWritten": "there is one persist only",
    "duplicatePersist=signNow": "there is one persist only",
  },
};

const both = { calls: 2, digests: 1, subscribers: 1, processCrashes: 1, machineCrashes: 1 } as const;
const persist: Model = {
  ...common,
  name: "batch-store/persist",
  title: "Three persists of two digests, with readers and both kinds of crash",
  spec: persistSpec,
  constants: { calls: 3, digests: 2, subscribers: 1, processCrashes: 1, machineCrashes: 1 },
  variants: [
    { label: "as it should be", constants: both, design: {}, expected: holds },
    { label: "a flush in place of the fsync", constants: both, design: { sync: "groupFlush" }, expected: holds },
    { label: "the call notifies", constants: both, design: { notify: "before" }, expected: holds },
    { label: "relaxed puts", constants: both, design: { sync: "relaxed" }, expected: violated("SignedIsServed", 6) },
    {
      label: "a duplicate signs at once",
      constants: both,
      design: { duplicatePersist: "signNow" },
      expected: violated("SignedIsServed", 6),
    },
    {
      label: "a duplicate waits for the put only",
      constants: both,
      design: { duplicatePersist: "waitWritten" },
      expected: violated("SignedIsServed", 8),
    },
    {
      label: "a reader is answered from the cache",
      constants: both,
      design: { recheck: "cache" },
      expected: violated("NotifiedIsKept", 6),
    },
    { label: "option 1: synced puts", constants: both, design: optionOne, expected: violated("NotifiedIsKept", 6) },
    { label: "option 2: flush, then notify", constants: both, design: optionTwo, expected: violated("NotifiedIsKept", 6) },
    {
      label: "option 1, and a duplicate waits",
      constants: both,
      design: { ...optionOne, duplicatePersist: "waitDurable" },
      expected: violated("NotifiedIsKept", 6),
    },
    {
      label: "option 1, and only durable rows for readers",
      constants: both,
      design: { ...optionOne, recheck: "durable" },
      expected: violated("SignedIsServed", 7),
    },
    {
      label: "option 2, and a duplicate waits",
      constants: both,
      design: { ...optionTwo, duplicatePersist: "waitDurable" },
      expected: violated("NotifiedIsKept", 6),
    },
    {
      label: "option 2, and only durable rows for readers",
      constants: both,
      design: { ...optionTwo, recheck: "durable" },
      expected: violated("SignedIsServed", 7),
    },
    {
      label: "option 1, and both",
      constants: both,
      design: { ...optionOne, duplicatePersist: "waitDurable", recheck: "durable" },
      expected: holds,
    },
    {
      label: "option 2, and both",
      constants: both,
      design: { ...optionTwo, duplicatePersist: "waitDurable", recheck: "durable" },
      expected: holds,
    },
    {
      label: "signatures only: as in option 1, a duplicate waits",
      constants: both,
      design: { ...optionOne, duplicatePersist: "waitDurable" },
      invariants: ["SignedIsServed"],
      expected: holds,
    },
  ],
  harmless: {
    "sync=groupFlush": "the flush comes before the signature and the notification, as the fsync does",
    "notify=before": "the call notifies after its put, and a synced put is durable by then",
  },
};

export const persistModels: readonly Model[] = [duplicatePersist, notify, persist];
