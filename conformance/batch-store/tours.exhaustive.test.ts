/** Production passes every tour; the larger models of each spec, and pairs of steps around crashes and starts. */
import { describe, expect, it } from "vitest";
import { findModel } from "../../models/index.ts";
import { instantiate } from "../../specs/language/index.ts";
import { tourOn } from "../tour.ts";
import { engine } from "./engine.ts";
import { tours } from "./matrix.ts";

const isAroundCrashes = /Crash|Restart|^Start$/;

describe.each(tours)("production on a tour of $model, $constants", ({ model, constants }) => {
  it("takes every edge, and refuses what the spec forbids", async () => {
    const { spec, constants: own } = findModel(model);
    const instance = instantiate(spec, { constants: { ...own, ...constants } });
    const pairsAround = instance.actions.map(({ name }) => name).filter((name) => isAroundCrashes.test(name));
    const { outcome, coverage, unobserved } = await tourOn(instance, engine.production(), { model, pairsAround, maxPairs: 2000 });
    expect(outcome).toEqual({ verdict: "passed" });
    expect(coverage.kind).toBe("edges");
    expect(coverage.edges.covered).toBe(coverage.edges.total);
    expect(coverage.pairs.covered).toBe(coverage.pairs.total);
    expect(unobserved.fields).toBe(0);
  });
});
