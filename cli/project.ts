/** The project that a command works on: that of the `lockstep.config.ts` in the working folder, or above it. */
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { engineNamed } from "../conformance/engine-entry.ts";
import type { EngineEntry } from "../conformance/engine-entry.ts";
import type { Mapping } from "../conformance/validate/mapping.ts";
import type { Model } from "../explorer/model.ts";
import { namedModel } from "../explorer/named-model.ts";
import { LockstepError } from "../specs/language/errors.ts";
import type { ProjectConfig } from "./config.ts";
import { isModel, loadModule } from "./spec-file.ts";

/** The names that the file may have; the first one that is there counts. */
export const configNames = ["lockstep.config.ts", "lockstep.config.mts", "lockstep.config.js", "lockstep.config.mjs"] as const;

/** The configuration that is nearest to a folder, in itself or above it. */
export const findConfig = (from: string): string | undefined => {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = configNames.map((name) => join(folder, name)).find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return undefined;
  }
};

const isRecord = (x: unknown): x is Readonly<Record<string, unknown>> => typeof x === "object" && x !== null && !Array.isArray(x);
const parts = ["models", "engines", "mappings"];

const functionsOf = (what: string, given: unknown): string | undefined => {
  if (given === undefined) return undefined;
  if (!isRecord(given)) return `${what} is no object of functions`;
  const wrong = Object.keys(given).find((name) => typeof given[name] !== "function");
  return wrong === undefined ? undefined : `${what}.${wrong} is no function that loads it, as in () => import("./engine.ts")`;
};

const faultOf = (config: unknown): string | undefined => {
  if (!isRecord(config)) return "the default export is not what defineConfig({ models: […] }) returns";
  const { models } = config;
  const unknown = Object.keys(config).find((name) => !parts.includes(name));
  if (unknown !== undefined) return `there is no part ${unknown}; the parts are ${parts.join(", ")}`;
  if (!Array.isArray(models)) return "models is no list of models";
  const wrong = models.findIndex((m) => !isModel(m));
  if (wrong >= 0) return `models[${wrong}] is no model: one has name, system, title, spec and expected`;
  const names = models.filter(isModel).map((m) => m.name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) return `two models have the name ${twice}`;
  return functionsOf("engines", config["engines"]) ?? functionsOf("mappings", config["mappings"]);
};

const isConfig = (x: unknown): x is ProjectConfig => faultOf(x) === undefined;

/** What a project has, by name. */
export class Project {
  readonly #config: ProjectConfig;
  /** Undefined where there is none. */
  readonly file: string | undefined;

  constructor(config: ProjectConfig, file?: string) {
    this.#config = config;
    this.file = file;
  }

  get models(): readonly Model[] {
    return this.#config.models;
  }

  /** Throws LockstepError "load" when there is none of that name. */
  model(name: string): Model {
    if (this.models.length > 0) return namedModel(this.models, name);
    const where = this.file === undefined ? "no lockstep.config.ts here or above, so there are no models" : `${this.file} has no models`;
    throw new LockstepError("load", `there is no model ${name}: ${where}; a file is checked as check FILE.ts`);
  }

  /** The models of a system, or else the one of that name. Throws LockstepError "load" when there is neither. */
  modelsNamed(name: string): readonly Model[] {
    const ofSystem = this.models.filter((m) => m.system === name);
    return ofSystem.length > 0 ? ofSystem : [this.model(name)];
  }

  /** Throws LockstepError "usage" when no engine implements the model. */
  engine(model: string): Promise<EngineEntry> {
    return engineNamed(this.#config.engines ?? {}, model);
  }

  /** The meaning of a system's logs; without a name, of the only system that has one. Throws LockstepError "usage". */
  async mapping(system: string | undefined): Promise<Mapping> {
    const mappings = this.#config.mappings ?? {};
    const names = Object.keys(mappings);
    const name = system ?? (names.length === 1 ? names[0] : undefined);
    const load = name !== undefined && Object.hasOwn(mappings, name) ? mappings[name] : undefined;
    if (load !== undefined) return load();
    if (names.length === 0) throw new LockstepError("usage", "the project has no mappings, so that no logs can be read");
    if (system === undefined) throw new LockstepError("usage", `say with --system whose logs they are: ${names.join(", ")}`);
    throw new LockstepError("usage", `logs of ${system} cannot be read; those of ${names.join(", ")} can`);
  }
}

const load = async (file: string): Promise<Project> => {
  const { default: config } = await loadModule(file);
  if (isConfig(config)) return new Project(config, file);
  throw new LockstepError("load", `${file}: ${faultOf(config) ?? "it is no configuration"}`);
};

const loaded = new Map<string, Promise<Project>>();

/** The project of a folder, by default the working folder; it is loaded once. Without a configuration it has nothing. Throws LockstepError "load". */
export const projectOf = (folder: string = process.cwd()): Promise<Project> => {
  const file = findConfig(folder);
  if (file === undefined) return Promise.resolve(new Project({ models: [] }));
  const known = loaded.get(file) ?? load(file);
  loaded.set(file, known);
  return known;
};
