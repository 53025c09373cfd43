import { describe, expect, it } from "vitest";
import type { Application } from "./executor.ts";
import { Executor } from "./executor.ts";

/** Executes an op when the test lets it, or gives it up when the signal says so. */
class HeldApplication implements Application {
  readonly begun: number[] = [];
  readonly restored: number[] = [];
  finish: () => void = () => undefined;
  fail: (error: Error) => void = () => undefined;

  constructor(private readonly canBeInterrupted: boolean) {}

  executedTo(): number {
    return 0;
  }
  execute(opNumber: number, _: Uint8Array, signal: AbortSignal): Promise<void> {
    this.begun.push(opNumber);
    return new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
      if (!this.canBeInterrupted) return;
      signal.addEventListener("abort", () => {
        reject(signal.reason as Error); // an AbortError
      });
    });
  }
  restore(_: number, opNumber: number): Promise<number> {
    this.restored.push(opNumber);
    return Promise.resolve(opNumber);
  }
}

const executing = (application: HeldApplication) => {
  const executed: number[] = [];
  const failures: unknown[] = [];
  const executor = new Executor(application, {
    next: (opNumber) => (opNumber <= 9 ? new Uint8Array() : undefined),
    executed: (opNumber) => executed.push(opNumber),
    failed: (error) => failures.push(error),
  });
  executor.advance();
  return { executor, executed, failures };
};

describe("a snapshot is restored", () => {
  it("in place of an op that waits for what never comes", async () => {
    const application = new HeldApplication(true);
    const { executor, executed, failures } = executing(application);
    expect(await executor.restore(2, 7)).toBe(7);
    executor.advance();
    application.finish();
    await executor.stop();
    expect({ executed, failures }).toEqual({ executed: [8], failures: [] });
    expect(application).toMatchObject({ begun: [1, 8], restored: [7] });
  });

  it("after the op that is under way", async () => {
    const application = new HeldApplication(false);
    const { executor, executed } = executing(application);
    const restored = executor.restore(2, 7);
    await Promise.resolve();
    expect(application.restored).toEqual([]);
    application.finish();
    expect(await restored).toBe(7);
    expect(executed).toEqual([1]);
  });

  it("but not when that op fails for another reason", async () => {
    const application = new HeldApplication(false);
    const { executor, failures } = executing(application);
    const stopped = executor.stop();
    const failure = new Error("the disk is full");
    application.fail(failure);
    await stopped;
    expect(failures).toEqual([failure]);
  });
});
