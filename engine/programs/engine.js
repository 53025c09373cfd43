#!/usr/bin/env node
// Registers the TypeScript loader in this process: a second process, as `tsx main.ts` starts, would double the start-up time.
import { register } from "tsx/esm/api";

register();
const { main } = await import("./main.ts");
await main();
