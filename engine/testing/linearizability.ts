/**
 * Is a history of reads and writes linearizable? Each key is a register of its own, and a history is linearizable when the
 * part of it about each key is. The search is that of Wing and Gong with Lowe's memory of what was tried: it takes the
 * operations in any order that their times allow, and remembers (which were taken, value of the register) where it failed.
 * Left out: operations on several keys at once.
 */

/** Every value is written at most once, so that a read tells which write it saw. */
export interface Operation {
  readonly kind: "write" | "read";
  readonly key: string;
  /** What was written or read; `undefined` is a deletion, or that there is nothing. */
  readonly value: string | undefined;
  /** When the client asked, and when it had the answer, on one clock. `undefined`: it never had one, and the write may happen at any time or never. */
  readonly invoked: number;
  readonly returned: number | undefined;
}

export interface Violation {
  readonly key: string;
  /** As many operations of this key, in the order of their answers, are linearizable; with the next one they are not. */
  readonly linearizable: number;
  readonly operation: Operation;
}

/** What is wrong, or `undefined` when the history is linearizable. Writes that failed for certain must not be in it. */
export const linearizabilityViolation = (history: readonly Operation[]): Violation | undefined => {
  const byKey = new Map<string, Operation[]>();
  for (const operation of history) {
    const operations = byKey.get(operation.key);
    if (operations === undefined) byKey.set(operation.key, [operation]);
    else operations.push(operation);
  }
  for (const [key, operations] of byKey) {
    const relevant = withoutUnseen(operations);
    if (!isLinearizable(relevant)) return firstViolation(key, relevant);
  }
  return undefined;
};

/** A write without an answer that nobody read may as well not have happened; a read without one says nothing. */
const withoutUnseen = (operations: readonly Operation[]): readonly Operation[] => {
  const seen = new Set(operations.filter((o) => o.kind === "read" && o.returned !== undefined).map((o) => o.value));
  return operations.filter((o) => o.returned !== undefined || (o.kind === "write" && seen.has(o.value)));
};

/** The shortest part of the history, by the order of answers, that is not linearizable: what had no answer by then has none. */
const firstViolation = (key: string, operations: readonly Operation[]): Violation => {
  const answers = operations.filter((o) => o.returned !== undefined).sort((a, b) => time(a.returned) - time(b.returned));
  const upTo = (count: number): readonly Operation[] => {
    const end = time(answers[count - 1]?.returned ?? -Infinity);
    const begun = operations.filter((o) => o.invoked <= end);
    return withoutUnseen(begun.map((o) => (time(o.returned) <= end ? o : { ...o, returned: undefined })));
  };
  let [good, bad] = [0, answers.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isLinearizable(upTo(middle))) good = middle;
    else bad = middle;
  }
  const operation = answers[bad - 1];
  if (operation === undefined) throw new Error("a history without answers is linearizable");
  return { key, linearizable: bad - 1, operation };
};

const time = (returned: number | undefined): number => returned ?? Infinity;

/** An operation's invocation or answer, in the list of all that are not yet taken. */
interface Entry {
  readonly operation: number;
  readonly answer: Entry | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

const unlink = (entry: Entry): void => {
  if (entry.previous !== undefined) entry.previous.next = entry.next;
  if (entry.next !== undefined) entry.next.previous = entry.previous;
};
const relink = (entry: Entry): void => {
  if (entry.previous !== undefined) entry.previous.next = entry;
  if (entry.next !== undefined) entry.next.previous = entry;
};

/** All entries in the order of time, behind a head that is none of them. Of two at the same time the invocation comes first. */
const entriesOf = (operations: readonly Operation[]): Entry => {
  const timed = operations.flatMap((o, operation) => {
    const answer: Entry = { operation, answer: undefined, previous: undefined, next: undefined };
    const invocation: Entry = { operation, answer, previous: undefined, next: undefined };
    return [
      { at: o.invoked, order: 0, entry: invocation },
      { at: time(o.returned), order: 1, entry: answer },
    ];
  });
  // Infinity - Infinity is not a number.
  timed.sort((a, b) => (a.at === b.at ? a.order - b.order : a.at - b.at));
  const head: Entry = { operation: -1, answer: undefined, previous: undefined, next: undefined };
  let last = head;
  for (const { entry } of timed) {
    last.next = entry;
    entry.previous = last;
    last = entry;
  }
  return head;
};

/** Which operations are taken, as a text: all below the first number, and those that follow it. */
class Taken {
  private readonly isTaken: boolean[];
  private end = 0;

  constructor(count: number) {
    this.isTaken = new Array<boolean>(count).fill(false);
  }
  set(operation: number, taken: boolean): void {
    this.isTaken[operation] = taken;
    if (operation >= this.end) this.end = operation + 1;
    while (this.end > 0 && this.isTaken[this.end - 1] !== true) this.end--;
  }
  key(): string {
    const first = this.isTaken.indexOf(false);
    const others: number[] = [];
    for (let i = first === -1 ? this.end : first; i < this.end; i++) if (this.isTaken[i] === true) others.push(i);
    return `${first} ${others.join(" ")}`;
  }
}

const isLinearizable = (unsorted: readonly Operation[]): boolean => {
  const operations = [...unsorted].sort((a, b) => a.invoked - b.invoked);
  const head = entriesOf(operations);
  const taken = new Taken(operations.length);
  const tried = new Set<string>();
  const path: { readonly entry: Entry; readonly value: string | undefined }[] = [];
  let value: string | undefined;
  let entry = head.next;
  while (entry !== undefined) {
    if (entry.answer !== undefined) {
      const operation = operations[entry.operation];
      if (operation !== undefined && (operation.kind === "write" || operation.value === value)) {
        taken.set(entry.operation, true);
        const after = operation.kind === "write" ? operation.value : value;
        const key = `${taken.key()} ${after === undefined ? "" : JSON.stringify(after)}`;
        if (!tried.has(key)) {
          tried.add(key);
          path.push({ entry, value });
          value = after;
          unlink(entry);
          unlink(entry.answer);
          entry = head.next;
          continue;
        }
        taken.set(entry.operation, false);
      }
      entry = entry.next;
      continue;
    }
    // An operation had its answer before any order of those that were not taken yet put it in: take the last one back. The
    // answers of writes without one come last, and by then nothing needs them.
    if (operations[entry.operation]?.returned === undefined) return true;
    const last = path.pop();
    if (last?.entry.answer === undefined) return false;
    value = last.value;
    taken.set(last.entry.operation, false);
    relink(last.entry.answer);
    relink(last.entry);
    entry = last.entry.next;
  }
  return true;
};
