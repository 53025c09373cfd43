#!/usr/bin/env node
// Runs the engine as one file of JavaScript, made of its sources when they have changed: to load them one by one, through the
// TypeScript loader, would take each process of a cluster most of a second of computing time.
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as modules from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const engine = dirname(dirname(main));
const project = dirname(engine);

/** Undefined when it cannot be kept, in a directory that is read-only, say. */
const bundle = async () => {
  const sources = readdirSync(engine, { recursive: true }).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const changed = Math.max(
    ...[...sources.map((file) => join(engine, file)), fileURLToPath(import.meta.url)].map((f) => statSync(f).mtimeMs),
  );
  const folder = join(project, ".lockstep", "engine");
  const file = join(folder, `engine-${sources.length}-${Math.round(changed)}.js`);
  try {
    if (statSync(file, { throwIfNoEntry: false }) !== undefined) return file;
    const { build } = await import("esbuild");
    const options = { bundle: true, platform: "node", format: "esm", target: "node20", write: false, logLevel: "silent" };
    // What has native code stays where it was installed.
    const external = ["classic-level", "usearch", "commander", "@commander-js/extra-typings"];
    const define = { "import.meta.url": JSON.stringify(pathToFileURL(main).href) };
    const { outputFiles } = await build({ ...options, entryPoints: [main], external, define });
    mkdirSync(folder, { recursive: true });
    // Several processes may do this at the same time.
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, outputFiles[0].text);
    const old = readdirSync(folder).filter((name) => name.endsWith(".js"));
    renameSync(draft, file);
    for (const name of old) if (join(folder, name) !== file) rmSync(join(folder, name), { force: true });
    return file;
  } catch {
    return undefined;
  }
};

modules.enableCompileCache?.();
const file = await bundle();
if (file === undefined) (await import("tsx/esm/api")).register();
const program = await import(pathToFileURL(file ?? main).href);
await program.main();
