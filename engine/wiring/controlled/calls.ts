/**
 * The calls made on a controlled port. Each is carried out at once, or is held until whoever controls the port completes or
 * fails it. Calls that touch the same thing are carried out in the order in which they were made, as in production.
 */

/** A call fails with `code`, a code of Node's. */
export interface Failure {
  readonly code: string;
  /** Of an append: so many bytes were written before it failed. 0 by default. */
  readonly writtenBytes?: number;
  /**
   * Of a sync: the kernel forgets that the data is not on the disk (as Linux does after a failed write back). It can still be
   * read, and no later sync writes it.
   */
  readonly pagesMarkedClean?: boolean;
}

/** The `nth` call from now (1: the next) that matches fails, and those after it until `times` have failed. */
export interface ArmedFailure<C> extends Failure {
  readonly matches: (call: C) => boolean;
  readonly nth?: number;
  readonly times?: number;
}

export type Held<C> = C & { readonly id: number };

interface WaitingCall<C> {
  readonly call: Held<C>;
  readonly touches: readonly string[];
  readonly held: boolean;
  readonly carryOut: (failure: Failure | undefined) => void;
  readonly failure: Failure | undefined;
}

interface Countdown<C> {
  readonly armed: ArmedFailure<C>;
  untilFirst: number;
  remaining: number;
}

export class Calls<C extends object> {
  /** Grows with every call made or carried out: how `settle` sees that something happened. */
  activity = 0;
  private waiting: WaitingCall<C>[] = [];
  private countdowns: Countdown<C>[] = [];
  private lastId = 0;
  private halted = false;
  private isHeld: (call: C) => boolean = () => false;

  /** From now on, calls for which `isHeld` is true wait. */
  hold(isHeld: (call: C) => boolean): void {
    this.isHeld = isHeld;
  }

  /** From now on nothing is held; what waits is carried out. */
  releaseAll(): void {
    this.isHeld = () => false;
    this.waiting = this.waiting.map((w) => ({ ...w, held: false }));
    this.carryOutReady();
  }

  arm(armed: ArmedFailure<C>): void {
    this.countdowns.push({ armed, untilFirst: armed.nth ?? 1, remaining: armed.times ?? 1 });
  }

  /** Held calls, oldest first. A call that is not held but waits behind one that is, is not listed. */
  pending(): readonly Held<C>[] {
    return this.waiting.filter((w) => w.held).map((w) => w.call);
  }

  /** All that was called and not carried out, held or not, oldest first. */
  inFlight(): readonly Held<C>[] {
    return this.waiting.map((w) => w.call);
  }

  /** Carries a held call out (or fails it, if a failure was armed for it). Throws if there is none, or an earlier one is in its way. */
  complete(id: number): void {
    const waiting = this.take(id);
    waiting.carryOut(waiting.failure);
    this.carryOutReady();
  }

  fail(id: number, failure: Failure): void {
    this.take(id).carryOut(failure);
    this.carryOutReady();
  }

  /** The process is gone: nothing that waits, and nothing called from now on, is ever carried out or answered. */
  halt(): void {
    this.halted = true;
    this.waiting = [];
  }

  /** `perform` is given the failure to fail with, if any; what it returns or throws settles the promise. */
  submit<T>(call: C, touches: readonly string[], perform: (failure: Failure | undefined, id: number) => T): Promise<T> {
    this.activity++;
    return new Promise<T>((resolve, reject) => {
      if (this.halted) return;
      const id = ++this.lastId;
      const carryOut = (failure: Failure | undefined): void => {
        this.activity++;
        try {
          resolve(perform(failure, id));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      this.waiting.push({ call: { ...call, id }, touches, held: this.isHeld(call), carryOut, failure: this.armedFor(call) });
      this.carryOutReady();
    });
  }

  private take(id: number): WaitingCall<C> {
    const at = this.waiting.findIndex((w) => w.call.id === id && w.held);
    const waiting = this.waiting[at];
    if (waiting === undefined) throw new Error(`no call ${id} is held; held are: ${this.heldIds()}`);
    const before = this.inTheWayOf(at);
    if (before !== undefined) throw new Error(`call ${id} waits for call ${before.call.id}, which touches the same`);
    this.waiting.splice(at, 1);
    return waiting;
  }

  private heldIds(): string {
    return (
      this.pending()
        .map((c) => c.id)
        .join(", ") || "none"
    );
  }

  private inTheWayOf(at: number): WaitingCall<C> | undefined {
    const touches = this.waiting[at]?.touches ?? [];
    return this.waiting.slice(0, at).find((w) => w.touches.some((t) => touches.includes(t)));
  }

  private carryOutReady(): void {
    for (let at = 0; at < this.waiting.length;) {
      const waiting = this.waiting[at];
      if (waiting === undefined || waiting.held || this.inTheWayOf(at) !== undefined) at++;
      else {
        this.waiting.splice(at, 1);
        waiting.carryOut(waiting.failure);
        at = 0;
      }
    }
  }

  private armedFor(call: C): Failure | undefined {
    let failure: Failure | undefined;
    for (const countdown of this.countdowns) {
      if (!countdown.armed.matches(call)) continue;
      if (countdown.untilFirst > 1) countdown.untilFirst--;
      else if (failure === undefined) {
        countdown.remaining--;
        failure = countdown.armed;
      }
    }
    this.countdowns = this.countdowns.filter((c) => c.remaining > 0);
    return failure;
  }
}
