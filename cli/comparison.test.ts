import { describe, expect, it } from "vitest";
import type { Model, Variant } from "../explorer/model.ts";
import { search } from "../explorer/search/index.ts";
import { plain } from "../explorer/report/painter.ts";
import { compared, exitCodeOfComparison, variantsOf } from "./comparison.ts";
import counter from "./fixtures/counter.ts";
import type { Terminal } from "./terminal.ts";

const terminal: Terminal = { out: () => undefined, err: () => undefined, live: false, columns: 80, painter: plain };
const model: Model = { name: "counter", system: "counter", title: "", spec: counter, expected: { verdict: "holds" } };
const strict: Variant = { label: "strict", design: { guard: "strict" }, expected: { verdict: "holds" } };
const loose: Variant = {
  label: "loose",
  design: { guard: "loose" },
  expected: { verdict: "violated", property: "WithinLimit", length: 5 },
};

const codeOf = async (
  variants: readonly Variant[],
  options = {},
  interrupted: () => string | undefined = () => undefined,
): Promise<number> => {
  const work = variants.map((variant) => ({ model, origin: { kind: "model", name: model.name } as const, variant }));
  const all = await compared(work, options, terminal, interrupted, (request) => search(request.instance, request.options));
  return exitCodeOfComparison(all, work.length);
};

describe("a comparison", () => {
  it("is a success when every variant came out as expected, violations included", async () => {
    expect(await codeOf([strict, loose])).toBe(0);
  });
  it("takes the constants of the variant", async () => {
    const small: Variant = { ...loose, constants: { limit: 1 }, expected: { verdict: "violated", property: "WithinLimit", length: 3 } };
    expect(await codeOf([small])).toBe(0);
  });
  it.each([
    { what: "a violation that was not expected", variant: { ...loose, expected: strict.expected }, code: 12 },
    { what: "a violation that is missing", variant: { ...strict, expected: loose.expected }, code: 10 },
    {
      what: "a shorter violation",
      variant: { ...loose, expected: { verdict: "violated", property: "WithinLimit", length: 6 } as const },
      code: 10,
    },
    { what: "another property", variant: { ...loose, expected: { verdict: "violated", property: "Other", length: 5 } as const }, code: 10 },
  ])("fails on $what: exit $code", async ({ variant, code }) => {
    expect(await codeOf([strict, variant])).toBe(code);
  });
  it("is inconclusive when a variant is, even where nothing else is wrong", async () => {
    expect(await codeOf([strict], { maxStates: 2 })).toBe(3);
  });
  it("is inconclusive when it was interrupted between variants", async () => {
    expect(await codeOf([strict, loose], {}, () => "interrupted from the keyboard")).toBe(3);
  });
  it("runs a model without variants as it stands", () => {
    expect(variantsOf(model)).toEqual([{ label: "counter", design: {}, expected: { verdict: "holds" } }]);
  });
});
