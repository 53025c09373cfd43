#!/usr/bin/env node
import { program } from "../../bundle/bundle.js";

const load = await program("engine", ["engine"], { main: "engine/programs/main.ts" });
await (await load("main")).main();
