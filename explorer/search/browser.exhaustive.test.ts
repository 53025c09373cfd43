import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const page = `
  import { search } from "./index.ts";
  import { instantiate } from "../../specs/language/index.ts";
  import { viewstampedReplication } from "../../specs/viewstamped-replication/spec.ts";
  const run = async () => {
    const instance = instantiate(viewstampedReplication, { constants: { values: 1 } });
    const all = await search(instance, { symmetry: false, reductions: false, allowDeadlock: true, memoryBytes: 2 ** 28 });
    const design = { viewUpdate: "eager", startViewGuard: "monotonic", truncate: true, transferStatus: false };
    const bad = await search(instantiate(viewstampedReplication, { design }), { allowDeadlock: true, memoryBytes: 2 ** 28 });
    const { generated, distinct, depth } = all;
    return JSON.stringify({ generated, distinct, depth, violated: bad.violation?.property, length: bad.violation?.length });
  };
  run().then((text) => (document.body.textContent = text), (error) => (document.body.textContent = String(error)));
`;

/** Debian calls it chromium; CHROMIUM names another. */
const chromium = process.env["CHROMIUM"] ?? "chromium";
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--no-first-run",
  "--virtual-time-budget=120000",
];

describe("in a browser", () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((f) => rm(f, { recursive: true, force: true }))));

  it("the search runs unchanged, with the same counts and lengths", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lockstep-browser-"));
    folders.push(folder);
    const outfile = join(folder, "page.js");
    const define = { "import.meta.url": JSON.stringify("file:///lockstep/page.js") };
    await build({
      stdin: { contents: page, resolveDir: here, loader: "ts" },
      bundle: true,
      platform: "browser",
      format: "iife",
      define,
      outfile,
    });
    const html = join(folder, "page.html");
    await writeFile(html, `<!doctype html><body>not yet<script src="page.js"></script></body>`);
    const { stdout } = await promisify(execFile)(
      chromium,
      [...flags, `--user-data-dir=${join(folder, "profile")}`, "--dump-dom", `file://${html}`],
      {
        maxBuffer: 1 << 24,
      },
    );
    const expected = { generated: 106_794, distinct: 42_753, depth: 24, violated: "AcknowledgedWritesExistOnMajority", length: 15 };
    expect(/<body>(.*?)<\/body>/s.exec(stdout)?.[1]?.replace(/<script.*$/s, "")).toBe(JSON.stringify(expected));
  });
});
