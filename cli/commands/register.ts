/** The commands of conformance, for the program that has the explorer's. A module is loaded when its command runs. */
import type { Commands } from "../program.ts";

export const conformanceCommands: Commands = {
  replay: async () => (await import("./replay.ts")).addReplay,
  tour: async () => (await import("./tour.ts")).addTour,
  validate: async () => (await import("./validate.ts")).addValidate,
  adapter: async () => (await import("./adapter.ts")).addAdapter,
};
