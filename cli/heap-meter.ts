/** How much JavaScript heap a search uses in this thread. */
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** So much may be garbage before it is looked at, or half of what is alive, if that is more. */
const GARBAGE_BYTES = 64 * 2 ** 20;

const collector = (): (() => void) => {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  return typeof collect === "function" ? () => void (collect as () => unknown)() : () => undefined; // V8's own function
};

/**
 * Bytes that are alive, beyond those at this call. The engine counts garbage as used until it collects, which it does when
 * it likes: where much has been added, it is made to collect, so that what is counted against a budget is really used.
 */
export const heapMeter = (): (() => number) => {
  let collect: (() => void) | undefined;
  const start = getHeapStatistics().used_heap_size;
  let alive = start;
  return () => {
    const used = getHeapStatistics().used_heap_size;
    if (used - alive > Math.max(GARBAGE_BYTES, alive / 2)) {
      collect ??= collector();
      collect();
      alive = getHeapStatistics().used_heap_size;
    }
    return Math.max(0, alive - start);
  };
};
