/**
 * Four cells for every counterexample: the engine with the defect reproduces it; production refuses it, at the step at which the
 * fixed spec does; a tour of the fixed spec stumbles over the defect; and the same tour passes on production.
 */
import { replayCells, tourCell } from "../matrix.ts";
import type { DrivenRow, MatrixTour, ReplayCells } from "../matrix.ts";
import type { TourReport } from "../tour.ts";

export interface Cell {
  readonly ok: boolean;
  /** What happened, in a few words. */
  readonly shown: string;
}
export interface BoardRow {
  readonly counterexample: string;
  readonly defect: string;
  readonly cells: { readonly defective: Cell; readonly production: Cell; readonly tourOfDefective: Cell; readonly tourOfProduction: Cell };
}

type Outcome = ReplayCells["production"];
const replayed = (outcome: Outcome): string => {
  switch (outcome.verdict) {
    case "reproduced":
      return `reproduced in ${outcome.step} states`;
    case "refusedGuard":
      return `refused at state ${outcome.step}, ${outcome.action}: ${outcome.guard}`;
    case "refusedEffect":
      return `differs at state ${outcome.step}, ${outcome.action ?? "init"}: ${outcome.path}`;
    case "harnessError":
      return `harness failed at state ${outcome.step}: ${outcome.message}`;
  }
};
const toured = ({ outcome, coverage }: TourReport): string => {
  const edges = `${coverage.edges.covered} of ${coverage.edges.total ?? "an unknown number of"} edges, ${coverage.probes} probes`;
  if (outcome.verdict === "passed") return coverage.kind === "edges" ? `passed: ${edges}` : `passed a sample: ${edges}`;
  return `${outcome.verdict} at ${outcome.action ?? "init"}`;
};

const isRefusal = ({ verdict }: Outcome): boolean => verdict === "refusedGuard" || verdict === "refusedEffect";

export interface ProductionTour {
  readonly model: string;
  readonly report: TourReport;
}

/** One tour of production serves all counterexamples that name the same. */
export class ProductionTours {
  private readonly known = new Map<string, Promise<TourReport>>();

  of(tour: MatrixTour): Promise<TourReport> {
    const label = labelOf(tour);
    const report = this.known.get(label) ?? tourCell(tour);
    this.known.set(label, report);
    return report;
  }

  async all(): Promise<readonly ProductionTour[]> {
    return Promise.all([...this.known].map(async ([model, report]) => ({ model, report: await report })));
  }
}

/** The model, and what is not its own of constants and design. */
const labelOf = ({ model, constants, spec, design, options }: MatrixTour): string => {
  const set = Object.entries({ ...constants, ...design, ...options }).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  const parts = [...set, ...(spec === undefined ? [] : ["without what the engine does not do by design"])];
  return parts.length === 0 ? model : `${model} (${parts.join(", ")})`;
};

/** The two replays. */
export const replaysOf = async (row: DrivenRow): Promise<Pick<BoardRow["cells"], "defective" | "production">> => {
  const { defective, production, fixedSpec, length } = await replayCells(row);
  const isSameStep = isRefusal(production) && isRefusal(fixedSpec) && fixedSpec.step === production.step;
  return {
    defective: { ok: defective.verdict === "reproduced" && defective.step === length, shown: replayed(defective) },
    production: {
      ok: isSameStep,
      shown: isSameStep ? replayed(production) : `${replayed(production)}; the fixed spec: ${replayed(fixedSpec)}`,
    },
  };
};

/** The two tours, which take longer. */
export const toursOf = async (
  row: DrivenRow,
  tours: ProductionTours,
): Promise<Pick<BoardRow["cells"], "tourOfDefective" | "tourOfProduction">> => {
  const overDefect = await tourCell(row.tour, row.defect);
  const ofProduction = await tours.of(row.tour);
  const isFound = overDefect.outcome.verdict !== "passed" && overDefect.outcome.verdict !== "harnessError";
  return {
    tourOfDefective: { ok: isFound, shown: toured(overDefect) },
    tourOfProduction: { ok: ofProduction.outcome.verdict === "passed", shown: toured(ofProduction) },
  };
};

export const isRight = ({ cells }: BoardRow): boolean => Object.values(cells).every(({ ok }: Cell) => ok);
