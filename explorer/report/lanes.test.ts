import { expect, it } from "vitest";
import { instantiate, int, seq, system } from "../../specs/language/index.ts";
import type { Trace } from "../trace.ts";
import { mermaid } from "./mermaid.ts";

const log = system({ name: "log", variables: { memory: seq(int(0, 9)), disk: seq(int(0, 9)) } });
const Append = log.action({ n: [1, 2] }, { then: ({ now, next, n }) => void (next.memory = [...now.memory, n]) });
const Flush = log.action({}, { then: ({ now, next }) => void (next.disk = now.memory) });
const Crash = log.action({}, { then: ({ now, next }) => void (next.memory = now.disk) });
const { lanes } = instantiate(
  log.spec({
    init: () => ({ memory: [], disk: [] }),
    actions: { Append, Flush, Crash },
    lanes: {
      actor: (action) => (action === "Crash" ? "" : "Writer"),
      stores: { Memory: ({ now }) => now.memory.join(" "), Disk: ({ now }) => now.disk.join(" ") },
    },
  }),
);

const step = (action: string | undefined, args: Trace["steps"][number]["arguments"], memory: number[], disk: number[]) => ({
  action,
  arguments: args,
  location: "",
  state: { memory, disk },
});
const trace: Trace = {
  model: "log",
  constants: {},
  design: {},
  violated: { kind: "invariant", property: "NothingIsLost" },
  minimal: true,
  steps: [
    step(undefined, {}, [], []),
    step("Append", { n: 1 }, [1], []),
    step("Flush", {}, [1], [1]),
    step("Flush", {}, [1], [1]),
    step("Append", { n: 2 }, [1, 2], [1]),
    step("Crash", {}, [1], [1]),
  ],
};

it("draws who acts, and what is kept where whenever it changes", () => {
  expect(mermaid(trace, lanes).split("\n")).toEqual([
    "sequenceDiagram",
    "    participant p1 as Writer",
    "    participant p2 as Memory",
    "    participant p3 as Disk",
    "    p1->>p2: 2. Append(1)",
    "    Note over p2: 1",
    "    p1->>p3: 3. Flush",
    "    Note over p3: 1",
    "    Note over p1: 4. Flush",
    "    p1->>p2: 5. Append(2)",
    "    Note over p2: 1 2",
    "    Note over p1,p3: 6. Crash",
    "    Note over p2: 1",
    "    Note over p1,p3: State 6: NothingIsLost is violated",
  ]);
});
