/** Collects old versions. It takes its minimum in one step and drops in later ones: snapshots that begin in between are not lower. */
import { breath } from "../breath.ts";
import type { Core } from "./commit-protocol.ts";
import type { OpenSnapshots } from "./open-snapshots.ts";

export class VersionCollector {
  #running = false;

  constructor(
    protected readonly core: Core,
    protected readonly snapshots: OpenSnapshots,
  ) {}

  /** How many versions were dropped; 0 at once if it is under way already. */
  async collect(): Promise<number> {
    if (this.#running) return 0;
    this.#running = true;
    try {
      await this.pause("ChooseMinimum", {});
      const minimum = this.chooseMinimum();
      let dropped = 0;
      const { state } = this.core;
      for (const branch of [...state.branches.keys()]) {
        await this.pause("Drop", { branch, minimum });
        const collecting = state.collecting(branch, minimum);
        let part = collecting.next();
        for (; part.done !== true; part = collecting.next()) await breath();
        dropped += part.value;
      }
      return dropped;
    } finally {
      this.#running = false;
    }
  }

  protected chooseMinimum(): number {
    return this.snapshots.lowest(this.core.publication.storeVersion);
  }

  protected async pause(step: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    const pause = this.core.steps.reached(step, args);
    if (pause) await pause;
  }
}
