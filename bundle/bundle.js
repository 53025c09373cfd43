// Programs of this repository run as few files of JavaScript, made of the sources when these have changed: to load the sources
// one by one, through the TypeScript loader, takes each process and each thread most of a second of computing time.
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as modules from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const project = dirname(dirname(fileURLToPath(import.meta.url)));
// What has native code stays where it was installed, and what loads TypeScript, too.
const external = ["classic-level", "usearch", "tsx", "esbuild", "vitest", "commander", "@commander-js/extra-typings"];
const KEPT_MS = 24 * 3_600_000;

/** Changes whenever a source does, or a package. */
const stampOf = (folders) => {
  const hash = createHash("sha256");
  const add = (file) => {
    const { mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: 0 };
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  };
  [fileURLToPath(import.meta.url), join(project, "package.json"), join(project, "node_modules", ".package-lock.json")].forEach(add);
  for (const folder of folders)
    if (folder.endsWith(".ts")) add(join(project, folder));
    else
      for (const file of readdirSync(join(project, folder), { recursive: true }).sort())
        if (file.endsWith(".ts") && !file.endsWith(".test.ts")) add(join(project, folder, file));
  return hash.digest("hex").slice(0, 16);
};

/** A module keeps the address of its source, whichever file it comes to lie in. */
const sourceAddresses = {
  name: "source addresses",
  setup: (build) =>
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!text.includes("import.meta.url")) return undefined;
      return { contents: text.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)), loader: "ts" };
    }),
};

/** Bundles that no process uses any more. One that runs may still load a part of an older one. */
const removeOld = (all) => {
  for (const name of readdirSync(all)) {
    const old = join(all, name);
    if (Date.now() - statSync(old).mtimeMs > KEPT_MS) rmSync(old, { recursive: true, force: true });
  }
};

/** Undefined when it cannot be kept, in a directory that is read-only, say. */
const folderOf = async (name, folders, entries) => {
  try {
    const all = join(project, ".lockstep", name);
    const folder = join(all, stampOf(folders));
    if (statSync(folder, { throwIfNoEntry: false }) !== undefined) return folder;
    const { build } = await import("esbuild");
    const options = { bundle: true, splitting: true, platform: "node", format: "esm", target: "node20", logLevel: "silent" };
    const entryPoints = Object.fromEntries(Object.entries(entries).map(([entry, file]) => [entry, join(project, file)]));
    // Several processes may do this at the same time: each in a folder of its own, and the first one gives the name.
    const draft = `${folder}.${process.pid}.${randomUUID()}`;
    const out = { outdir: folder, write: false, sourcemap: "linked", sourcesContent: false };
    const { outputFiles } = await build({ ...options, ...out, entryPoints, external, plugins: [sourceAddresses] });
    mkdirSync(draft, { recursive: true });
    for (const { path, contents } of outputFiles) writeFileSync(path.replace(folder, draft), contents);
    try {
      renameSync(draft, folder);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (statSync(folder, { throwIfNoEntry: false }) === undefined) throw error;
    }
    removeOld(all);
    return folder;
  } catch {
    return undefined;
  }
};

/** Source maps by the file they are of; each is read when a place in its file is first shown. */
const maps = new Map();
const mapOf = (folder, url) => {
  if (!url.startsWith(folder)) return modules.findSourceMap(url);
  if (!maps.has(url)) maps.set(url, new modules.SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, "utf8"))));
  return maps.get(url);
};

/** Stack traces name places in the sources. To let Node do so, it would read every map at the start. */
const nameSources = (folder) => {
  const inSource = (all, url, line, column) => {
    const entry = mapOf(folder, url)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry?.originalSource === undefined) return all;
    return `${new URL(entry.originalSource, url).href}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  };
  Error.prepareStackTrace = (error, frames) =>
    [String(error), ...frames.map((frame) => `    at ${frame}`.replace(/(file:\/\/[^()]*):(\d+):(\d+)/, inSource))].join("\n");
};

/** What this thread has loaded of a bundle, as address of the source -> address in the bundle. */
const loaded = {};
let typeScript;

/** Lets this thread import TypeScript. What it has of a bundle is not loaded a second time from the sources. */
export const loadTypeScript = () =>
  (typeScript ??= import("tsx/esm/api").then(({ register }) => {
    register();
    modules.register("./typescript-modules.js", import.meta.url, { data: loaded });
  }));

/** Where a module lies whose source is at `url`: what this thread has of it in a bundle, or else itself, once TypeScript loads. */
export const addressFor = async (url) => {
  if (loaded[url] === undefined && /\.[cm]?ts$/.test(url)) await loadTypeScript();
  return loaded[url] ?? url;
};

/**
 * The program `name`, whose `entries` (name -> source) and all that they import lie in `folders`, or are one of them. Returns what imports an
 * entry by its name.
 */
export const program = async (name, folders, entries) => {
  modules.enableCompileCache?.();
  const folder = await folderOf(name, folders, entries);
  if (folder === undefined) {
    await loadTypeScript();
    return (entry) => import(pathToFileURL(join(project, entries[entry])).href);
  }
  nameSources(pathToFileURL(folder).href);
  const at = (entry) => pathToFileURL(join(folder, `${entry}.js`)).href;
  for (const [entry, source] of Object.entries(entries)) {
    loaded[pathToFileURL(join(project, source)).href] = at(entry);
    loaded[pathToFileURL(join(project, "dist", source.replace(/\.ts$/, ".js"))).href] = at(entry);
  }
  return (entry) => import(at(entry));
};
