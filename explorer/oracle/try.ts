import fc from "fast-check";
import { arbitrarySpec } from "./generate/arbitrary-spec.ts";
import { EVERY_FEATURE } from "./translate/features.ts";
import type { Feature } from "./translate/features.ts";
import { disagreements } from "./compare/agreement.ts";
import { ONE_THREAD } from "./compare/option-sets.ts";
import { specText } from "./translate/spec-text.ts";
const [runs = "200", seed = "1", off = "", mode = "shrink"] = process.argv.slice(2);
const gone = off.split(",");
const features = EVERY_FEATURE.filter((x) => !gone.includes(x)) as Feature[];
const tiny = { firstSlots: 64 };
const sets = ONE_THREAD.map((s) => ({ ...s, options: { ...s.options, tuning: tiny } }));
const comparison = { optionSets: sets, features, enoughStates: 60 };
const t = performance.now();
if (mode === "count") {
  const specs = fc.sample(arbitrarySpec(features), { numRuns: Number(runs), seed: Number(seed) });
  console.log("generated", performance.now() - t);
  const kinds = new Map<string, number>(); let n = 0;
  for (const s of specs) { const d = await disagreements(s, comparison); if (d.length) { n++; const k = d.join(" | ").replace(/\d+/g, "#").slice(0, 300); kinds.set(k, (kinds.get(k) ?? 0) + 1); } }
  console.log(n, "of", specs.length, [...kinds].sort((a, b) => b[1] - a[1]).slice(0, 25));
} else {
  const result = await fc.check(fc.asyncProperty(arbitrarySpec(features), async (s) => {
    let d: readonly string[] = [];
    try { d = await disagreements(s, comparison); } catch (e) { fc.pre(false); }
    return d.length === 0;
  }), { numRuns: Number(runs), seed: Number(seed), interruptAfterTimeLimit: 60000 });
  console.log(result.failed, result.numRuns, result.numShrinks);
  if (result.counterexample) { const s = result.counterexample[0]!; console.log(specText(s, new Set(features))); console.log((await disagreements(s, comparison)).join("\n")); }
}
console.log("ms", performance.now() - t);
process.exit(0);
