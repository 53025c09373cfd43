/** The work of one thread in a round, and the life of a thread that follows. */
import { SpecError, messageOf } from "../../../specs/language/errors.ts";
import type { SpecInstance } from "../../../specs/language/instantiate.ts";
import { Control, SearchOver } from "./control.ts";
import { TALLY_ACTIONS, tallied } from "./control-memory.ts";
import type { ControlMemory } from "./control-memory.ts";
import type { Room } from "../relation/core.ts";
import type { Findings } from "./findings.ts";
import { TableFull } from "../kernel/pair-table.ts";
import type { PairTable } from "../kernel/pair-table.ts";
import { SearchThread } from "./thread.ts";
import type { ThreadPlan } from "./thread.ts";

/** Portions between two looks at the numbers that others may read. */
const PORTIONS = 64;

/** What a follower is started with. Can be sent to another thread. */
export interface FollowerPlan {
  readonly plan: ThreadPlan;
  readonly control: ControlMemory;
  readonly thread: number;
}

export const findingsFor = (control: Control): Findings => ({
  violation: (predicate, id) => control.foundViolation(predicate, id),
  witness: (predicate) => control.foundWitness(predicate),
  deadlock: (id) => control.foundDeadlock(id),
  fault: (id, isState, error) => control.foundFault({ id, isState, text: error.message }),
  badStep: (kind, predicate, from, successor) => control.foundBadStep({ kind, predicate, from, successor }),
});

/** Reports what went wrong in this thread to the one that leads. */
export const report = (control: Control, error: unknown): void => {
  const kind = error instanceof TableFull ? "full" : error instanceof SpecError ? "spec" : "other";
  control.fail(kind, kind === "other" && error instanceof Error ? (error.stack ?? error.message) : messageOf(error));
};

/** Numbers that others may read while the thread works. */
export const writeTally = (thread: SearchThread, control: Control, index: number, heapBytes?: () => number): void => {
  const { expander } = thread;
  const tally = control.tally(index);
  const { audit } = thread;
  tally[tallied.generated] = expander.generated;
  tally[tallied.distinct] = expander.distinct;
  tally[tallied.expanded] = expander.expanded;
  tally[tallied.minDegree] = expander.minDegree;
  tally[tallied.maxDegree] = expander.maxDegree;
  tally[tallied.bytes] = thread.bytes;
  tally[tallied.heapBytes] = heapBytes?.() ?? 0;
  tally[tallied.runs] = audit.purity.runs;
  tally[tallied.runsTwice] = audit.purity.checked;
  tally[tallied.reduced] = audit.reductions.cases;
  tally[tallied.reducedChecked] = audit.reductions.checked;
  for (let a = 0; a < expander.generatedByAction.length; a++) {
    tally[TALLY_ACTIONS + 2 * a] = expander.generatedByAction[a] ?? 0;
    tally[TALLY_ACTIONS + 2 * a + 1] = expander.distinctByAction[a] ?? 0;
  }
};

/** Takes up to `portions` of the level; false when there are none left for now. */
export const workOn = (thread: SearchThread, control: Control, portions: number): boolean => {
  for (let i = 0; i < portions; i++) {
    const portion = control.take();
    if (portion === undefined) {
      thread.expander.flush();
      return false;
    }
    thread.expander.expand(portion[0], portion[1]);
  }
  return true;
};

/** Takes part in rebuilding the slots of a table until all its ids are taken. */
export const rebuildOn = (tables: readonly PairTable[], control: Control): void => {
  const table = tables[control.rebuilding];
  for (let portion = control.takeRebuild(); portion !== undefined; portion = control.takeRebuild()) table?.rebuild(portion[0], portion[1]);
};

const resync = (tables: readonly PairTable[]): void => {
  for (const table of tables) table.resync();
};

/** Runs until the leader stops the search. Errors are reported, never thrown. */
export const follow = (instance: SpecInstance, { plan, control: memory, thread: index }: FollowerPlan, heapBytes?: () => number): void => {
  const control = new Control(memory, plan.tuning.portion);
  const help = (tables: readonly PairTable[]): void => {
    resync(tables);
    rebuildOn(tables, control);
  };
  const room: Room = (tables) => {
    for (const table of tables) table.rest(false);
    control.park(index, () => help(tables));
    if (control.failure !== undefined) throw new TableFull();
    resync(tables);
  };
  let thread: SearchThread | undefined;
  control.ready(index);
  for (;;) {
    const order = control.awaitOrder(index);
    if (order === "stop") return;
    try {
      if (order === "help") {
        if (thread !== undefined) help(thread.core.tables); // one that has not begun reads the capacities when it does
      } else {
        thread ??= new SearchThread(instance, plan, findingsFor(control), room);
        const { tables, states } = thread.core;
        resync(tables);
        while (workOn(thread, control, PORTIONS)) writeTally(thread, control, index, heapBytes);
        for (const table of tables) table.rest(table === states);
        writeTally(thread, control, index, heapBytes);
      }
    } catch (error) {
      if (error instanceof SearchOver) return;
      report(control, error);
    }
    control.rest(index);
  }
};
