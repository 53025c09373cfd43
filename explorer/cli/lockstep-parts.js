// Here, and only here, the explorer's commands and those of conformance meet.
import { program } from "../../bundle/bundle.js";

export const lockstep = () =>
  program("lockstep", ["specs", "models", "explorer", "conformance", "counterexamples", "engine"], {
    main: "explorer/cli/main.ts",
    "thread-pool": "explorer/cli/thread-pool.ts",
    "search-thread": "explorer/cli/search-thread.ts",
    conformance: "conformance/commands/register.ts",
    models: "models/index.ts",
    language: "specs/language/index.ts",
  });
