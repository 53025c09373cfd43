/** What this repository has: the first project of its own product. Engines and mappings are loaded when a command needs them. */
import { engines } from "./bindings/engines.ts";
import { defineConfig } from "./cli/config.ts";
import { models } from "./models/index.ts";

export default defineConfig({
  models,
  engines,
  mappings: {
    "viewstamped-replication": async () =>
      (await import("./bindings/viewstamped-replication/journal/replication-mapping.ts")).replicationMapping,
  },
});
