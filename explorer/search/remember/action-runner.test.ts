/** Remembering is invisible: what the runner, the layout and the symmetry give is what direct evaluation gives. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { paxos } from "../../../specs/classics/paxos.ts";
import { twoPhaseCommit } from "../../../specs/classics/two-phase-commit.ts";
import { instantiate } from "../../../specs/language/index.ts";
import type { SpecInstance, State } from "../../../specs/language/index.ts";
import { mailboxSpec } from "../../interpret/fixtures/example-specs.ts";
import { stateText } from "../../interpret/canonical.ts";
import { initialStates, successors } from "../../interpret/step.ts";
import { Core, reserveMemory } from "../relation/core.ts";
import { drawingSpec, gossipSpec, setsSpec } from "../fixtures/feature-specs.ts";
import { crowdSpec } from "../fixtures/shape-specs.ts";
import { Layout } from "../tracked/layout.ts";
import { permutations, permuteState } from "../reference-search.ts";
import { LeafPermutations, Symmetry, permutationsOf } from "../quotient/symmetry.ts";
import { successorsOf, unitsByProcess, warmUp } from "../relation/warm-up.ts";

const instances: readonly (readonly [string, SpecInstance])[] = [
  ["mailbox", instantiate(mailboxSpec)],
  ["gossip", instantiate(gossipSpec, { constants: { nodes: 3, rumours: 2 } })],
  ["drawing", instantiate(drawingSpec)],
  ["sets", instantiate(setsSpec)],
  ["two-phase commit", instantiate(twoPhaseCommit)],
  ["Paxos", instantiate(paxos)],
  ["33 processes", instantiate(crowdSpec)],
];
const coreOf = (instance: SpecInstance, memoise = true): Core =>
  new Core(instance, reserveMemory(4e6, false, 1 << 10), memoise, () => undefined);

/** The states of a random behaviour, each step chosen by a number. */
const statesOf = (instance: SpecInstance, choices: readonly number[]): readonly State[] => {
  const states = [...initialStates(instance).slice(0, 1)];
  for (const choice of choices) {
    const next = successors(instance, states.at(-1) ?? {});
    const chosen = next[choice % next.length];
    if (chosen === undefined) break;
    states.push(chosen.state);
  }
  return states;
};
const walk = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 20 });

describe.each(instances)("on states of %s", (_, instance) => {
  it.each([true, false])("successors are those of the interpreter (memo: %s)", (memoise) => {
    const core = coreOf(instance, memoise);
    const units = [...unitsByProcess(core).values()].flat();
    const text = (name: string, state: State): string => `${name} ${stateText(instance, state)}`;
    fc.assert(
      fc.property(walk, (choices) => {
        for (const state of statesOf(instance, choices)) {
          const ids = core.codec.encode(state);
          const found = units
            .flatMap((unit) => successorsOf(core, unit, ids))
            .map((s) => text(instance.actions[s.binding.action]?.name ?? "", core.codec.decode(s.ids)));
          const expected = successors(instance, state).map((s) => text(s.action, s.state));
          expect(found.sort()).toEqual(expected.sort());
        }
      }),
      { numRuns: 8 },
    );
  });

  it("a state that is put together and taken apart again is the same", () => {
    const core = coreOf(instance);
    const layout = new Layout(core.leaves, warmUp(core, unitsByProcess(core), 300).privateVariables, core.nodes);
    const known = new Map<string, string>();
    fc.assert(
      fc.property(walk, (choices) => {
        for (const state of statesOf(instance, choices)) {
          const ids = core.codec.encode(state);
          expect(stateText(instance, core.codec.decode(ids))).toBe(stateText(instance, state));
          const clusters = layout.clusters.map((c) => layout.encode(c, ids));
          const back = new Uint32Array(ids.length);
          layout.decodeAll(clusters, 0, back);
          expect(back).toEqual(ids);
          // Equal states have equal clusters, and only those.
          const text = stateText(instance, state);
          expect(known.get(clusters.join()) ?? text).toBe(text);
          known.set(clusters.join(), text);
        }
        expect(new Set(known.values()).size).toBe(known.size);
      }),
      { numRuns: 8 },
    );
  });
});

describe.each(instances.filter(([, instance]) => instance.symmetricSets.length > 0))("the symmetry of %s", (_, instance) => {
  const core = coreOf(instance);
  const layout = new Layout(core.leaves, warmUp(core, unitsByProcess(core), 300).privateVariables, core.nodes);
  const leafPermutations = new LeafPermutations(permutationsOf(instance), core.leaves, core.lists);
  const symmetry = new Symmetry(layout, leafPermutations);
  const canonical = (state: State): string => {
    const vector = Uint32Array.from(layout.clusters, (c) => layout.encode(c, core.codec.encode(state)));
    symmetry.canonicalise(vector, 0);
    const again = vector.slice();
    expect(symmetry.canonicalise(again, 0)).toBe(false);
    expect(again).toEqual(vector);
    return vector.join();
  };

  it("has one representative for all images of a state, which is one of them", () => {
    const all = permutations(instance);
    expect(leafPermutations.permutations).toHaveLength(all.length - 1);
    fc.assert(
      fc.property(walk, (choices) => {
        const state = statesOf(instance, choices).at(-1);
        if (state === undefined) return;
        const images = all.map((p) => permuteState(instance, state, p));
        const representatives = new Set(images.map(canonical));
        expect(representatives.size).toBe(1);
        const clusters = images.map((s) => layout.clusters.map((c) => layout.encode(c, core.codec.encode(s))).join());
        expect(clusters).toContain([...representatives][0]);
      }),
      { numRuns: 8 },
    );
  });
  it("acts on leaves as it does on states, and permutations can be undone", () => {
    fc.assert(
      fc.property(walk, (choices) => {
        const state = statesOf(instance, choices).at(-1);
        if (state === undefined) return;
        const ids = core.codec.encode(state);
        leafPermutations.permutations.forEach((p, k) => {
          const image = leafPermutations.image(k, ids);
          expect(stateText(instance, core.codec.decode(image))).toBe(stateText(instance, permuteState(instance, state, p)));
          const backs = leafPermutations.permutations.map((__, j) => leafPermutations.image(j, image).join());
          expect(backs).toContain(ids.join());
        });
      }),
      { numRuns: 4 },
    );
  });
});
