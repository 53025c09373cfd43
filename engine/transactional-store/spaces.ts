/**
 * The whole store as spaces: named, ordered sets of pairs (key, bytes). `meta` has the counters, `clients` the table of
 * clients, `branch/NAME` the internal keys of a branch, each value behind its version (8 bytes, little-endian). Two
 * stores that executed the same transactions have the same spaces, byte for byte. Checkpoints, exports and imports
 * are made of this. History (older versions, tombstones) is left out.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import { StoreError } from "./errors.ts";
import { branchesBranch, isName, mainBranch, parseKey } from "./keys.ts";
import { ClientEntry, StoreState, newBranch } from "./state.ts";
import type { Branch, Position } from "./state.ts";
import { readAt } from "./version-chain.ts";
import type { Entry } from "./version-chain.ts";

export type Pair = readonly [key: string, value: Uint8Array];
export interface Space {
  readonly name: string;
  readonly pairs: Iterable<Pair> | AsyncIterable<Pair>;
}

const natural = z.number().int().nonnegative();
const Meta = z.strictObject({ version: natural, position: natural, index: natural });
const metaKey = "counters";
const branchPrefix = "branch/";
export const branchSpaceName = (branch: string): string => `${branchPrefix}${branch}`;

export const encodeVersioned = (version: number, value: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(8 + value.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(version), true);
  bytes.set(value, 8);
  return bytes;
};
/** Throws StoreError. */
export const decodeVersioned = (bytes: Uint8Array, what: string): { readonly version: number; readonly value: Uint8Array } => {
  if (bytes.length < 8) throw new StoreError(`${what} has ${bytes.length} bytes; a version and a value have at least 8`);
  const version = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (!Number.isSafeInteger(version) || version === 0) throw new StoreError(`${what} has the impossible version ${version}`);
  return { version, value: bytes.slice(8) };
};

/** In order, the keys that have a value at the version. The branch may be changed during the walk if the snapshot is kept open. */
export function* branchKeys(branch: Branch, version: number): Generator<readonly [string, Entry]> {
  for (const [key, chain] of branch.chains.entries()) {
    const entry = readAt(chain, version);
    if (entry?.value !== undefined) yield [key, entry];
  }
}

export function* branchPairs(branch: Branch, version: number): Generator<Pair> {
  for (const [key, entry] of branchKeys(branch, version))
    if (entry.value !== undefined) yield [key, encodeVersioned(entry.version, entry.value)];
}

/** A copy of all but the branches, which are walked later at `version`. */
export const spacesOf = (state: StoreState, version: number, executed: Position = state.executed): readonly Space[] => {
  const clients = [...state.clients].sort(([a], [b]) => (a < b ? -1 : 1)).map(([client, entry]): Pair => [client, encode(entry)]);
  const branches = [...state.branches].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    { name: "meta", pairs: [[metaKey, encode({ version, position: executed.position, index: executed.index })]] },
    { name: "clients", pairs: clients },
    ...branches.map(([name, branch]) => ({ name: branchSpaceName(name), pairs: branchPairs(branch, version) })),
  ];
};

/** Pairs of one branch as they were exported. Throws StoreError for what cannot be a pair of a branch. */
export const loadPair = (branch: Branch, [key, bytes]: Pair, highest: number, what: string): void => {
  if (parseKey(key) === undefined) throw new StoreError(`${what} has the key ${JSON.stringify(key)}, which is none of a branch`);
  const { version, value } = decodeVersioned(bytes, `${what}, key ${JSON.stringify(key)},`);
  if (version > highest) throw new StoreError(`${what} has version ${version}, the store's is ${highest}`);
  branch.chains.set(key, [{ version, value }]);
};

/** Collects spaces, in any order and in pieces, into a state. */
export class StateLoader {
  readonly #state = StoreState.initial();
  #meta: z.infer<typeof Meta> | undefined;
  readonly #clients = new Map<string, ClientEntry>();
  readonly #named = new Set<string>([branchesBranch, mainBranch]);

  add(space: string, pair: Pair): void {
    if (space === "meta") {
      if (pair[0] !== metaKey) throw new StoreError(`the space meta has the unknown key ${JSON.stringify(pair[0])}`);
      this.#meta = decode(Meta, pair[1], "the counters of the space meta");
    } else if (space === "clients") this.#clients.set(pair[0], decode(ClientEntry, pair[1], `the entry of client ${pair[0]}`));
    else loadPair(this.declare(space), pair, Number.MAX_SAFE_INTEGER, `the space ${space}`);
  }

  /** The branch of a space, also if it has no pairs. */
  declare(space: string): Branch {
    const name = space.slice(branchPrefix.length);
    if (!space.startsWith(branchPrefix) || (name !== branchesBranch && !isName(name)))
      throw new StoreError(`there is no space ${JSON.stringify(space)}: they are meta, clients and ${branchPrefix}NAME`);
    this.#named.add(name);
    const branch = this.#state.branches.get(name) ?? newBranch();
    this.#state.branches.set(name, branch);
    return branch;
  }

  /** Throws StoreError if something is missing. */
  finish(): StoreState {
    const meta = this.#meta;
    if (meta === undefined) throw new StoreError("the space meta is missing");
    for (const [name, { chains }] of this.#state.branches)
      for (const [key, chain] of chains.entries())
        if ((chain[0]?.version ?? 0) > meta.version)
          throw new StoreError(
            `branch ${name} has the key ${JSON.stringify(key)} at version ${chain[0]?.version ?? 0}, the store's is ${meta.version}`,
          );
    for (const [key] of this.#state.branches.get(branchesBranch)?.chains.entries() ?? []) this.declare(branchSpaceName(key.slice(1)));
    this.#state.loadClients(this.#clients);
    this.#state.managerVersion = meta.version;
    this.#state.executed = { position: meta.position, index: meta.index };
    return this.#state;
  }
}

export const loadSpaces = async (spaces: Iterable<Space> | AsyncIterable<Space>): Promise<StoreState> => {
  const loader = new StateLoader();
  for await (const space of spaces) {
    if (space.name.startsWith(branchPrefix)) loader.declare(space.name);
    for await (const pair of space.pairs) loader.add(space.name, pair);
  }
  return loader.finish();
};
