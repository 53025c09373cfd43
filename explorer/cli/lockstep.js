#!/usr/bin/env node
// Registers the TypeScript loader in this process: a second process, as `tsx main.ts` starts, would double the start-up time.
// Here, and only here, the explorer's commands and those of conformance meet.
import { register } from "tsx/esm/api";

register();
const [{ main }, { conformanceCommands }] = await Promise.all([import("./main.ts"), import("../../conformance/commands/register.ts")]);
await main(conformanceCommands);
