/**
 * A tour of a model on an engine: every step that the spec allows is taken and compared, and in every state the engine
 * must refuse every step that the spec forbids there. Small models are toured edge by edge; of larger ones a sample is.
 */
import { search } from "../explorer/search/index.ts";
import { LockstepError } from "../specs/language/errors.ts";
import type { SpecInstance } from "../specs/language/instantiate.ts";
import { HarnessError, harnessError } from "./driver.ts";
import type { Driver, HarnessFailure } from "./driver.ts";
import { graphOf } from "./graph.ts";
import type { Graph } from "./graph.ts";
import { Itinerary } from "./itinerary.ts";
import { SampledTour } from "./sampled-tour.ts";
import { Tourist } from "./tourist.ts";
import type { TourOptions, TourReport } from "./tourist.ts";

export type { Coverage, TourOptions, TourReport, TourVerdict } from "./tourist.ts";

export const tourDefaults: Omit<TourOptions, "model"> = {
  seed: 0,
  maxStates: 50_000,
  maxEdges: 200_000,
  maxSteps: 20_000,
  probes: true,
  pairsAround: [],
  maxPairs: 100_000,
};

const tourOfEdges = async (tourist: Tourist, itinerary: Itinerary, graph: Graph, options: TourOptions): Promise<void> => {
  const probed = new Uint8Array(graph.nodes.length);
  const taken = new Uint8Array(graph.edges.length);
  for (let move = itinerary.next(); move !== undefined; move = itinerary.next()) {
    const node = move.kind === "start" ? move.at : graph.nodes[move.edge.to];
    if (node === undefined) throw new HarnessError("an edge leads nowhere");
    if (move.kind === "start") {
      if (!(await tourist.start(node.state))) return;
    } else {
      const { edge } = move;
      if (!(await tourist.take(edge, node.state, taken[edge.index] === 0))) return;
      taken[edge.index] = 1;
    }
    if (!options.probes || probed[node.index] === 1) continue;
    probed[node.index] = 1;
    if (!(await tourist.probe())) return;
  }
};

const failureAfter = (tourist: Tourist, error: unknown): HarnessFailure => {
  // The spec's own fault, or a usage error: neither is the engine's.
  if (error instanceof LockstepError) throw error;
  const { message, tail } = error instanceof HarnessError ? error : harnessError("the driver failed", error);
  return { verdict: "harnessError", step: tourist.path.length + 1, action: tourist.path.at(-1)?.action, message, tail };
};

const nothing: Graph = { nodes: [], edges: [] };

/** Asked of the search, which counts much faster than the interpreter. */
const isLarge = async (instance: SpecInstance, { maxStates, maxEdges }: TourOptions): Promise<boolean> => {
  const options = { symmetry: false, reductions: false, invariants: [], actionProperties: [], allowDeadlock: true };
  const { verdict, generated } = await search(instance, { ...options, maxStates: maxStates + 1 });
  return verdict === "inconclusive" || generated > maxEdges;
};

/**
 * What the driver throws is a failure of the harness and no verdict. The driver is not closed.
 * Throws SpecError when the spec misbehaves, LockstepError "usage" for an unknown action in `pairsAround`.
 */
export const tourOn = async (
  instance: SpecInstance,
  driver: Driver,
  given: Partial<TourOptions> & Pick<TourOptions, "model">,
): Promise<TourReport> => {
  const options: TourOptions = { ...tourDefaults, ...given };
  const unknown = options.pairsAround.find((name) => !instance.actions.some((a) => a.name === name));
  if (unknown !== undefined) throw new LockstepError("usage", `${instance.name} has no action ${unknown} to take pairs around`);
  const graph = (await isLarge(instance, options)) ? undefined : graphOf(instance);
  const tourist = new Tourist(instance, driver, options);
  const itinerary = new Itinerary(graph ?? nothing, options.pairsAround, options.maxPairs);
  const sampled = graph === undefined ? new SampledTour(tourist, instance, options) : undefined;
  let failure: HarnessFailure | undefined;
  try {
    if (graph !== undefined) await tourOfEdges(tourist, itinerary, graph, options);
    else await sampled?.run();
  } catch (error) {
    failure = failureAfter(tourist, error);
  }
  const outcome = failure ?? tourist.verdict ?? { verdict: "passed" };
  return {
    outcome,
    path: outcome.verdict === "passed" ? [] : tourist.path,
    unobserved: tourist.unobserved,
    coverage: {
      kind: graph === undefined ? "sample" : "edges",
      states: { covered: sampled?.states ?? tourist.statesCovered, total: graph?.nodes.length },
      edges: {
        covered: Object.values(tourist.actions).reduce((a, b) => a + b, 0),
        total: graph?.edges.length,
      },
      pairs: { covered: itinerary.pairsCovered, total: itinerary.pairsTotal },
      actions: tourist.actions,
      classes: Object.fromEntries([...tourist.classes].sort(([a], [b]) => (a < b ? -1 : 1))),
      probes: tourist.probes,
      steps: tourist.steps,
      starts: tourist.starts,
    },
  };
};
