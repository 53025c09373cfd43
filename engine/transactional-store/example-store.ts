/** For tests: a store on controlled ports, and what is in it as plain values. */
import type { Logger } from "../ports.ts";
import { ControlledClock } from "../wiring/controlled/clock.ts";
import type { DiskImage } from "../wiring/controlled/crash-images.ts";
import { ControlledDisk } from "../wiring/controlled/disk.ts";
import { ControlledRandom } from "../wiring/controlled/random.ts";
import { ControlledSteps } from "../wiring/controlled/steps.ts";
import { TransactionalStore } from "./transactional-store.ts";
import type { StoreOptions, StoreParts } from "./transactional-store.ts";
import type { Transaction } from "./transaction.ts";

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();

/** Nothing happens on its own. */
export const byHand: StoreOptions = { checkpointSegments: 0, collectCommits: 0, maxTransactionAgeMs: 0 };

export const ports = (disk = new ControlledDisk()) => {
  const logged: string[] = [];
  const logger: Logger = { log: (level, event, fields) => logged.push(`${level} ${event} ${JSON.stringify(fields ?? {})}`) };
  return { disk, clock: new ControlledClock(), steps: new ControlledSteps(), random: new ControlledRandom(1), logger, logged };
};
export type TestPorts = ReturnType<typeof ports>;

export const open = (of: TestPorts, options: StoreOptions = {}, parts?: StoreParts): Promise<TransactionalStore> =>
  TransactionalStore.open(
    { disk: of.disk, clock: of.clock, steps: of.steps, random: of.random, logger: of.logger },
    { ...byHand, ...options },
    parts,
  );

/** The process dies; the disk is as the crash has left it. */
export const reopen = (image: DiskImage, options: StoreOptions = {}): Promise<TransactionalStore> =>
  open(ports(new ControlledDisk(image)), options);

export const put = async (store: TransactionalStore, pairs: Readonly<Record<string, string | null>>, branch = "main") => {
  const t = store.begin(branch);
  for (const [key, value] of Object.entries(pairs)) {
    if (value === null) t.delete(key);
    else t.put(key, bytes(value));
  }
  return t.commit();
};

export const scanned = async (t: Transaction): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await t.scan()).map(([key, value]) => [key, text(value) ?? ""]));

/** All pairs of a branch. */
export const contents = async (store: TransactionalStore, branch = "main"): Promise<Readonly<Record<string, string>>> => {
  const t = store.begin(branch);
  try {
    return await scanned(t);
  } finally {
    t.abort();
  }
};

export const all = async <T>(items: Iterable<T> | AsyncIterable<T>): Promise<readonly T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};
