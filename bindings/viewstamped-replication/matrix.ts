/** The counterexamples of Viewstamped Replication, with the engine's defects and the tours that tell them from production. */
import type { MatrixRow, MatrixTour } from "../matrix-row.ts";

/** State transfer needs two values and a view change: a model of 1,841,590 states, so that the tour is a sample. */
export const tour: MatrixTour = {
  model: "viewstamped-replication",
  constants: { values: 2, startViewOnTimerLimit: 1 },
  options: { maxStates: 1000, maxSteps: 1500 },
};

/** Every step of one value and one timer. */
export const largestTour: MatrixTour = { model: "viewstamped-replication", constants: { values: 1, startViewOnTimerLimit: 1 } };

export const matrix: readonly MatrixRow[] = ["eager-1", "eager-2", "eager-3", "lazy-1", "lazy-2", "lazy-3"].map((name) => ({
  counterexample: name,
  defect: name,
  tour,
  caughtAt: "SendGetState",
}));
