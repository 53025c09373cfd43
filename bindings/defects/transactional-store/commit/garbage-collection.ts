/** Defects of the collector of old versions. */
import type { Core } from "../../../../engine/transactional-store/commit-protocol.ts";
import { VersionCollector } from "../../../../engine/transactional-store/version-collector.ts";
import type { Build } from "../../../transactional-store/commit/commit-driver.ts";

/** `gc=dropBelowMin`: what is below the minimum goes, also if it is the newest version that the minimum can read. */
class DropsBelowMinimum extends VersionCollector {
  #isRunning = false;

  override async collect(): Promise<number> {
    if (this.#isRunning) return 0;
    this.#isRunning = true;
    await this.pause("ChooseMinimum", {});
    const minimum = this.chooseMinimum();
    for (const [branch, { chains }] of this.core.state.branches) {
      await this.pause("Drop", { branch, minimum });
      for (const [key, chain] of [...chains.entries()]) {
        const rest = chain.filter((e) => e.version >= minimum);
        if (rest.length === 0) chains.delete(key);
        else chains.set(key, rest);
      }
    }
    this.#isRunning = false;
    return 0;
  }
}

/** `minimum=storeVersion`: the open snapshots are not looked at. */
class IgnoresSnapshots extends VersionCollector {
  protected override chooseMinimum(): number {
    return this.core.publication.storeVersion;
  }
}

export const dropsBelowMinimum: Build = {
  name: "newest-version-collected",
  patch: () => ({ collector: (core: Core, snapshots) => new DropsBelowMinimum(core, snapshots) }),
};
export const ignoresSnapshots: Build = {
  name: "snapshots-ignored",
  patch: () => ({ collector: (core: Core, snapshots) => new IgnoresSnapshots(core, snapshots) }),
};
