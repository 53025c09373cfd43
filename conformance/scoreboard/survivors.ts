/**
 * Mutants that no test is to kill, and why: they change nothing that anyone could observe, or only how soon or how cheaply
 * something happens. A survivor that is not here makes `npm run scoreboard -- --check` fail.
 */
export interface ExplainedPlace {
  /** The line in which the mutations begin, without its indentation. */
  readonly line: string;
  readonly mutations: readonly string[];
  readonly reason: string;
}
/** By module. */
export type ExplainedSurvivors = Readonly<Record<string, readonly ExplainedPlace[]>>;

const counted = "equal: the guard before it has counted the DoViewChanges, so that there is one";
const different = "equal: the two are different here";

const noPause = "equal but for a turn of the event loop: where nothing is held there is nothing to wait for";
const awaits = (name: string): ExplainedPlace => {
  return { line: `if (${name}) await ${name};`, mutations: [`${name} => true`], reason: noPause };
};

export const explainedSurvivors: ExplainedSurvivors = {
  "engine/replication/view-change.ts": [
    {
      line: "if (a.lastNormalVn !== b.lastNormalVn) return a.lastNormalVn > b.lastNormalVn;",
      mutations: ["a.lastNormalVn > b.lastNormalVn => a.lastNormalVn >= b.lastNormalVn"],
      reason: different,
    },
    {
      line: "if (a.opNumber !== b.opNumber) return a.opNumber > b.opNumber;",
      mutations: ["a.opNumber > b.opNumber => a.opNumber >= b.opNumber"],
      reason: different,
    },
    {
      line: "return first === undefined ? undefined : others.reduce((a, b) => (outranks(b, a) ? b : a), first);",
      mutations: ["first === undefined => false"],
      reason: "equal: without a first there are no others, and the reduction returns its start, undefined",
    },
    {
      line: "return message !== undefined && holds(scope, message);",
      mutations: ["message !== undefined => true"],
      reason: counted,
    },
    {
      line: 'if (message === undefined) throw new Error("SendSV without a DoViewChange"); // A guard has counted them.',
      mutations: ["message === undefined => false"],
      reason: counted,
    },
    {
      line: 'senderDoesNotAwaitState: (_, { message }) => !(message.type === "CommitOk" && message.status === "StateTransfer"),',
      mutations: ['message.type === "CommitOk" => true'],
      reason: "equal: no other message has a status",
    },
    {
      line: 'leavesHole: (scope) => !SendSV.guards["leavesNoHole"]?.(scope, {}),',
      mutations: ['SendSV.guards["leavesNoHole"]?.(scope, {}) => SendSV.guards["leavesNoHole"](scope, {})'],
      reason: "equal: the table of SendSV has that guard",
    },
    {
      line: "if (message !== undefined) scope.self.snapshotWanted = { peer: message.source, opNumber: message.logStart - 1 };",
      mutations: ["message !== undefined => true"],
      reason: counted,
    },
  ],
  "engine/batch-store/persist.ts": [
    awaits("pause"),
    awaits("takes"),
    awaits("inserts"),
    {
      line: 'const pause = this.state.reached("Send", { to: author, digests: signatures.map(({ digest }) => digest) });',
      mutations: ["({ digest }) => digest => () => undefined"],
      reason: "what a driver is told of the step that it may hold; nothing that the engine does",
    },
    {
      line: 'transactions: share.mode === "memory" ? batch.transactions : undefined,',
      mutations: ['share.mode === "memory" => true'],
      reason: "more memory only: what is not kept is read from its row, and is the same",
    },
  ],
  "engine/batch-store/collector.ts": [awaits("pause"), awaits("expires"), awaits("frees"), awaits("lists")],
  "engine/snapshot-restore/restore.ts": [awaits("pause")],
  "engine/snapshot-restore/tree-side.ts": [awaits("pause")],
  "engine/transactional-store/commit-protocol.ts": [awaits("pause")],
  "engine/transactional-store/recovery.ts": [awaits("pause")],
  "engine/transactional-store/version-collector.ts": [awaits("pause")],
  "engine/transactional-store/write-ahead-log.ts": [awaits("pause")],
};
