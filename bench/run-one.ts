/** One measured search, in a process of its own: reads its order as JSON from the first argument, prints figures as JSON. */
import { instantiate } from "../specs/language/instantiate.ts";
import type { Design } from "../specs/language/instantiate.ts";
import { findModel } from "../models/index.ts";
import { runSearch } from "../cli/run-search.ts";
import { referenceSearch } from "../explorer/search/reference-search.ts";
import { search } from "../explorer/search/index.ts";
import type { SearchOptions } from "../explorer/search/index.ts";

/** search: as users run it. direct: the same search without remembering results of user code. reference: the naive oracle. */
export type Engine = "search" | "direct" | "reference";
export interface Order {
  readonly model: string;
  readonly constants: Readonly<Record<string, number>>;
  readonly design: Design;
  readonly engine: Engine;
  readonly options: SearchOptions;
}
export interface Figures {
  readonly generated: number;
  readonly distinct: number;
  readonly seconds: number;
  /** Generated states per second. */
  readonly speed: number;
  readonly bytesPerState: number;
  /** Of the whole process, at its largest. */
  readonly peakBytesPerState: number;
}

const run = async ({ model: name, constants, design, engine, options }: Order): Promise<Figures> => {
  const model = findModel(name);
  const instance = instantiate(model.spec, { constants: { ...model.constants, ...constants }, design: { ...model.design, ...design } });
  const common = { ...options, allowDeadlock: true, continueAfterViolation: true };
  if (engine === "reference") {
    const start = performance.now();
    const { generated, distinct } = referenceSearch(instance, { ...common, symmetry: options.symmetry ?? false });
    const seconds = (performance.now() - start) / 1000;
    return { generated, distinct, seconds, speed: generated / seconds, bytesPerState: 0, peakBytesPerState: 0 };
  }
  const result =
    engine === "direct"
      ? await search(instance, common, undefined, false)
      : await runSearch({ origin: { kind: "model", name }, instance, options: common });
  const peakBytesPerState = (process.resourceUsage().maxRSS * 1024) / result.distinct;
  const { generated, distinct, seconds, bytesPerState } = result;
  return { generated, distinct, seconds, speed: generated / seconds, bytesPerState, peakBytesPerState };
};

const order = process.argv[2];
if (order !== undefined) process.stdout.write(JSON.stringify(await run(JSON.parse(order) as Order))); // written by bench/main.ts
