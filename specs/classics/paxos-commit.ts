/**
 * Paxos Commit (Gray and Lamport, "Consensus on Transaction Commit", 2006), as in PaxosCommit.tla of tlaplus/Examples: a
 * transaction commits when each resource manager's own instance of Paxos has chosen that it is prepared. Every message
 * that was ever sent stays in one growing set. Steps that TLA+ tells apart by a quantifier have a parameter for it.
 */
import { int, map, mapOf, names, oneOf, ordered, range, record, set, setOf, system, union } from "../language/index.ts";
import type { Index, ScopeOf, ValueOf } from "../language/index.ts";

type Constants = { readonly resourceManagers: number; readonly acceptors: number; readonly ballots: number };
const managers = (c: Constants) => names("r", c.resourceManagers);
const acceptors = (c: Constants) => names("a", c.acceptors);
type ManagerName = ReturnType<typeof managers>[number];
type AcceptorName = ReturnType<typeof acceptors>[number];
const Manager = ordered("Manager", managers);
const Acceptor = ordered("Acceptor", acceptors);

const ballots = (c: Constants): readonly Index[] => range(0, c.ballots - 1);
/** Ballot 0 is the resource manager's own. */
const laterBallots = (c: Constants): readonly Index[] => range(1, c.ballots - 1);
const Ballot = int(0, (c: Constants) => c.ballots - 1);
const BallotOrNone = int(-1, (c: Constants) => c.ballots - 1);
const Vote = oneOf("prepared", "aborted");
const VoteOrNone = oneOf("prepared", "aborted", "none");

const Message = union({
  "1a": { ins: Manager, bal: Ballot },
  "1b": { ins: Manager, mbal: Ballot, bal: BallotOrNone, val: VoteOrNone, acc: Acceptor },
  "2a": { ins: Manager, bal: Ballot, val: Vote },
  "2b": { ins: Manager, bal: Ballot, val: Vote, acc: Acceptor },
  commit: {},
  abort: {},
});

const protocol = system({
  name: "paxos-commit",
  constants: {
    resourceManagers: { default: 2, min: 1, max: 4 },
    acceptors: { default: 3, min: 1, max: 5 },
    ballots: { default: 2, min: 2, max: 4 },
  },
  variables: {
    rmState: map(Manager, oneOf("working", "prepared", "committed", "aborted")),
    /** What each acceptor holds for each instance: its ballot, and its last vote. */
    aState: map(Manager, map(Acceptor, record({ mbal: Ballot, bal: BallotOrNone, val: VoteOrNone }))),
    /** Every message that has been sent. */
    msgs: set(Message),
  },
});
type Scope = ScopeOf<typeof protocol>;
type Sent<K> = Extract<ValueOf<typeof Message>, { type: K }>;

/** The least majorities of the acceptors. */
const majorities = (c: Constants): readonly (readonly AcceptorName[])[] => {
  const subsets = (all: readonly AcceptorName[], n: number): readonly (readonly AcceptorName[])[] =>
    n === 0 ? [[]] : all.flatMap((x, i) => subsets(all.slice(i + 1), n - 1).map((rest) => [x, ...rest]));
  return subsets(acceptors(c), Math.floor(c.acceptors / 2) + 1);
};
const majorityNumbers = (c: Constants): readonly number[] => majorities(c).map((_, i) => i);
const majority = ({ constants }: Scope, i: number): readonly AcceptorName[] => majorities(constants)[i] ?? [];

const messages = <K extends "1a" | "2a">(type: K) => protocol.domain({}, ({ now }) => now.msgs.tagged(type));

const Prepare = protocol.action({ r: Manager }, {
  when: ({ now, r }) => now.rmState[r] === "working",
  then: ({ next, r }) => {
    next.rmState[r] = "prepared";
    next.msgs.add({ type: "2a", ins: r, bal: 0, val: "prepared" });
  },
});

const ChooseToAbort = protocol.action({ r: Manager }, {
  when: ({ now, r }) => now.rmState[r] === "working",
  then: ({ next, r }) => {
    next.rmState[r] = "aborted";
    next.msgs.add({ type: "2a", ins: r, bal: 0, val: "aborted" });
  },
});

const ReceiveCommit = protocol.action({ r: Manager }, {
  when: ({ now }) => now.msgs.has({ type: "commit" }),
  then: ({ next, r }) => {
    next.rmState[r] = "committed";
  },
});

const ReceiveAbort = protocol.action({ r: Manager }, {
  when: ({ now }) => now.msgs.has({ type: "abort" }),
  then: ({ next, r }) => {
    next.rmState[r] = "aborted";
  },
});

const Phase1a = protocol.action({ r: Manager, b: laterBallots }, { then: ({ next, r, b }) => next.msgs.add({ type: "1a", ins: r, bal: b }) });

/** The promises to a ballot of an instance that were sent by some acceptors. */
const promises = ({ now, constants }: Scope, ins: ManagerName, mbal: number, by: readonly AcceptorName[]): Sent<"1b">[] =>
  by.flatMap((acc) =>
    ballotsOrNone(constants).flatMap((bal) =>
      (["prepared", "aborted", "none"] as const)
        .map((val) => ({ type: "1b", ins, mbal, bal, val, acc }) as const)
        .filter((m) => now.msgs.has(m)),
    ),
  );
const ballotsOrNone = (c: Constants): readonly number[] => [-1, ...ballots(c)];

const Phase2a = protocol.action({ r: Manager, b: laterBallots, q: majorityNumbers }, {
  when: [
    ({ now, r, b }) => !(["prepared", "aborted"] as const).some((val) => now.msgs.has({ type: "2a", ins: r, bal: b, val })),
    (scope) => {
      const by = majority(scope, scope.q);
      const answers = promises(scope, scope.r, scope.b, by);
      return by.every((acc) => answers.some((m) => m.acc === acc));
    },
  ],
  then: (scope) => {
    const { next, r, b, q } = scope;
    const answers = promises(scope, r, b, majority(scope, q));
    const highest = Math.max(...answers.map((m) => m.bal));
    const val = answers.find((m) => m.bal === highest)?.val;
    next.msgs.add({ type: "2a", ins: r, bal: b, val: highest === -1 || val === undefined || val === "none" ? "aborted" : val });
  },
});

const isDecided = (scope: Scope, ins: ManagerName, val: Sent<"2b">["val"], bal: number, q: number): boolean =>
  majority(scope, q).every((acc) => scope.now.msgs.has({ type: "2b", ins, bal, val, acc }));

/** A ballot and a majority for each resource manager, numbered. */
const waysToCommit = (c: Constants): readonly number[] => [...Array((c.ballots * majorities(c).length) ** c.resourceManagers).keys()];
const Commit = protocol.action({ way: waysToCommit }, {
  when: (scope) => {
    const { constants: c } = scope;
    const each = c.ballots * majorities(c).length;
    return managers(c).every((r, i) => {
      const one = Math.floor(scope.way / each ** i) % each;
      return isDecided(scope, r, "prepared", one % c.ballots, Math.floor(one / c.ballots));
    });
  },
  then: ({ next }) => next.msgs.add({ type: "commit" }),
});

const Abort = protocol.action({ r: Manager, b: ballots, q: majorityNumbers }, {
  when: (scope) => isDecided(scope, scope.r, "aborted", scope.b, scope.q),
  then: ({ next }) => next.msgs.add({ type: "abort" }),
});

/** What an acceptor holds for an instance. */
const held = ({ now }: Scope, ins: ManagerName, a: AcceptorName) => now.aState[ins][a];

const Phase1b = protocol.action({ a: Acceptor, m: messages("1a") }, {
  when: (scope) => held(scope, scope.m.ins, scope.a).mbal < scope.m.bal,
  then: (scope) => {
    const { next, a, m } = scope;
    const { bal, val } = held(scope, m.ins, a);
    next.aState[m.ins][a] = { mbal: m.bal, bal, val };
    next.msgs.add({ type: "1b", ins: m.ins, mbal: m.bal, bal, val, acc: a });
  },
});

const Phase2b = protocol.action({ a: Acceptor, m: messages("2a") }, {
  when: (scope) => held(scope, scope.m.ins, scope.a).mbal <= scope.m.bal,
  then: ({ next, a, m }) => {
    next.aState[m.ins][a] = { mbal: m.bal, bal: m.bal, val: m.val };
    next.msgs.add({ type: "2b", ins: m.ins, bal: m.bal, val: m.val, acc: a });
  },
});

export const paxosCommit = protocol.spec({
  init: ({ constants: c }) => ({
    rmState: mapOf(managers(c), () => "working"),
    aState: mapOf(managers(c), () => mapOf(acceptors(c), () => ({ mbal: 0, bal: -1, val: "none" }))),
    msgs: setOf(),
  }),
  actions: { Prepare, ChooseToAbort, ReceiveCommit, ReceiveAbort, Phase1a, Phase2a, Commit, Abort, Phase1b, Phase2b },
  invariants: {
    /** TCConsistent: no resource manager commits while another aborts. */
    Consistent: ({ now, constants }) =>
      !managers(constants).some((r) => now.rmState[r] === "committed") || !managers(constants).some((r) => now.rmState[r] === "aborted"),
  },
});
