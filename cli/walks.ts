/** Random walks one at a time, so that Ctrl-C is heard between them and every walk has a seed of its own to repeat it with. */
import { setImmediate } from "node:timers/promises";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import { simulate } from "../explorer/interpret/index.ts";
import type { SimulateOptions, SimulateResult } from "../explorer/interpret/index.ts";
import type { Interrupted } from "./interrupt.ts";

const LISTEN_EVERY_MS = 50;
const SEEDS = 2 ** 32;

export interface Walked extends SimulateResult {
  /** With this seed and one sample the last walk is taken again. */
  readonly lastSeed: number;
  readonly seconds: number;
}

const added = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(b).map(([name, n]) => [name, n + (a[name] ?? 0)]));
const either = (a: Readonly<Record<string, boolean>>, b: Readonly<Record<string, boolean>>): Record<string, boolean> =>
  Object.fromEntries(Object.entries(b).map(([name, reached]) => [name, reached || a[name] === true]));

const joined = (a: SimulateResult, b: SimulateResult): SimulateResult => ({
  seed: a.seed,
  samples: a.samples + b.samples,
  steps: a.steps + b.steps,
  longest: Math.max(a.longest, b.longest),
  deadlocks: a.deadlocks + b.deadlocks,
  actions: added(a.actions, b.actions),
  witnesses: either(a.witnesses, b.witnesses),
  violation: a.violation ?? b.violation,
  interrupted: b.interrupted,
});

/** `onProgress` is called a few times a second. */
export const walked = async (
  instance: SpecInstance,
  options: SimulateOptions,
  interrupted: Interrupted,
  onProgress: (samples: number, steps: number, elapsedMs: number) => void,
): Promise<Walked> => {
  const started = performance.now();
  let heard = started;
  let all: SimulateResult | undefined;
  let lastSeed = options.seed;
  for (let i = 0; i < options.maxSamples && all?.violation === undefined && interrupted() === undefined; i++) {
    lastSeed = (options.seed + i) % SEEDS;
    const one = simulate(instance, { ...options, seed: lastSeed, maxSamples: 1 });
    all = all === undefined ? one : joined(all, one);
    if (performance.now() - heard < LISTEN_EVERY_MS) continue;
    await setImmediate();
    heard = performance.now();
    onProgress(all.samples, all.steps, heard - started);
  }
  all ??= simulate(instance, { ...options, maxSamples: 0 });
  return { ...all, interrupted: interrupted(), lastSeed, seconds: (performance.now() - started) / 1000 };
};
