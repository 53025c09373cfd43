/**
 * For tests: a workload on a store, every disk that a crash at any of its disk operations may leave, and what is wrong
 * with what a store recovers from one. The workload runs once undisturbed, to know the state after each of its steps.
 */
import { type CrashKind, type CrashOptions, type DiskImage, keyOf } from "../wiring/controlled/crash-images.ts";
import type { ControlledDisk } from "../wiring/controlled/disk.ts";
import { ControlledDisk as Disk } from "../wiring/controlled/disk.ts";
import { bytes, contents, open, ports, put, reopen } from "./example-store.ts";
import { messageOf } from "./errors.ts";
import type { StoreOptions, TransactionalStore } from "./transactional-store.ts";

/** A commit (or what leaves the state as it is, like a checkpoint). */
export type WorkloadStep = (store: TransactionalStore, n: number) => Promise<unknown>;

const vector = (n: number): Float32Array => Float32Array.of(n, 1);
export const commitStep: WorkloadStep = async (store, n) => {
  const t = store.begin(n % 4 === 3 ? "side" : "main");
  await t.get("counter");
  t.put("counter", bytes(`${n}`));
  t.put(`k${n % 3}`, bytes("x".repeat(n)));
  if (n % 5 === 4) t.delete("k0");
  if (t.branch === "main") {
    await t.insertVector("v", `v${n % 2}`, vector(n));
    if (n % 5 === 0) await t.deleteVector("v", "v1");
  }
  await store.commitPrepared(t.prepare({ client: "c", request: n }), { position: n });
};
export const refusedStep: WorkloadStep = async (store, n) => {
  const t = store.begin();
  t.put("never", bytes("seen"));
  await store.commitPrepared({ ...t.prepare({ client: "c", request: n }), reads: [["kcounter", 999_999]] }, { position: n });
};
export const checkpointStep: WorkloadStep = (store) => store.checkpoint();
export const collectStep: WorkloadStep = (store) => store.collectVersions();

const prologue = async (store: TransactionalStore): Promise<void> => {
  await store.createBranch("side");
  const t = store.begin();
  t.createCollection("v", { dimension: 2, metric: "l2sq" });
  await t.commit();
};

/** All that a client could see, and what is kept for replicas. */
export const seen = async (store: TransactionalStore): Promise<string> => {
  const { vectors, clients } = store.observe();
  const search = (): unknown => store.searchVectors("main", "v", vector(0), 10);
  return JSON.stringify([await contents(store), await contents(store, "side"), search(), vectors, clients, store.executed, store.version]);
};

export interface Moment {
  readonly before: string;
  /** The steps that were acknowledged, and those that were begun. */
  readonly acknowledged: number;
  readonly begun: number;
  readonly images: readonly DiskImage[];
  readonly sampled: boolean;
}
export interface Recording {
  readonly moments: readonly Moment[];
  /** After so many steps. */
  readonly states: readonly string[];
}

export const record = async (
  steps: readonly WorkloadStep[],
  options: StoreOptions,
  kind: CrashKind,
  crashOptions: CrashOptions = {},
  disk: ControlledDisk = new Disk(),
): Promise<Recording> => {
  const calm = await open(ports(), options);
  await prologue(calm);
  const states = [await seen(calm)];
  for (const [i, step] of steps.entries()) {
    await step(calm, i + 1);
    states.push(await seen(calm));
  }
  const store = await open(ports(disk), options);
  await prologue(store);
  await store.sync();
  const moments: Moment[] = [];
  let [acknowledged, begun] = [0, 0];
  disk.watch((call) => {
    const { images, sampled } = disk.crash(kind, crashOptions);
    moments.push({ before: `${call.kind} ${"file" in call ? call.file : ""}`, acknowledged, begun, images, sampled: sampled.length > 0 });
  });
  for (const [i, step] of steps.entries()) {
    begun = i + 1;
    await step(store, i + 1);
    acknowledged = i + 1;
  }
  await store.close();
  return { moments, states };
};

/** What is wrong with the recovery from an image; undefined if nothing is. `least`: the steps that must be there. */
export const wrongAfter = async (image: DiskImage, states: readonly string[], least: number, most: number): Promise<string | undefined> => {
  let store: TransactionalStore;
  try {
    store = await reopen(image);
    const found = await seen(store);
    const at = states.lastIndexOf(found, most);
    if (at < 0) return `not the state after any of the first ${most} steps: ${found}`;
    if (at < least) return `the state after step ${at}, and ${least} were acknowledged`;
  } catch (error) {
    return `not recovered: ${messageOf(error)}`;
  }
  return undefined;
};

/** The recovered store goes on, and what it then commits is there after the next crash. */
export const wrongAfterGoingOn = async (image: DiskImage): Promise<string | undefined> => {
  const of = ports(new Disk(image));
  const store = await open(of);
  await put(store, { after: "the crash" });
  const [synced] = of.disk.crash("M0").images;
  const again = await contents(await reopen(synced ?? { files: new Map() }));
  return again["after"] === "the crash" ? undefined : "what was committed after the recovery is lost";
};

export interface Verdict {
  readonly images: number;
  readonly wrong: readonly string[];
}

/** `everyNth`: of the images, so many are also followed by more commits. */
export const verdict = async ({ moments, states }: Recording, everyNth: number): Promise<Verdict> => {
  const checked = new Map<string, number>();
  const wrong: string[] = [];
  for (const { before, acknowledged, begun, images } of moments) {
    for (const image of images) {
      const key = keyOf(image);
      // The same disk with more acknowledged is a stronger claim.
      if ((checked.get(key) ?? -1) >= acknowledged) continue;
      checked.set(key, acknowledged);
      const found =
        (await wrongAfter(image, states, acknowledged, begun)) ??
        (checked.size % everyNth === 0 ? await wrongAfterGoingOn(image) : undefined);
      if (found !== undefined) wrong.push(`before ${before}, step ${begun}: ${found}`);
    }
  }
  return { images: checked.size, wrong };
};

/** A disk whose syncs do nothing: with it a machine crash must be seen to lose something, or the test sees nothing. */
export class DiskWithoutSync extends Disk {
  override sync(): Promise<void> {
    return Promise.resolve();
  }
}
export class DiskWithoutDirectorySync extends Disk {
  override syncDirectory(): Promise<void> {
    return Promise.resolve();
  }
}
