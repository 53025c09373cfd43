/** The search against the naive reference search, on specs that use every feature of the language, of every shape. */
import { expect, it } from "vitest";
import { instantiate, int, map, mapOf, network, ordered, record, set, setOf, system, union } from "../../specs/language/index.ts";
import { counterSpec, mailboxSpec } from "../interpret/fixtures/example-specs.ts";
import { search } from "./index.ts";
import { expectAgreement } from "./fixtures/against-reference.ts";
import { drawingSpec, gossipSpec, setsSpec } from "./fixtures/feature-specs.ts";
import { describeCases } from "./fixtures/search-cases.ts";
import { coinsSpec, crowdSpec, deepSpec, subsetsSpec, wideSpec } from "./fixtures/shape-specs.ts";

describeCases([
  { name: "mailbox", spec: mailboxSpec, constants: { nodes: 2 } },
  { name: "mailbox that takes the first offer", spec: mailboxSpec, constants: { nodes: 3 }, design: { accept: "first" } },
  { name: "a counter within a constraint", spec: counterSpec("constraint") },
  { name: "a counter that stops", spec: counterSpec("deadlock") },
  { name: "gossip", spec: gossipSpec, constants: { nodes: 2, rumours: 2 } },
  { name: "gossip of three", spec: gossipSpec, constants: { nodes: 3, rumours: 1 } },
  { name: "drawing", spec: drawingSpec, constants: { slots: 1, ink: 3 } },
  { name: "drawing on two slots", spec: drawingSpec, constants: { slots: 2, ink: 2 }, design: { erase: false } },
  { name: "sets", spec: setsSpec },
  { name: "coins", spec: coinsSpec },
  { name: "subsets", spec: subsetsSpec },
  { name: "33 processes", spec: crowdSpec },
  { name: "deep and narrow", spec: deepSpec, constants: { end: 5_000 }, isLarge: true },
  { name: "wide and shallow", spec: wideSpec, constants: { width: 300 } },
]);

it("initial states outside the constraints are checked, and no more", async () => {
  const sys = system({ name: "outside", variables: { n: int(0, 9) } });
  const spec = sys.spec({
    init: () => [{ n: 1 }, { n: 8 }, { n: 9 }],
    actions: { Add: sys.action({}, { when: ({ now }) => now.n < 9, then: ({ now, next }) => void (next.n = now.n + 1) }) },
    constraints: { Small: ({ now }) => now.n < 5 },
    invariants: { NotNine: ({ now }) => now.n !== 9, NotFive: ({ now }) => now.n !== 5, NotSix: ({ now }) => now.n !== 6 },
  });
  const result = await expectAgreement(instantiate(spec));
  expect(result.violations.map((v) => [v.property, v.length])).toEqual([
    ["NotNine", 1],
    ["NotFive", 5],
  ]);
});

it("what a domain takes out of now stays what it was", async () => {
  const Place = ordered("Place", [1, 2]);
  const sys = system({
    name: "taking",
    variables: { box: map(Place, record({ x: int(0, 3) })), taken: record({ x: int(0, 3) }), times: int(0, 3) },
  });
  const boxes = sys.domain({}, ({ now }) => [now.box[2], now.box[1], now.box[1]]);
  const spec = sys.spec({
    init: () => ({ box: mapOf([1, 2], (p) => ({ x: p - 1 })), taken: { x: 0 }, times: 0 }),
    actions: {
      Take: sys.action(
        { from: boxes },
        {
          when: ({ now }) => now.times < 3,
          then: ({ now, next, from }) => {
            next.taken = { x: from.x };
            next.box[1] = { x: from.x };
            next.box[2] = { x: (now.box[2].x + 1) % 4 };
            next.times = now.times + 1;
          },
        },
      ),
    },
    invariants: { NotThree: ({ now }) => !(now.times === 3 && now.taken.x === 3) },
  });
  for (const memoise of [true, false]) await expectAgreement(instantiate(spec), { memoise, allowDeadlock: true });
});

it("filters a set of thousands of elements by tag", async () => {
  const Element = union({ Old: { n: int(0, 9_999) }, New: { n: int(0, 9_999) } });
  const sys = system({ name: "large set", variables: { elements: set(Element), x: int(0, 3) } });
  const spec = sys.spec({
    init: () => ({ elements: setOf(...Array.from({ length: 5_000 }, (_, n) => ({ type: "Old" as const, n }))), x: 0 }),
    actions: {
      Add: sys.action(
        {},
        {
          when: ({ now }) => now.elements.tagged("Old").length === 5_000 && now.x < 3,
          then: ({ now, next }) => {
            next.x = now.x + 1;
            next.elements.add({ type: "New", n: now.elements.tagged("New").length });
          },
        },
      ),
    },
    invariants: { One: ({ now }) => now.elements.tagged("New").length === now.x },
  });
  expect(await search(instantiate(spec), { allowDeadlock: true })).toMatchObject({ verdict: "holds", distinct: 4 });
});

it("nothing was ever sent to a destination that does not exist", async () => {
  const Node = ordered("Node", [1, 2]);
  const sys = system({
    name: "nobody",
    variables: { mail: network(union({ Ping: { dest: Node } }), { by: "dest" }), n: int(0, 3) },
  });
  const spec = sys.spec({
    init: () => ({ mail: [], n: 0 }),
    actions: {
      Step: sys.action(
        {},
        {
          when: ({ now }) => now.n < 3 && now.mail.to(now.n + 7).pending("Ping").length === 0,
          then: ({ now, next }) => void (next.n = now.n + 1),
        },
      ),
    },
    invariants: { Nothing: ({ now }) => !now.mail.has({ type: "Ping", dest: 3 as 1 }) },
  });
  await expectAgreement(instantiate(spec), { allowDeadlock: true });
});
