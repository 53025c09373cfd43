/**
 * Threads for searches. They take long to load, so one is started before it is known what for, and those that have done
 * their work wait for the next search. Waiting threads keep no process alive.
 */
import { Worker } from "node:worker_threads";

const MEBIBYTE = 2 ** 20;
/** Heap beyond the budget: the account of a search is looked at now and then only. */
const SLACK_MEBIBYTES = 512;
/** What a search takes where nothing is said. */
export const DEFAULT_BUDGET = 4 * 2 ** 30;

/** The most heap that a thread may have under a memory budget, in MiB. */
const heapLimit = (memoryBytes: number): number => Math.ceil(memoryBytes / MEBIBYTE) + SLACK_MEBIBYTES;

interface Waiting {
  readonly worker: Worker;
  readonly limit: number;
}
const waiting = new Set<Waiting>();

const started = (limit: number, models: boolean): Worker =>
  new Worker(new URL("./search-thread.js", import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: limit },
    workerData: { models },
  });

/** Nobody listens to the thread any more. (To remove all listeners would remove what the Worker itself needs.) */
export const silence = (worker: Worker): void => {
  for (const event of ["message", "error", "exit"]) worker.removeAllListeners(event);
};

/** A thread whose program runs, or will run soon. */
export const takeThread = (memoryBytes = DEFAULT_BUDGET): Worker => {
  const limit = heapLimit(memoryBytes);
  for (const known of waiting) {
    if (known.limit !== limit) continue;
    waiting.delete(known);
    silence(known.worker);
    known.worker.ref();
    return known.worker;
  }
  return started(limit, false);
};

/** Takes back a thread that has done its work, for the next search of this budget. */
export const keepThread = (worker: Worker, memoryBytes = DEFAULT_BUDGET): void => {
  const kept = { worker, limit: heapLimit(memoryBytes) };
  waiting.add(kept);
  silence(worker);
  const gone = (): void => void waiting.delete(kept);
  worker.on("exit", gone);
  worker.on("error", gone);
  worker.unref();
};

/** Starts a thread that the coming search will take; `models`: it will be of a model, so that these are loaded, too. */
export const prepareThread = (models: boolean): void => keepThread(started(heapLimit(DEFAULT_BUDGET), models));
