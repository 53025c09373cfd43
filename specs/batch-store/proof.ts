/**
 * A batch on N nodes: a quorum of 2f + 1 signatures is a proof of store, on which consensus relies until the batch
 * expires. Does some honest node still have it then, whatever crashed?
 * A persist is one node's put and signature (`persist.ts` takes it apart). Byzantine nodes sign without storing and
 * serve nothing. Left out: expiry, a second batch, epochs as such (`restart=noPopulate` is a restart before an epoch's
 * first commit). A payload is named by its digest, so that a node can have no other one: two nodes cannot differ in it.
 */
import { bool, int, map, mapOf, names, oneOf, record, symmetric, system } from "../language/index.ts";
import type { ScopeOf, ValueOf } from "../language/index.ts";
import { RowPlace, listed } from "./vocabulary.ts";

type Constants = {
  readonly nodes: number;
  readonly faulty: number;
  readonly byzantine: number;
  readonly overlapping: number;
  readonly early: number;
  readonly processCrashes: number;
  readonly machineCrashes: number;
};
const honest = (c: Constants) => names("n", c.nodes - c.byzantine);
const Node = symmetric("Node", honest);

const cluster = system({
  name: "batch-store-proof",
  constants: {
    nodes: { default: 4, min: 4, max: 7 },
    /** f: a quorum is 2f + 1. */
    faulty: { default: 1, min: 1, max: 2 },
    byzantine: { default: 1, min: 0, max: 2 },
    /** 1: nodes may be down at the same time. */
    overlapping: { default: 1, min: 0, max: 1 },
    /** 1: nodes may crash before there is a proof. */
    early: { default: 1, min: 0, max: 1 },
    processCrashes: { default: 1, min: 0, max: 3 },
    machineCrashes: { default: 2, min: 0, max: 4 },
  },
  design: {
    /** A node signs when its row is durable, or when it is in the page cache (the code). */
    sync: ["sync", "relaxed"],
    /** A start loads the rows, or does not (the code, before an epoch's first commit). */
    restart: ["populate", "noPopulate"],
    /**
     * Who lacks a batch that has a proof fetches it from a node that serves it (option 3): as a matter of course; never;
     * or before it does anything else after a start. Nobody knows of a batch before its proof.
     */
    refetch: ["background", "never", "beforeWork"],
  },
  variables: {
    node: map(Node, record({ life: oneOf("up", "starting", "down"), isCached: bool, row: RowPlace, hasSigned: bool })),
    hasProof: bool,
    processCrashesLeft: int(0, (c: Constants) => c.processCrashes),
    machineCrashesLeft: int(0, (c: Constants) => c.machineCrashes),
  },
});

type Scope = ScopeOf<typeof cluster>;
type NodeName = ValueOf<typeof Node>;
type OfNode = Scope & { readonly n: NodeName };
const isUp = ({ now, n }: OfNode): boolean => now.node[n].life === "up";
const serves = ({ now }: Scope, n: NodeName): boolean => now.node[n].life === "up" && now.node[n].isCached;

const Store = cluster.action({ n: Node }, {
  when: [isUp, ({ now, n }) => !now.node[n].isCached, ({ now, n }) => !now.node[n].hasSigned],
  then: ({ now, next, n }) => {
    next.node[n].isCached = true;
    if (now.node[n].row === "absent") next.node[n].row = "page cache";
  },
});

const Sign = cluster.action({ n: Node }, {
  when: [
    ({ now, n }) => now.node[n].isCached,
    ({ now, n }) => !now.node[n].hasSigned,
    ({ now, design, n }) => design.sync === "relaxed" || now.node[n].row === "disk",
  ],
  then: ({ next, n }) => {
    next.node[n].hasSigned = true;
  },
});

/** By the operating system, or by the fsync that the signing waits for. */
const WriteBack = cluster.action({ n: Node }, {
  when: [({ now, n }) => now.node[n].row === "page cache"],
  then: ({ next, n }) => {
    next.node[n].row = "disk";
  },
});

/** The author has a quorum of signatures; a byzantine node gives its own when asked. */
const FormProof = cluster.action({}, {
  when: [
    ({ now }) => !now.hasProof,
    ({ now, constants: c }) => honest(c).filter((n) => now.node[n].hasSigned).length + c.byzantine >= 2 * c.faulty + 1,
  ],
  then: ({ next }) => {
    next.hasProof = true;
  },
});

/** Unless crashes may be early, they come after the proof; unless they may overlap, while all others are up. */
const isTimeToCrash = ({ now, constants: c }: Scope): boolean => c.early === 1 || now.hasProof;
const othersAreUp = ({ now, constants: c, n }: OfNode): boolean =>
  c.overlapping === 1 || honest(c).every((m) => m === n || now.node[m].life === "up");

const ProcessCrash = cluster.action({ n: Node }, {
  when: [({ now, n }) => now.node[n].life !== "down", isTimeToCrash, othersAreUp, ({ now }) => now.processCrashesLeft > 0],
  then: ({ now, next, n }) => {
    next.processCrashesLeft = now.processCrashesLeft - 1;
    next.node[n].life = "down";
    next.node[n].isCached = false;
  },
});

/** It may come while the process is down. */
const MachineCrash = cluster.action({ n: Node }, {
  when: [isTimeToCrash, othersAreUp, ({ now }) => now.machineCrashesLeft > 0],
  then: ({ now, next, n }) => {
    next.machineCrashesLeft = now.machineCrashesLeft - 1;
    next.node[n].life = "down";
    next.node[n].isCached = false;
    if (now.node[n].row === "page cache") next.node[n].row = "absent";
  },
});

const Restart = cluster.action({ n: Node }, {
  when: [({ now, n }) => now.node[n].life === "down"],
  then: ({ now, next, design, n }) => {
    const isLoaded = design.restart === "populate" && now.node[n].row !== "absent";
    next.node[n].isCached = isLoaded;
    next.node[n].life = design.refetch === "beforeWork" && now.hasProof && !isLoaded ? "starting" : "up";
  },
});

const Refetch = cluster.action({ n: Node, from: Node }, {
  when: [
    ({ design }) => design.refetch !== "never",
    ({ now }) => now.hasProof,
    ({ now, n }) => now.node[n].life !== "down",
    ({ now, n }) => !now.node[n].isCached,
    (scope) => serves(scope, scope.from),
  ],
  then: ({ now, next, n }) => {
    next.node[n].life = "up";
    next.node[n].isCached = true;
    if (now.node[n].row === "absent") next.node[n].row = "page cache";
  },
});

const faultyNow = ({ now, constants: c }: Scope): number => c.byzantine + honest(c).filter((n) => now.node[n].life !== "up").length;
/** While no more than f nodes are faulty or down, some honest one serves a batch that has a proof. */
const ProofIsServed = (scope: Scope): boolean =>
  !scope.now.hasProof || faultyNow(scope) > scope.constants.faulty || honest(scope.constants).some((n) => serves(scope, n));
/** A batch that has a proof is somewhere: in a running honest node, or in a row that a restart could load. */
const ProofIsKept = (scope: Scope): boolean =>
  !scope.now.hasProof || honest(scope.constants).some((n) => serves(scope, n) || scope.now.node[n].row !== "absent");
/** What a node has signed it can serve while it is up. */
const SignedIsServed = (scope: Scope): boolean =>
  honest(scope.constants).every((n) => scope.now.node[n].life !== "up" || !scope.now.node[n].hasSigned || serves(scope, n));

export const proofSpec = cluster.spec({
  init: ({ constants: c }) => ({
    node: mapOf(honest(c), () => ({ life: "up", isCached: false, row: "absent", hasSigned: false })),
    hasProof: false,
    processCrashesLeft: c.processCrashes,
    machineCrashesLeft: c.machineCrashes,
  }),
  actions: { Store, Sign, WriteBack, FormProof, ProcessCrash, MachineCrash, Restart, Refetch },
  invariants: { ProofIsServed, ProofIsKept, SignedIsServed },
  witnesses: {
    AProofIsFormed: ({ now }) => now.hasProof,
    EveryNodeServes: (scope) => scope.now.hasProof && honest(scope.constants).every((n) => serves(scope, n)),
  },
  lanes: {
    actor: (action, { n }) => (typeof n === "string" && !action.endsWith("Crash") ? `Node ${n}` : action === "FormProof" ? "Author" : ""),
    stores: {
      Caches: (scope) => listed(honest(scope.constants), (n) => scope.now.node[n].isCached),
      "Page caches": ({ now, constants }) => listed(honest(constants), (n) => now.node[n].row === "page cache"),
      Disks: ({ now, constants }) => listed(honest(constants), (n) => now.node[n].row === "disk"),
      Signatures: ({ now, constants }) => `${listed(honest(constants), (n) => now.node[n].hasSigned)}${now.hasProof ? " proof" : ""}`,
    },
  },
});
