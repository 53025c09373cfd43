// Here, and only here, the explorer's commands and those of conformance meet.
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { program } from "../bundle/bundle.js";

/** The repository's own project is bundled with the program; a package has none. */
const config = "lockstep.config.ts";
const own = statSync(fileURLToPath(new URL(`../${config}`, import.meta.url)), { throwIfNoEntry: false }) !== undefined;

export const lockstep = () =>
  program(
    "lockstep",
    ["specs", "explorer", "conformance", "cli", ...(own ? [config, "models", "bindings", "counterexamples", "engine"] : [])],
    {
      main: "cli/main.ts",
      "thread-pool": "cli/thread-pool.ts",
      "search-thread": "cli/search-thread.ts",
      conformance: "cli/commands/register.ts",
      project: "cli/project.ts",
      language: "specs/language/index.ts",
      ...(own ? { config } : {}),
    },
  );
