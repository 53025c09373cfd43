import { readFileSync } from "node:fs";
import ts from "typescript";
import { expect, it } from "vitest";

const here = new URL("./language/mistake.ts", import.meta.url).pathname;
const start = `import { bool, int, map, mapOf, names, oneOf, ordered, range, seq, set, setOf, symmetric, system } from "./index.ts";
const Place = ordered("Place", range(0, 3));
const sys = system({
  name: "mistakes",
  design: { fixed: [false, true] },
  variables: { lit: map(Place, bool), pc: map(Place, oneOf("a", "b")), n: int(0, 3), msgs: set(int(0, 3)), log: seq(int(0, 3)) },
});
export const used = [mapOf, names, setOf, symmetric];
`;

const options: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
};
const files = new Map<string, ts.SourceFile>();
const host = ts.createCompilerHost(options);
let previous: ts.Program | undefined;
/** What the compiler says first of an action with this guard and effect. */
const said = (when: string, then: string): string => {
  const text = `${start}export const Act = sys.action({ p: Place }, { when: ({ now, p, design }) => ${when}, then: ({ now, next, p }) => { void [now, p]; ${then} } });\n`;
  previous = ts.createProgram([here], options, {
    ...host,
    fileExists: (file) => file === here || host.fileExists(file),
    readFile: (file) => (file === here ? text : host.readFile(file)),
    getSourceFile: (file, language) => {
      if (file === here) return ts.createSourceFile(file, text, language);
      const known = files.get(file) ?? host.getSourceFile(file, language);
      if (known !== undefined) files.set(file, known);
      return known;
    },
  }, previous); // prettier-ignore
  const [first] = previous.getSemanticDiagnostics(previous.getSourceFile(here));
  return first === undefined ? "nothing" : (ts.flattenDiagnosticMessageText(first.messageText, "\n").split("\n")[0] ?? "");
};

const rows = [...readFileSync(new URL("../docs/language.md", import.meta.url), "utf8").matchAll(/^\| `([^`]+)` +\| (.+?) +\| (.+?) +\|$/gm)]
  .map(([, code = "", message = ""]) => ({ code, message: message.replace(/^`+ ?| ?`+$/g, "").replaceAll("\\|", "|") }))
  .slice(-10);
it.each(rows)(
  "$code",
  ({ code, message }) => {
    const isGuard = code.startsWith("when:");
    const line = code.replace(/^(when|then): /, "");
    const answer = said(isGuard ? line : "true", isGuard ? "" : line);
    expect(answer).toBe(message);
    expect(answer.length).toBeLessThan(250);
  },
  60_000,
);
it("what is right compiles", () => {
  expect(rows).toHaveLength(10);
  expect(said("now.lit[p] && now.pc[p] === 'a' && design.fixed", "next.lit[p + 1] = true; next.msgs = now.msgs.with(1); next.msgs.add(2); next.msgs = setOf()")).toBe("nothing"); // prettier-ignore
});
