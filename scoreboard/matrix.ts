/**
 * Four cells for every counterexample: the engine with the defect reproduces it; production refuses it, at the step at which the
 * fixed spec does; a tour of the fixed spec stumbles over the defect; and the same tour passes on production.
 */
import { replayCells, tourCell } from "./matrix-cells.ts";
import type { DrivenRow, MatrixTour, ToursDefect } from "../bindings/matrix-row.ts";
import type { ReplayCells } from "./matrix-cells.ts";
import type { TourReport } from "../conformance/tour.ts";

export interface Cell {
  readonly ok: boolean;
  /** What happened, in a few words. */
  readonly shown: string;
}
/** `system/name` of a defect. */
export type DefectName = string;
export interface ReplayCellsShown {
  readonly defective: Cell;
  readonly production: Cell;
}
export interface TourCellsShown {
  readonly tourOfDefective: Cell;
  readonly tourOfProduction: Cell;
}
export interface BoardRow {
  readonly counterexample: string;
  readonly defect: DefectName;
  readonly cells: ReplayCellsShown & TourCellsShown;
}
/** Of a defect that no counterexample shows. */
export interface TourRow {
  readonly defect: DefectName;
  readonly cells: TourCellsShown;
}

/** Several specs of a system may share a defect. */
export const defectName = ({ defect, tour }: ToursDefect): DefectName => `${tour.model.split("/")[0] ?? ""}/${defect}`;

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
const labelOf = ({ model, constants, design, options }: MatrixTour): string => {
  const set = Object.entries({ ...constants, ...design, ...options }).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return set.length === 0 ? model : `${model} (${set.join(", ")})`;
};

/** The two replays. */
export const replaysOf = async (row: DrivenRow): Promise<ReplayCellsShown> => {
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

/** The two tours, which take longer. The one over the defect must end at the action that the row declares. */
export const toursOf = async (row: ToursDefect, tours: ProductionTours): Promise<TourCellsShown> => {
  const overDefect = await tourCell(row.tour, row.defect);
  const ofProduction = await tours.of(row.tour);
  const { outcome } = overDefect;
  const isFound = outcome.verdict !== "passed" && outcome.verdict !== "harnessError" && outcome.action === row.caughtAt;
  return {
    tourOfDefective: { ok: isFound, shown: toured(overDefect) },
    tourOfProduction: { ok: ofProduction.outcome.verdict === "passed", shown: toured(ofProduction) },
  };
};

export const isRight = ({ cells }: BoardRow | TourRow): boolean => Object.values(cells).every(({ ok }: Cell) => ok);

/** A defect is caught when all its rows are as required. */
export const countDefects = (rows: readonly (BoardRow | TourRow)[]): { readonly caught: number; readonly total: number } => {
  const all = new Set(rows.map(({ defect }) => defect));
  const missed = new Set(rows.filter((row) => !isRight(row)).map(({ defect }) => defect));
  return { caught: all.size - missed.size, total: all.size };
};
