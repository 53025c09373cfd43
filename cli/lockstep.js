#!/usr/bin/env node
import { lockstep } from "./lockstep-parts.js";

const load = await lockstep();
// A search runs in a thread of its own, which takes as long to load as this one: both load at once.
const searches = ["check", "compare"].includes(process.argv[2]) && !process.argv.some((word) => /^(--help|-h|--max-memory)/.test(word));
if (searches) (await load("thread-pool")).prepareThread(!process.argv.some((word) => /^--spec|\.[cm]?[jt]s(#.*)?$/.test(word)));
const [{ main }, { conformanceCommands }] = await Promise.all([load("main"), load("conformance")]);
await main(conformanceCommands);
