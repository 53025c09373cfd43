#!/usr/bin/env node
// Registers the TypeScript loader in this process: a second process, as `tsx main.ts` starts, would double the start-up time.
// Here, and only here, the explorer's commands and those of conformance meet.
import { register } from "tsx/esm/api";

// A search runs in a thread of its own, which takes as long to load as this one: both load at once.
const searches = ["check", "compare"].includes(process.argv[2]) && !process.argv.some((word) => /^(--help|-h|--max-memory)/.test(word));
register();
if (searches) (await import("./thread-pool.ts")).prepareThread(!process.argv.some((word) => word.startsWith("--spec")));
const [{ main }, { conformanceCommands }] = await Promise.all([import("./main.ts"), import("../../conformance/commands/register.ts")]);
await main(conformanceCommands);
