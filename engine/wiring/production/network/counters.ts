/** What operators read of the network. */
import { type RefusalReason, refusalReasons } from "./refusals.ts";

const noRefusals = (): Record<RefusalReason, number> => {
  // Every reason gets its number in the next line.
  const counts = {} as Record<RefusalReason, number>;
  for (const reason of refusalReasons) counts[reason] = 0;
  return counts;
};

export class NetworkCounters {
  framesIn = 0;
  framesOut = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Connections that were made or accepted, with both sides proven. */
  authenticated = 0;
  /** Attempts to connect after one that failed or a connection that was lost. */
  reconnects = 0;
  /** Messages that were dropped because the queue to a replica was full. */
  dropped = 0;
  readonly refused = noRefusals();
}
