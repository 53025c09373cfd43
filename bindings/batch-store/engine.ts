/** The batch store of this repository as an engine: one driver for each of its specs, chosen by the model. */
import { batchStoreDefects } from "../defects/batch-store/index.ts";
import type { Arguments, Awaitable, Driver, Observation, Setup, StepResult } from "../../conformance/driver.ts";
import { HarnessError } from "../../conformance/driver.ts";
import type { EngineEntry } from "../../conformance/engine-entry.ts";
import { driven } from "./not-driven.ts";
import { BatchIdDriver } from "./batch-id-driver.ts";
import { ExpiryDriver } from "./expiry-driver.ts";
import { PersistDriver } from "./persist-driver.ts";
import { ProofDriver } from "./proof-driver.ts";
import { QuotaDriver } from "./quota-driver.ts";
import { RestartDriver } from "./restart-driver.ts";
import type { Patch } from "./store-process.ts";

type Make = (name: string, patch: Patch) => Driver;
const persist: Make = (name, patch) => new PersistDriver(name, patch);

const drivers: Readonly<Record<string, Make>> = {
  "batch-store/duplicate-persist": persist,
  "batch-store/notify": persist,
  "batch-store/persist": persist,
  "batch-store/late-delete": (name, patch) => new ExpiryDriver(name, patch),
  "batch-store/restart": (name, patch) => new RestartDriver(name, patch),
  "batch-store/batch-id": (name, patch) => new BatchIdDriver(name, patch),
  "batch-store/proof": (name, patch) => new ProofDriver(name, patch),
  "batch-store/quota": (name, patch) => new QuotaDriver(name, patch),
};

/** The driver of the model that it is started with. */
class BatchStoreDriver implements Driver {
  private driver: Driver | undefined;
  private model = "";

  constructor(
    readonly name: string,
    private readonly patch: Patch,
  ) {}

  init(setup: Setup): Awaitable<void> {
    if (this.driver === undefined || setup.model !== this.model) {
      const make = drivers[setup.model];
      if (make === undefined)
        throw new HarnessError(`the batch store has no driver for ${setup.model}; it has: ${Object.keys(drivers).join(", ")}`);
      this.driver = make(this.name, this.patch);
      this.model = setup.model;
    }
    return this.driver.init(setup);
  }
  private get begun(): Driver {
    if (this.driver === undefined) throw new HarnessError("a step before init");
    return this.driver;
  }
  step(action: string, args: Arguments): Awaitable<StepResult> {
    return this.begun.step(action, args);
  }
  observe(): Awaitable<Observation> {
    return this.begun.observe();
  }
  close(): Awaitable<void> {
    return this.driver?.close();
  }
}

export const driverOf = (name: string, patch: Patch): Driver => new BatchStoreDriver(name, patch);

export const engine: EngineEntry = {
  production: () => driverOf("batch store", {}),
  driven,
  defects: Object.fromEntries(
    Object.entries(batchStoreDefects).map(([name, { design, counterexamples, patch }]) => [
      name,
      { design, counterexamples, make: () => driverOf(`batch store with ${name}`, patch) },
    ]),
  ),
};
