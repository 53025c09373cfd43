import { describe, expect, it } from "vitest";
import { search } from "../explorer/search/index.ts";
import { instantiate } from "../specs/language/instantiate.ts";
import { viewstampedReplication } from "../specs/viewstamped-replication/spec.ts";
import { tlcCounts } from "./tlc-counts.ts";

const title = (design: object): string => Object.values(design).join("/");

describe("with reductions off, the search counts what TLC counted", () => {
  it.each(tlcCounts)("V=$values L=$limit symmetry $symmetry: $distinct distinct", async (row) => {
    const constants = { values: row.values, startViewOnTimerLimit: row.limit };
    const instance = instantiate(viewstampedReplication, { constants, design: row.design });
    const result = await search(instance, { symmetry: row.symmetry, reductions: false, allowDeadlock: true, continueAfterViolation: true });
    const { generated, distinct, depth } = result;
    expect({ generated, distinct, depth }, title(row.design)).toEqual({
      generated: row.generated,
      distinct: row.distinct,
      depth: row.depth,
    });
    expect(Object.fromEntries(result.violations.map((v) => [v.property, v.length]))).toEqual(row.lengths ?? {});
    for (const [name, count] of Object.entries(row.actions ?? {})) expect(result.actions[name]?.generated, name).toBe(count);
  });
});

describe("with symmetry and reductions on, verdicts and lengths are the same", () => {
  it.each(tlcCounts)("V=$values L=$limit", async (row) => {
    const constants = { values: row.values, startViewOnTimerLimit: row.limit };
    const instance = instantiate(viewstampedReplication, { constants, design: row.design });
    const result = await search(instance, { allowDeadlock: true, continueAfterViolation: true });
    expect(result.bound).toBeUndefined();
    expect(Object.fromEntries(result.violations.map((v) => [v.property, v.length]))).toEqual(row.lengths ?? {});
  });
});
