/** Timers of Node, and its clock that does not follow changes of the wall clock. */
import type { Clock, Timer } from "../../ports.ts";

const longestMs = 2 ** 31 - 1;

export class SystemClock implements Clock {
  now(): number {
    return performance.now();
  }

  setTimer(name: string, delayMs: number, fire: () => void): Timer {
    // Node would fire a longer timer at once.
    if (!(delayMs >= 0 && delayMs <= longestMs))
      throw new RangeError(`the delay of timer ${name} must be 0 to ${longestMs} ms, not ${delayMs}`);
    const timeout = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(timeout) };
  }
}
