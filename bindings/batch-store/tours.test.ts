/** Production passes the small tours; the others are in `tours.exhaustive.test.ts`. */
import { describe, expect, it } from "vitest";
import { findModel } from "../../models/index.ts";
import { instantiate } from "../../specs/language/index.ts";
import { tourOn } from "../../conformance/tour.ts";
import { engine } from "./engine.ts";
import { shortTours } from "./matrix.ts";

describe.each(shortTours)("production on a tour of $model, $constants", ({ model, constants }) => {
  it("takes every edge, and refuses what the spec forbids", async () => {
    const { spec, constants: own } = findModel(model);
    const instance = instantiate(spec, { constants: { ...own, ...constants } });
    const { outcome, coverage, unobserved } = await tourOn(instance, engine.production(), { model });
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.edges.covered).toBe(coverage.edges.total);
    expect(coverage.probes).toBeGreaterThan(0);
    expect(unobserved.fields).toBe(0);
  });
});
