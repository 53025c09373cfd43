import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { search } from "../explorer/search/index.ts";
import { instantiate } from "./language/index.ts";
import type { Spec } from "./language/index.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-page-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it("the worked example of docs/language.md loses an update in 5 states", async () => {
  const page = readFileSync(new URL("../docs/language.md", import.meta.url), "utf8");
  const example = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  const file = join(folder, "counter.ts");
  writeFileSync(file, example.replace("./specs/language/index.ts", new URL("./language/index.ts", import.meta.url).pathname));
  const { default: spec } = (await import(file)) as { readonly default: Spec }; // the example exports its spec
  const result = await search(instantiate(spec), { allowDeadlock: true });
  expect(result.violation).toMatchObject({ property: "AllAreCounted", length: 5 });
});
