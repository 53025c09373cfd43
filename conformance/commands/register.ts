/** The commands of conformance, for the program that has the explorer's. */
import type { AddCommand } from "../../explorer/cli/program.ts";
import { addAdapter } from "./adapter.ts";
import { addReplay } from "./replay.ts";
import { addTour } from "./tour.ts";
import { addValidate } from "./validate.ts";

export const registerConformanceCommands: AddCommand = (program, terminal, ended) => {
  for (const add of [addReplay, addTour, addValidate, addAdapter]) add(program, terminal, ended);
};
