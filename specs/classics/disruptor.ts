/**
 * A single producer publishes through a ring buffer that several consumers read, all of them everything. One program
 * counter serves producer and consumers. After tlaplus/Examples, `Disruptor_SPMC.tla` and `RingBuffer.tla`; liveness is
 * left out.
 */
import { either, index, int, map, mapOf, names, oneOf, ordered, range, record, seq, set, symmetric, system, unite } from "../language/index.ts";
import type { ScopeOf } from "../language/index.ts";

type Constants = { readonly maxPublished: number; readonly writers: number; readonly readers: number; readonly size: number };
const Writer = symmetric("Writer", (c: Constants) => names("w", c.writers));
const Reader = symmetric("Reader", (c: Constants) => names("r", c.readers));
const Slot = ordered("Slot", (c: Constants) => range(0, c.size - 1));
const sequence = int(-1, (c: Constants) => c.maxPublished);

const sys = system({
  name: "disruptor",
  constants: {
    maxPublished: { default: 10, min: 1, max: 20 },
    writers: { default: 1, min: 1, max: 3 },
    readers: { default: 3, min: 1, max: 4 },
    size: { default: 4, min: 1, max: 8 },
  },
  variables: {
    ringbuffer: record({ slots: map(Slot, either(oneOf("NULL"), sequence)), readers: map(Slot, set(Reader)), writers: map(Slot, set(Writer)) }),
    published: sequence,
    read: map(Reader, sequence),
    pc: map(unite("Process", Writer, Reader), oneOf("Access", "Advance")),
    consumed: map(Reader, seq(either(oneOf("NULL"), sequence))),
  },
});
type Scope = ScopeOf<typeof sys>;
const readers = (c: Constants) => names("r", c.readers);
const slotOf = (n: number, c: Constants) => index(n % c.size);
const minRead = ({ now, constants: c }: Scope): number => Math.min(...readers(c).map((r) => now.read[r]));

const BeginWrite = sys.action(
  { w: Writer },
  {
    when: [
      ({ now, w }) => now.pc[w] === "Advance",
      (scope) => minRead(scope) >= scope.now.published + 1 - scope.constants.size,
    ],
    then: ({ now, next, constants, w }) => {
      const slot = slotOf(now.published + 1, constants);
      next.pc[w] = "Access";
      next.ringbuffer.writers[slot].add(w);
      next.ringbuffer.slots[slot] = now.published + 1;
    },
  },
);
const EndWrite = sys.action(
  { w: Writer },
  {
    when: ({ now, w }) => now.pc[w] === "Access",
    then: ({ now, next, constants, w }) => {
      next.pc[w] = "Advance";
      next.ringbuffer.writers[slotOf(now.published + 1, constants)].delete(w);
      next.published = now.published + 1;
    },
  },
);
const BeginRead = sys.action(
  { r: Reader },
  {
    when: ({ now, r }) => now.pc[r] === "Advance" && now.published > now.read[r],
    then: ({ now, next, constants, r }) => {
      const slot = slotOf(now.read[r] + 1, constants);
      next.pc[r] = "Access";
      next.ringbuffer.readers[slot].add(r);
      next.consumed[r] = [...now.consumed[r], now.ringbuffer.slots[slot]];
    },
  },
);
const EndRead = sys.action(
  { r: Reader },
  {
    when: ({ now, r }) => now.pc[r] === "Access",
    then: ({ now, next, constants, r }) => {
      next.pc[r] = "Advance";
      next.ringbuffer.readers[slotOf(now.read[r] + 1, constants)].delete(r);
      next.read[r] = now.read[r] + 1;
    },
  },
);

export default sys.spec({
  init: ({ constants: c }) => {
    const slots = range(0, c.size - 1);
    return {
      ringbuffer: { slots: mapOf(slots, () => "NULL"), readers: mapOf(slots, () => []), writers: mapOf(slots, () => []) },
      published: -1,
      read: mapOf(readers(c), () => -1),
      pc: mapOf([...names("w", c.writers), ...readers(c)], () => "Advance"),
      consumed: mapOf(readers(c), () => []),
    };
  },
  actions: { BeginWrite, EndWrite, BeginRead, EndRead },
  invariants: {
    NoDataRaces: ({ now: { ringbuffer }, constants: c }) =>
      range(0, c.size - 1).every(
        (i) => (ringbuffer.readers[i].size === 0 || ringbuffer.writers[i].size === 0) && ringbuffer.writers[i].size <= 1,
      ),
  },
  constraints: { StateConstraint: ({ now, constants }) => now.published < constants.maxPublished },
  terminated: "always",
});
