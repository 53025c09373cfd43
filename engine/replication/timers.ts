/** The timers of one replica: a beat, and the patience of one that does not hear from a working primary. */
import type { Clock, Random, Timer } from "../ports.ts";

export interface Timing {
  /** Between two heartbeats of a primary. */
  readonly heartbeatMs: number;
  /** Between two repetitions of what a replica sent that waits for a view or for state. */
  readonly repeatMs: number;
  /** A replica waits this long for a primary before it changes the view; each time another random number of ms. */
  readonly viewChangeMinMs: number;
  readonly viewChangeMaxMs: number;
}
/**
 * After views in which nothing was committed patience doubles with each, up to so many times: where replicas are slower than the
 * timers think, another view would only add to what they have to do.
 */
const mostPatience = 8;
/** What waits for a view or for state, and may be as large as the log, is repeated less and less often, down to once in so many times. */
const rarestRepetition = 4;

export const defaultTiming: Timing = { heartbeatMs: 50, repeatMs: 150, viewChangeMinMs: 300, viewChangeMaxMs: 600 };

export class Timers {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #timing: Timing;
  readonly #fire: { readonly beat: () => void; readonly viewChange: () => void };
  #beat: Timer | undefined;
  #viewChange: Timer | undefined;
  #stopped = false;
  /** Views that were entered since something was committed, or nothing was left to be. */
  #fruitless = 0;
  #repetitions = 0;

  constructor(
    clock: Clock,
    random: Random,
    timing: Partial<Timing> | undefined,
    fire: { readonly beat: () => void; readonly viewChange: () => void },
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#timing = { ...defaultTiming, ...timing };
    this.#fire = fire;
  }

  /** The next beat, instead of the one that is due. */
  setBeat(isPrimary: boolean): void {
    this.#beat?.cancel();
    if (this.#stopped) return;
    if (isPrimary) this.#repetitions = 0;
    const repeatMs = this.#timing.repeatMs * Math.min(2 ** this.#repetitions, rarestRepetition);
    this.#beat = this.#clock.setTimer("beat", isPrimary ? this.#timing.heartbeatMs : repeatMs, this.#fire.beat);
  }

  /** What was sent before has been sent again. */
  repeated(): void {
    this.#repetitions += 1;
  }

  /** A later view: what is sent in it is new. */
  viewEntered(): void {
    this.#fruitless += 1;
    this.#repetitions = 0;
  }

  /** The view gets done what there is to do. */
  viewWorks(): void {
    this.#fruitless = 0;
    this.#repetitions = 0;
  }

  /** Patience starts anew. */
  setViewChange(): void {
    this.#viewChange?.cancel();
    if (this.#stopped) return;
    const { viewChangeMinMs, viewChangeMaxMs } = this.#timing;
    const patience = Math.min(2 ** Math.max(0, this.#fruitless - 1), mostPatience);
    const delayMs = patience * (viewChangeMinMs + this.#random.integer(viewChangeMaxMs - viewChangeMinMs + 1));
    this.#viewChange = this.#clock.setTimer("viewChange", delayMs, this.#fire.viewChange);
  }

  clearViewChange(): void {
    this.#viewChange?.cancel();
    this.#viewChange = undefined;
  }

  stop(): void {
    this.#stopped = true;
    this.#beat?.cancel();
    this.#viewChange?.cancel();
  }
}
