import { dirname, relative, resolve } from "node:path";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

/**
 * Which folders each folder may import from, itself included. The first entry that matches a file decides; packages are
 * named by their import specifier. Tests may import anything, because an oracle often lives on the other side of a boundary.
 */
const shared = [
  "explorer/model.ts",
  "explorer/named-model.ts",
  "explorer/trace.ts",
  "explorer/changes.ts",
  "explorer/contrast.ts",
  "explorer/value-text.ts",
  "specs/language/",
];
const directions = [
  { of: "specs/language/", may: ["specs/language/"] },
  { of: "specs/", may: ["specs/"] },
  { of: "models/", may: ["models/", "specs/", "explorer/model.ts", "explorer/named-model.ts"] },
  // The naive search is the oracle that the real one is compared with; it goes through the interpreter on purpose.
  { of: "explorer/search/reference-search.ts", may: ["explorer/interpret/", ...shared] },
  // The floors of the search, each on those below it.
  ...["kernel", "tracked", "remember", "relation", "quotient", "audit", "threads", "result"].map((floor, i, floors) => ({
    of: `explorer/search/${floor}/`,
    may: [
      ...floors.slice(0, i + 1).map((below) => `explorer/search/${below}/`),
      ...(i === 0 ? ["specs/language/errors.ts"] : ["explorer/search/contract.ts", ...shared]),
    ],
  })),
  { of: "explorer/search/", may: ["explorer/search/", ...shared] },
  // The oracle judges by itself: it has nothing of what it judges, not a value and not a text.
  { of: "explorer/oracle/syntax/", may: ["explorer/oracle/syntax/"] },
  { of: "explorer/oracle/judge/", may: ["explorer/oracle/judge/", "explorer/oracle/syntax/"] },
  { of: "explorer/oracle/", may: ["explorer/oracle/", "explorer/search/index.ts", ...shared, "fast-check", "node:"] },
  { of: "explorer/interpret/", may: ["explorer/interpret/", ...shared, "immer", "lodash-es", "pure-rand/"] },
  { of: "explorer/report/", may: ["explorer/report/", ...shared, "zod"] },
  { of: "explorer/web/", may: ["explorer/", "models/", "specs/"] },
  { of: "explorer/", may: shared },
  { of: "engine/", may: ["engine/", "@commander-js/extra-typings", "@msgpack/msgpack", "classic-level", "node:", "usearch", "zod"] },
  // The harness knows specs and traces, and no engine.
  { of: "conformance/", may: ["conformance/", "explorer/", "specs/language/", "vitest", "zod", "node:"] },
  { of: "bindings/", may: ["bindings/", "conformance/", "engine/", "explorer/", "models/", "specs/", "counterexamples/", "zod", "node:"] },
  // The commands know no system: what there is, the project tells them.
  {
    of: "cli/",
    may: ["cli/", "conformance/", "explorer/", "specs/language/", "@commander-js/extra-typings", "zod", "node:"],
  },
];

const importDirection = {
  meta: {
    type: "problem",
    schema: [],
    messages: { direction: "{{from}} must not import {{target}}: it may import only from {{may}}." },
  },
  create(context) {
    const file = relative(context.cwd, context.filename).replaceAll("\\", "/");
    const direction = directions.find((d) => file.startsWith(d.of));
    if (direction === undefined) return {};
    const check = (node) => {
      const source = node.source?.value;
      if (typeof source !== "string") return;
      const local = source.startsWith(".");
      const target = local ? relative(context.cwd, resolve(dirname(context.filename), source)).replaceAll("\\", "/") : source;
      if (direction.may.some((m) => target === m || (/[/:]$/.test(m) && target.startsWith(m)))) return;
      context.report({ node, messageId: "direction", data: { from: direction.of, target, may: direction.may.join(", ") } });
    };
    return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check, ImportExpression: check };
  },
};

const browserSafe = ["specs/**/*.ts", "models/**/*.ts", "explorer/search/**/*.ts", "explorer/interpret/**/*.ts", "explorer/report/**/*.ts"];
const inBrowsers = "this folder also runs in a browser; pass the value in as an argument.";
/** Tests and what they share: examples and generators. */
const tests = ["**/*.test.ts", "**/fixtures/**", "**/example-*.ts", "**/arbitrary-*.ts"];

export default defineConfig(
  { ignores: ["node_modules/", "coverage/", "dist/", ".lockstep/", "cli/fixtures/example-project/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { lockstep: { rules: { "import-direction": importDirection } } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "lockstep/import-direction": "error",
      eqeqeq: "error",
      "no-console": "error",
      "max-lines": ["error", { max: 400 }],
      "max-lines-per-function": ["error", { max: 70 }],
      // Type aliases and interfaces are both used, each where it reads better.
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Mapped types over literal keys are not records, and `{}` is what `keyof` of an empty declaration gives.
      "@typescript-eslint/consistent-indexed-object-style": "off",
      "@typescript-eslint/no-generated-empty-object-type": "off",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  {
    files: browserSafe,
    ignores: tests,
    rules: {
      "no-restricted-globals": [
        "error",
        ...["process", "console", "Date", "Buffer", "setImmediate"].map((name) => ({ name, message: inBrowsers })),
      ],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "use a seeded generator, so that runs repeat." },
      ],
    },
  },
  // An effect takes a key out of a partial map by deleting it from next.
  { files: ["specs/**/*.ts"], rules: { "@typescript-eslint/no-dynamic-delete": "off" } },
  // The inner loops of the search are measured; an iterator there has a price.
  { files: ["explorer/search/**/*.ts"], rules: { "@typescript-eslint/prefer-for-of": "off" } },
  { files: tests, rules: { "lockstep/import-direction": "off", "max-lines-per-function": "off" } },
  { files: ["**/*.js"], languageOptions: { globals: { process: "readonly" } }, rules: { "max-lines": ["error", { max: 400 }] } },
);
