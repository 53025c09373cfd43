/**
 * Single-decree Paxos, after Lamport's Paxos.tla. Leaders are not modelled: a phase 1a or 2a message is sent by whoever
 * leads the ballot. Messages are never removed, so `msgs` is one growing set and loss needs no action. Quorums are the
 * majorities. Left out: learners, and the refinement of Voting.tla that the original proves.
 */
import { int, map, mapOf, names, optional, range, set, setOf, symmetric, system, union } from "../language/index.ts";
import type { ScopeOf, ValueOf } from "../language/index.ts";

type Constants = { readonly acceptors: number; readonly values: number; readonly ballots: number };
const acceptors = (c: Constants) => names("a", c.acceptors);
const Acceptor = symmetric("Acceptor", acceptors);
const Value = symmetric("Value", (c: Constants) => names("v", c.values));
/** Ballot == Nat, cut off; the first is 0. */
const ballots = (c: Constants): readonly number[] => range(0, c.ballots - 1);
const Ballot = int(0, (c: Constants) => c.ballots - 1);
const BallotOrNone = int(-1, (c: Constants) => c.ballots - 1);

const Message = union({
  "1a": { bal: Ballot },
  "1b": { acc: Acceptor, bal: Ballot, mbal: BallotOrNone, mval: optional(Value) },
  "2a": { bal: Ballot, val: Value },
  "2b": { acc: Acceptor, bal: Ballot, val: Value },
});
type Promise = Extract<ValueOf<typeof Message>, { type: "1b" }>;

const synod = system({
  name: "paxos",
  constants: { acceptors: { default: 3, min: 1, max: 5 }, values: { default: 2, min: 1, max: 4 }, ballots: { default: 2, min: 1, max: 5 } },
  variables: {
    /** The highest ballot in which the acceptor has taken part; -1 if none. */
    maxBal: map(Acceptor, BallotOrNone),
    /** The ballot of the acceptor's last vote, -1 if it has not voted, and the value that it voted for. */
    maxVBal: map(Acceptor, BallotOrNone),
    maxVal: map(Acceptor, optional(Value)),
    /** Every message that has been sent. */
    msgs: set(Message),
  },
});
type Scope = ScopeOf<typeof synod>;

const majority = (c: Constants): number => Math.floor(c.acceptors / 2) + 1;
const messages = <K extends ValueOf<typeof Message>["type"]>(type: K) => synod.domain({}, ({ now }) => now.msgs.tagged(type));

const Phase1a = synod.action({ b: ballots }, { then: ({ next, b }) => next.msgs.add({ type: "1a", bal: b }) });

const Phase1b = synod.action({ a: Acceptor, m: messages("1a") }, {
  when: ({ now, a, m }) => m.bal > now.maxBal[a],
  then: ({ now, next, a, m }) => {
    next.maxBal[a] = m.bal;
    next.msgs.add({ type: "1b", acc: a, bal: m.bal, mbal: now.maxVBal[a], mval: now.maxVal[a] });
  },
});

/** Every way to choose one element from `n` of a list. */
const subsets = <T>(all: readonly T[], n: number): readonly (readonly T[])[] =>
  n === 0 ? [[]] : all.flatMap((x, i) => subsets(all.slice(i + 1), n - 1).map((rest) => [x, ...rest]));

/** Does a quorum's promises leave the value free, or is it that of the highest vote among them? */
const mayPropose = (promises: readonly Promise[], v: string): boolean => {
  const highest = Math.max(...promises.map((m) => m.mbal));
  return highest === -1 || promises.some((m) => m.mbal === highest && m.mval === v);
};

const Phase2a = synod.action({ b: ballots, v: Value }, {
  when: [
    ({ now, b }) => !now.msgs.tagged("2a").some((m) => m.bal === b),
    ({ now, constants, b, v }) => {
      // An acceptor promises a ballot once, so a majority of promises is a quorum.
      const promises = now.msgs.tagged("1b").filter((m) => m.bal === b);
      return subsets(promises, majority(constants)).some((quorum) => mayPropose(quorum, v));
    },
  ],
  then: ({ next, b, v }) => next.msgs.add({ type: "2a", bal: b, val: v }),
});

const Phase2b = synod.action({ a: Acceptor, m: messages("2a") }, {
  when: ({ now, a, m }) => m.bal >= now.maxBal[a],
  then: ({ next, a, m }) => {
    next.maxBal[a] = m.bal;
    next.maxVBal[a] = m.bal;
    next.maxVal[a] = m.val;
    next.msgs.add({ type: "2b", acc: a, bal: m.bal, val: m.val });
  },
});

/** The values for which a majority has voted in one ballot. */
const chosen = ({ now, constants }: Scope): ReadonlySet<string> => {
  const votes = now.msgs.tagged("2b");
  const won = votes.filter((m) => votes.filter((n) => n.bal === m.bal && n.val === m.val).length >= majority(constants));
  return new Set(won.map((m) => m.val));
};

export const paxos = synod.spec({
  init: ({ constants: c }) => ({
    maxBal: mapOf(acceptors(c), () => -1),
    maxVBal: mapOf(acceptors(c), () => -1),
    maxVal: mapOf(acceptors(c), () => null),
    msgs: setOf(),
  }),
  actions: { Phase1a, Phase1b, Phase2a, Phase2b },
  /** Consensus.tla: at most one value is chosen. */
  invariants: { Agreement: (scope) => chosen(scope).size <= 1 },
  witnesses: { SomeValueChosen: (scope) => chosen(scope).size === 1 },
});
