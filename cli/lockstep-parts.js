// Here, and only here, the explorer's commands and those of conformance meet.
import { program } from "../bundle/bundle.js";

export const lockstep = () =>
  program("lockstep", ["specs", "models", "explorer", "conformance", "cli", "bindings", "counterexamples", "engine"], {
    main: "cli/main.ts",
    "thread-pool": "cli/thread-pool.ts",
    "search-thread": "cli/search-thread.ts",
    conformance: "cli/commands/register.ts",
    models: "models/index.ts",
    language: "specs/language/index.ts",
  });
