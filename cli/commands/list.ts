import { rangeOf } from "../../specs/language/constants.ts";
import type { Expectation, Model } from "../../explorer/model.ts";
import { assignmentsText } from "../command-line.ts";
import type { AddCommand } from "../program.ts";
import { projectOf } from "../project.ts";
import { propertiesOf } from "../properties.ts";
import { jsonOption } from "../shared-options.ts";
import { instanceOf } from "../subject.ts";

/** One entry of `list --json`. */
const listed = (model: Model) => {
  const instance = instanceOf(model);
  const { invariants, actionProperties } = propertiesOf(instance);
  const constants = Object.entries(model.spec.constants).map(([name, declared]) => {
    const [min, max] = rangeOf(declared) ?? [];
    return [name, { default: instance.constants[name], min, max }] as const;
  });
  const design = Object.entries(model.spec.design).map(([name, choices]) => [name, { default: instance.design[name], choices }]);
  return {
    model: model.name,
    system: model.system,
    constants: Object.fromEntries(constants) as unknown,
    design: Object.fromEntries(design) as unknown,
    properties: [...invariants, ...actionProperties],
    expected: model.expected,
  };
};

export const expectationText = (e: Expectation): string =>
  e.verdict === "holds" ? "holds" : `violates ${e.property} in ${e.length} states`;

const text = (model: Model): string => {
  const { constants, design } = instanceOf(model);
  const variants = model.variants?.length ?? 0;
  return [
    `${model.name} (${model.system}): ${model.title}`,
    `  constants: ${assignmentsText(constants) || "none"}`,
    ...(Object.keys(design).length === 0 ? [] : [`  design:    ${assignmentsText(design)}`]),
    `  expected:  ${expectationText(model.expected)}${variants === 0 ? "" : `; ${variants} designs to compare`}`,
  ].join("\n");
};

export const addList: AddCommand = (program, terminal, ended) => {
  program
    .command("list")
    .description("every model: its system, constants, design and what is expected of it")
    .addOption(jsonOption())
    .action(async (options) => {
      const { models } = await projectOf();
      terminal.out(`${options.json === true ? JSON.stringify(models.map(listed)) : models.map(text).join("\n")}\n`);
      ended(0);
    });
};
