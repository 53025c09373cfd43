/** What user code observed of leaves, as tests of the words that they are packed in. */
import type { Test } from "../kernel/decision-graph.ts";
import { COUNT, FILTERED, WHOLE } from "../tracked/observer.ts";
import type { Observer } from "../tracked/observer.ts";
import { bitsMask } from "../tracked/packed-layout.ts";
import type { PackedLayout, PackedLeaf } from "../tracked/packed-layout.ts";

const NO_QUESTION = -1;

export class PackedTests {
  /** Questions to leaves that are ids: observations. */
  private readonly known = new Map<number, readonly Test[]>();

  constructor(
    private readonly layout: PackedLayout,
    private readonly observer: Observer,
  ) {}

  /** The answer of a leaf, of which `word` is the id, to an observation. */
  readonly ask = (observation: number, word: number): number => {
    const [at, question, detail] = this.observer.questionOfObservation(observation);
    return this.observer.answerFor(at, word, question, detail);
  };

  /** The tests that tell all answers to these observations apart, in order, each bit once. */
  of(observations: readonly number[]): Test[] {
    const tests: Test[] = [];
    const covered: number[] = [];
    const asked = new Set<number>();
    for (const observation of observations)
      for (const test of this.testsOf(observation)) {
        const mask = test.mask << test.shift;
        const before = covered[test.word] ?? 0;
        if ((before & mask) === mask || asked.has(test.question)) continue;
        if (test.question >= 0) asked.add(test.question);
        else covered[test.word] = before | mask;
        tests.push(test);
      }
    return tests;
  }

  private testsOf(observation: number): readonly Test[] {
    const known = this.known.get(observation);
    if (known !== undefined) return known;
    const tests = this.make(observation);
    this.known.set(observation, tests);
    return tests;
  }

  private make(observation: number): Test[] {
    const [at, question, detail] = this.observer.questionOfObservation(observation);
    const { leaves, words } = this.layout;
    const packed = this.layout.packed[at % leaves.length];
    if (packed === undefined) return [];
    const offset = at < leaves.length ? 0 : words;
    if (packed.kind === "bits" && question === COUNT) {
      const { word, shift } = this.layout.bitOf(packed, detail);
      return [{ word: offset + word, shift, mask: 1, question: NO_QUESTION }];
    }
    if (packed.kind === "bits" && question === FILTERED) return this.filtered(packed, offset, detail);
    if (packed.kind === "id" && question !== WHOLE)
      return packed.pieces.map(({ word }) => ({ word: offset + word, shift: 0, mask: -1, question: observation }));
    return packed.pieces.map(({ word, shift, width }) => ({ word: offset + word, shift, mask: bitsMask(width), question: NO_QUESTION }));
  }

  /** The bits of the elements with one tag. */
  private filtered({ leaf, pieces }: PackedLeaf, offset: number, filter: number): Test[] {
    return pieces.flatMap(({ word, shift, width, from }) => {
      let mask = 0;
      for (let i = 0; i < width; i++) if (this.observer.passesFilter(filter, this.layout.id(leaf, from + i))) mask |= 1 << i;
      if (mask === 0) return [];
      const skip = 31 - Math.clz32(mask & -mask);
      return [{ word: offset + word, shift: shift + skip, mask: (mask >>> skip) | 0, question: NO_QUESTION }];
    });
  }
}
