/** For whoever asked for a trace where nothing is violated: a model of the same system that is known to show one. */
import type { Expectation, Model, Variant } from "../explorer/model.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import { commandLine } from "./command-line.ts";
import { variantsOf } from "./comparison.ts";
import { instanceOf } from "./subject.ts";
import type { Subject } from "./subject.ts";

interface Known {
  readonly model: Model;
  readonly variant: Variant;
  readonly expected: Extract<Expectation, { verdict: "violated" }>;
  readonly instance: SpecInstance;
}

const knownOf = (model: Model): readonly Known[] =>
  variantsOf(model).flatMap((variant) => {
    const { expected } = variant;
    return expected.verdict === "violated"
      ? [{ model, variant, expected, instance: instanceOf(model, variant.constants, variant.design) }]
      : [];
  });

const differences = (a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): number =>
  Object.keys(a).filter((name) => a[name] !== b[name]).length;

/** The design that was asked about counts most, then that the search is short. */
const distanceFrom =
  ({ model, instance }: Subject) =>
  (known: Known): readonly number[] => [
    known.model === model ? 0 : 1,
    differences(known.instance.design, instance.design),
    known.variant.isLarge === true ? 1 : 0,
    differences(known.instance.constants, instance.constants),
    known.expected.length,
  ];

const compareLists = (a: readonly number[], b: readonly number[]): number => {
  const at = a.findIndex((n, i) => n !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
};

/** Among the project's models. `Known to violate P, in 21 states: npm run …`; undefined for a spec from a file, and where no design of the system violates anything. */
export const wouldViolate = (subject: Subject, models: readonly Model[]): string | undefined => {
  if (subject.origin.kind === "file") return undefined;
  const distance = distanceFrom(subject);
  const known = models.filter((m) => m.system === subject.model.system).flatMap(knownOf);
  const nearest = known.map((k) => ({ k, to: distance(k) })).sort((a, b) => compareLists(a.to, b.to))[0]?.k;
  if (nearest === undefined) return undefined;
  const { model, variant, expected, instance } = nearest;
  const words = (variant.invariants ?? []).flatMap((name) => ["--invariant", name]);
  const command = commandLine("check", { kind: "model", name: model.name }, instance, words);
  return `known to violate ${expected.property} in ${expected.length} states: ${command}`;
};
