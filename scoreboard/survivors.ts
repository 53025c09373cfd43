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
const oneSegment = "equal: recovery has returned already where there is no segment, and every segment has its content";
const different = "equal: the two are different here";

const noPause = "equal but for a turn of the event loop: where nothing is held there is nothing to wait for";
const awaits = (name: string): ExplainedPlace => {
  return { line: `if (${name}) await ${name};`, mutations: [`${name} => true`], reason: noPause };
};
/** Some of the steps that are held nowhere in these tests. */
const notHeld = (name: string): ExplainedPlace => {
  return {
    line: `if (${name}) await ${name};`,
    mutations: [`${name} => false`],
    reason: "production has nothing to wait for; a driver that holds this step is in the exhaustive tours only",
  };
};
const undefinedIsNotGreater = "equal: undefined is not greater than anything";
const provenBefore = "a second look, against faults of this code and of the disk: the proof of the last chunk has led to this root";
const observedOnly = "what is shown between two steps of a side that this mode does not have; nothing that it does";
const worseMessage = "the tree on disk contradicts itself: it is refused by a TypeError, with a worse message";
const dearer = "speed and memory only: a signature that is not remembered is verified again";
const branchThere = "equal: validation has found the branch in the same state, and branches are not deleted";
const neverEmpty = "equal: no chain is empty: the collector deletes one of which nothing is left";

export const explainedSurvivors: ExplainedSurvivors = {
  "engine/replication/group.ts": [
    {
      line: "if (!(replicas % 2 === 1 && replicas < 100)) throw new RangeError(`a group has an odd number of replicas below 100, not ${replicas}`);",
      mutations: ["replicas < 100 => replicas <= 100"],
      reason: "equal: 100 is not odd",
    },
  ],
  "engine/replication/log.ts": [
    {
      line: "while (same < fresh.length && equalBytes(this.#operations[kept + same], fresh[same])) same += 1;",
      mutations: ["same < fresh.length => true", "same < fresh.length => same <= fresh.length"],
      reason: "equal: beyond the end there are no bytes, which are equal to none",
    },
    {
      line: "b !== undefined && a?.length === b.length && a.every((byte, i) => byte === b[i]);",
      mutations: ["b !== undefined => true"],
      reason: "equal: it is only asked of ops that there are",
    },
  ],
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
  "engine/batch-store/collector.ts": [
    awaits("pause"),
    notHeld("pause"),
    awaits("expires"),
    awaits("frees"),
    awaits("lists"),
    {
      line: 'const transactions = share.mode === "memory" ? batch.transactions : undefined;',
      mutations: [
        'share.mode === "memory" => true',
        'share.mode === "memory" => false',
        'share.mode === "memory" => share.mode !== "memory"',
      ],
      reason: "memory and speed only: what is not kept is read from its row, and is the same",
    },
    {
      line: "this.deletion = this.deletion.catch((error: unknown) => {",
      mutations: ['{ this.state.ports.logger.log("warn", "old rows not deleted", { error: error instanceof Error ? err… => {}'],
      reason: "a line in the log; a start deletes what is left",
    },
  ],
  "engine/batch-store/proof.ts": [
    { line: "if (this.good.has(name)) return true;", mutations: ["this.good.has(name) => false"], reason: dearer },
    { line: "if (isGood) this.remember(name);", mutations: ["isGood => false"], reason: dearer },
    {
      line: "private remember(name: string): void {",
      mutations: ["{ if (this.good.size >= mostRemembered) this.good.clear(); this.good.add(name); } => {}"],
      reason: dearer,
    },
    {
      line: "if (this.good.size >= mostRemembered) this.good.clear();",
      mutations: [
        "this.good.size >= mostRemembered => true",
        "this.good.size >= mostRemembered => false",
        "this.good.size >= mostRemembered => this.good.size > mostRemembered",
        "this.good.size >= mostRemembered => this.good.size < mostRemembered",
      ],
      reason: dearer,
    },
  ],
  "engine/snapshot-restore/kv-side.ts": [
    {
      line: "return hash === undefined || this.has(hash) ? [] : [[hash, pair] as const];",
      mutations: [
        '[] => ["Stryker was here"]',
        "hash === undefined || this.has(hash) => false",
        "hash === undefined || this.has(hash) => hash === undefined && this.has(hash)",
        "hash === undefined => false",
      ],
      reason: "equal: every pair has its leaf, and the progress is the end of a chunk, so that a chunk is all new or is skipped",
    },
    {
      line: "return this.progress !== undefined && this.progress >= hash;",
      mutations: ["this.progress !== undefined => true"],
      reason: undefinedIsNotGreater,
    },
    {
      line: "const hash = chunk.leaves[i]?.keyHash;",
      mutations: ["chunk.leaves[i]?.keyHash => chunk.leaves[i].keyHash"],
      reason: "equal: every pair has its leaf",
    },
    {
      line: "if (this.atProgress.root() !== root) {",
      mutations: [
        "this.atProgress.root() !== root => false",
        "{ throw new BadManifestError( `the pairs of ${space} have root ${this.atProgress.root()}, not ${roo… => {}",
      ],
      reason: provenBefore,
    },
  ],
  "engine/snapshot-restore/restore.ts": [
    awaits("pause"),
    {
      line: "if (this.hasTree && this.tree.root() !== this.manifest.root) {",
      mutations: [
        "this.hasTree && this.tree.root() !== this.manifest.root => false",
        "{ throw new BadManifestError( `the tree of ${this.manifest.space} has root ${this.tree.root()}, not… => {}",
      ],
      reason: provenBefore,
    },
    {
      line: "return { passed, pass: (frontier) => pass?.(frontier), refuse: (error) => refuse?.(error) };",
      mutations: ["refuse?.(error) => refuse(error)", "pass?.(frontier) => pass(frontier)"],
      reason: "equal: the function of a new promise is called at once",
    },
    {
      line: "const shardOf = (hash: Hash): number => parseInt(`0${bitsOf(hash.slice(0, 2)).slice(0, shardBits)}`, 2);",
      mutations: ["hash.slice(0, 2) => hash"],
      reason: "equal, and slower: no more than the first eight bits are looked at",
    },
    { line: "return kv < tree ? kv : tree;", mutations: ["kv < tree => kv <= tree"], reason: "equal: then the two are the same" },
    {
      line: "if (kv === undefined || tree === undefined) return undefined;",
      mutations: ["tree === undefined => false"],
      reason: undefinedIsNotGreater,
    },
    {
      line: 'if (this.hasKv) this.kv.pc = "start";',
      mutations: ["this.hasKv => true"],
      reason: observedOnly,
    },
    { line: "if (this.hasTree) this.tree.begin();", mutations: ["this.hasTree => true"], reason: observedOnly },
    {
      line: "if (this.hasTree) return;",
      mutations: ["this.hasTree => false"],
      reason: "equal: the error is the one that the tree's thread throws, too",
    },
    {
      line: "for (const leaf of chunk.leaves) if (!this.kv.has(leaf.keyHash)) frontier.add(leaf);",
      mutations: ["!this.kv.has(leaf.keyHash) => true"],
      reason: "equal: the progress is the end of a chunk, and the chunks up to it are not asked for again",
    },
  ],
  "engine/snapshot-restore/tree-side.ts": [
    awaits("pause"),
    {
      line: "if (root !== undefined && root !== this.manifest.root) {",
      mutations: [
        "root !== undefined && root !== this.manifest.root => false",
        "{ throw new OtherSnapshotError(`the tree of ${this.manifest.space} is finished with root ${root}, n… => {}",
      ],
      reason: "a second look, against damage: the owner's row, which is checked first, names the snapshot and its root",
    },
    { line: "if (frontier === undefined)", mutations: ["frontier === undefined => false"], reason: worseMessage },
    { line: "if (whole === undefined)", mutations: ["whole === undefined => false"], reason: worseMessage },
    {
      line: "const skips = previous !== undefined && (chunk.after === undefined || previous > chunk.after);",
      mutations: ["previous !== undefined => true"],
      reason: "equal: without a leaf nothing is greater, and the tree of the first chunk begins empty either way",
    },
    {
      line: 'this.pc = previous !== undefined && previous >= chunk.last ? "done" : "hand";',
      mutations: ["previous !== undefined => true"],
      reason: undefinedIsNotGreater,
    },
    {
      line: "this.frozen.push(...this.frontier.end().filter((node) => this.handed === undefined || node.last > this.handed));",
      mutations: [
        "this.frontier.end().filter((node) => this.handed === undefined || node.last > this.handed) => this.frontier.end()",
        "this.handed === undefined || node.last > this.handed => true",
        "node.last > this.handed => node.last >= this.handed",
      ],
      reason: "a node that is on disk is written again, as it is",
    },
    {
      line: "if (this.frozen.length > 0) await this.rows.writeNodes(this.frozen);",
      mutations: ["this.frozen.length > 0 => true", "this.frozen.length > 0 => this.frozen.length >= 0"],
      reason: "a write of nothing",
    },
  ],
  "engine/transactional-store/commit-protocol.ts": [
    awaits("pause"),
    {
      line: "c.locks = [];",
      mutations: ['[] => ["Stryker was here"]'],
      reason: "equal: that is no name of a branch, so that nobody holds or awaits the lock that is let go a second time, and it is deleted",
    },
    {
      line: "const newest = this.core.state.branch(branch)?.chains.get(collectionKey(collection))?.[0]?.value;",
      mutations: ["this.core.state.branch(branch)?.chains => this.core.state.branch(branch).chains"],
      reason: branchThere,
    },
    {
      line: "const newest = this.core.state.branch(branch)?.chains.get(collectionKey(collection))?.[0]?.value;",
      mutations: [
        "this.core.state.branch(branch)?.chains.get(collectionKey(collection))?.[0]?.value => this.core.state.branch(branch)?.chains.get(collectionKey(collection))?.[0].value",
      ],
      reason: neverEmpty,
    },
    {
      line: "const stored = this.core.state.branch(branch)?.chains.get(internal)?.[0]?.value;",
      mutations: [
        "this.core.state.branch(branch)?.chains.get(internal)?.[0]?.value => this.core.state.branch(branch)?.chains.get(internal)?.[0].value",
      ],
      reason: neverEmpty,
    },
    {
      line: "const stored = this.core.state.branch(branch)?.chains.get(internal)?.[0]?.value;",
      mutations: ["this.core.state.branch(branch)?.chains => this.core.state.branch(branch).chains"],
      reason: branchThere,
    },
    {
      line: "if (opened !== undefined) vectors.rebuild(key.slice(1), opened);",
      mutations: ["opened !== undefined => true"],
      reason: "equal: the apply of the record has opened the branch",
    },
    {
      line: '} else if (parseKey(key)?.kind !== "pair") {',
      mutations: ["parseKey(key)?.kind => parseKey(key).kind"],
      reason: "equal: the keys and names of a prepared transaction were checked before, so that all of these are internal keys",
    },
    {
      line: "} catch {",
      mutations: ["{ return undefined; } => {}"],
      reason: "equal: a function that ends without a return returns undefined",
    },
    {
      line: "for (let done = 0; done < keys.length; done += keysOfBreath) {",
      mutations: ["done < keys.length => done <= keys.length"],
      reason: "equal: a last part that holds no key",
    },
    {
      line: "if (done > 0) await breath();",
      mutations: ["done > 0 => true", "done > 0 => done >= 0"],
      reason: "equal but for a turn of the event loop before the first part",
    },
    {
      line: "keys.slice(done, done + keysOfBreath).map(async (key) => {",
      mutations: ["keys.slice(done, done + keysOfBreath) => keys"],
      reason: "speed only: keys that are applied again are what they were",
    },
    {
      line: "else vectors.forget(key.slice(1));",
      mutations: ["key.slice(1) => key"],
      reason: "memory only: the indexes of a branch that is gone; those of a new one of its name are built anew",
    },
  ],
  "engine/transactional-store/recovery.ts": [
    awaits("pause"),
    {
      line: 'if (last === undefined) throw new RecoveryError("there is no segment"); // Not reached: there is at least one.',
      mutations: ["last === undefined => false"],
      reason: oneSegment,
    },
    {
      line: "if (last === undefined || tail === undefined) return 0;",
      mutations: [
        "last === undefined || tail === undefined => false",
        "last === undefined || tail === undefined => last === undefined && tail === undefined",
        "last === undefined => false",
        "tail === undefined => false",
      ],
      reason: oneSegment,
    },
    {
      line: "const expected = base.storeId ?? segments[0]?.header.storeId;",
      mutations: ["segments[0]?.header => segments[0].header"],
      reason: "equal: the segment whose header is checked is among the segments already",
    },
    {
      line: "for (const record of contents[i]?.records ?? []) {",
      mutations: ['[] => ["Stryker was here"]', "contents[i]?.records => contents[i].records"],
      reason: "equal: every segment has its content",
    },
  ],
  "engine/transactional-store/version-collector.ts": [awaits("pause")],
  "engine/transactional-store/write-ahead-log.ts": [
    awaits("pause"),
    {
      line: 'if (mode === "strict" || (mode === "batched" && this.appended - this.durable >= batchRecords)) await this.syncThrough(place);',
      mutations: ['mode === "batched" => true'],
      reason: "equal: with none nothing is appended, so that a batch is never full",
    },
  ],
};
