/** The places between two atomic steps: all passed, or some waited at until they are released. */
import type { Steps } from "../../ports.ts";

export interface WaitingStep {
  readonly id: number;
  readonly step: string;
  readonly args: Readonly<Record<string, unknown>>;
}

export class ControlledSteps implements Steps {
  activity = 0;
  private lastId = 0;
  private isHeld: (step: string, args: Readonly<Record<string, unknown>>) => boolean = () => false;
  private readonly held = new Map<number, WaitingStep & { readonly pass: () => void }>();

  /** From now on, work waits at these steps: at every step by default. */
  hold(isHeld: (step: string, args: Readonly<Record<string, unknown>>) => boolean = () => true): void {
    this.isHeld = isHeld;
  }

  /** From now on every step is passed; what waits goes on. */
  releaseAll(): void {
    this.isHeld = () => false;
    for (const id of [...this.held.keys()]) this.release(id);
  }

  reached(step: string, args: Readonly<Record<string, unknown>> = {}): Promise<void> | undefined {
    this.activity++;
    if (!this.isHeld(step, args)) return undefined;
    const id = ++this.lastId;
    return new Promise((resolve) => this.held.set(id, { id, step, args, pass: resolve }));
  }

  /** What waits, the longest first. */
  waiting(): readonly WaitingStep[] {
    return [...this.held.values()].map(({ id, step, args }) => ({ id, step, args }));
  }

  /** Throws when nothing with this id waits. */
  release(id: number): void {
    const found = this.held.get(id);
    if (found === undefined)
      throw new Error(`nothing waits at a step with id ${id}; waiting: ${[...this.held.keys()].join(", ") || "none"}`);
    this.activity++;
    this.held.delete(id);
    found.pass();
  }
}
