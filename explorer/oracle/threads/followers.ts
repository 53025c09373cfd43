/** Threads for searches of random specs. They take long to load, so they stay for the next search. */
import { Worker } from "node:worker_threads";
import type { SpecInstance } from "../../../specs/language/index.ts";
import { Control, controlFor } from "../../search/index.ts";
import type { Threads } from "../../search/index.ts";
import type { FollowerOrder } from "./follower-thread.ts";

/** A thread that is not ready after so long has failed, which the search then says. */
const PATIENCE_MS = 20_000;
const program = new URL("./follower-program.js", import.meta.url);
const waiting: Worker[] = [];

/** Resolves when the follower has come to its end; rejects when its thread has. */
const ended = (worker: Worker): Promise<void> =>
  new Promise((resolve, reject) => {
    worker.once("message", () => {
      worker.removeAllListeners("error");
      worker.unref();
      waiting.push(worker);
      resolve();
    });
    worker.once("error", reject);
  });

/**
 * Followers for one search of a spec with this text. `ready`: the leader waits until they can work, so that they take part
 * even in a search of a few states; or else they begin in the middle of it.
 */
export const followersFor = (text: string, instance: SpecInstance, workers: number, ready: boolean): Threads => {
  const control = controlFor(instance, workers, true);
  const told = new Control(control);
  const ends: Promise<void>[] = [];
  return {
    control,
    start: (plan) => {
      const worker = waiting.pop() ?? new Worker(program);
      worker.ref();
      ends.push(ended(worker));
      const order: FollowerOrder = { text, plan };
      worker.postMessage(order);
      if (ready) told.awaitReady(plan.thread, PATIENCE_MS);
    },
    stop: () => Promise.all(ends),
  };
};
