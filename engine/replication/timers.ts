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
export const defaultTiming: Timing = { heartbeatMs: 50, repeatMs: 150, viewChangeMinMs: 300, viewChangeMaxMs: 600 };

export class Timers {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #timing: Timing;
  readonly #fire: { readonly beat: () => void; readonly viewChange: () => void };
  #beat: Timer | undefined;
  #viewChange: Timer | undefined;
  #stopped = false;

  constructor(clock: Clock, random: Random, timing: Timing, fire: { readonly beat: () => void; readonly viewChange: () => void }) {
    this.#clock = clock;
    this.#random = random;
    this.#timing = timing;
    this.#fire = fire;
  }

  /** The next beat, instead of the one that is due. */
  setBeat(isPrimary: boolean): void {
    this.#beat?.cancel();
    if (this.#stopped) return;
    this.#beat = this.#clock.setTimer("beat", isPrimary ? this.#timing.heartbeatMs : this.#timing.repeatMs, this.#fire.beat);
  }

  /** Patience starts anew. */
  setViewChange(): void {
    this.#viewChange?.cancel();
    if (this.#stopped) return;
    const { viewChangeMinMs, viewChangeMaxMs } = this.#timing;
    const delayMs = viewChangeMinMs + this.#random.integer(viewChangeMaxMs - viewChangeMinMs + 1);
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
