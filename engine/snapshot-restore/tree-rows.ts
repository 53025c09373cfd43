/**
 * The tree of a space on disk: a row per node under its path, so that a parent sorts before its children, left before right.
 * Nodes are written in the order in which they freeze, so a node on disk has everything on its left and below it on disk: the row
 * that sorts last is the rightmost leaf, and whatever is missing on the left of a path is an empty subtree. The root record is
 * written last of all; it says that the tree is finished.
 */
import { z } from "zod";
import { decode, encode } from "../codec.ts";
import type { Table, Write } from "../ports.ts";
import { UnopenableError } from "./errors.ts";
import { Frontier } from "./merkle/frontier.ts";
import type { FrozenNode } from "./merkle/frontier.ts";
import { bitsOf, hashBits, hashOfNode, hashSchema, isLeaf, nodeSchema } from "./merkle/hash.ts";
import type { Hash, Node } from "./merkle/hash.ts";
import { RowOwner, endOf, rowsOf } from "./rows.ts";
import type { Manifest } from "./snapshot.ts";

const rootSchema = z.strictObject({ root: hashSchema });

export class TreeRows {
  private readonly nodes: string;
  private readonly rootRow: string;
  private readonly owner: RowOwner;

  constructor(
    private readonly table: Table,
    manifest: Manifest,
  ) {
    const rows = rowsOf("tree", manifest.space);
    this.nodes = `${rows}node/`;
    this.rootRow = `${rows}root`;
    this.owner = new RowOwner(table, "tree", manifest);
  }

  /** Throws OtherSnapshotError. */
  checkOwner(): Promise<void> {
    return this.owner.check();
  }

  async root(): Promise<Hash | undefined> {
    const bytes = await this.table.get(this.rootRow);
    return bytes === undefined ? undefined : decode(rootSchema, bytes, `row ${this.rootRow}`).root;
  }

  async rightmostLeaf(): Promise<Hash | undefined> {
    for await (const [row, bytes] of this.table.entries({ from: this.nodes, to: endOf(this.nodes), reverse: true, limit: 1 })) {
      const node = decode(nodeSchema, bytes, `row ${row}`);
      if (!isLeaf(node)) throw new UnopenableError(`row ${row} sorts last in the tree, but is no leaf`);
      return node.keyHash;
    }
    return undefined;
  }

  /** The tree as it was when the leaf of this key hash had been added; undefined when it is not on disk. */
  async frontierAt(keyHash: Hash): Promise<Frontier | undefined> {
    const bits = bitsOf(keyHash);
    const left: [number, Hash][] = [];
    for (let depth = 0; depth <= hashBits; depth += 1) {
      const node = await this.node(bits.slice(0, depth));
      if (node !== undefined && isLeaf(node)) return node.keyHash === keyHash ? Frontier.of({ last: node, left }) : undefined;
      if (bits[depth] !== "1") continue;
      const sibling = await this.node(`${bits.slice(0, depth)}0`);
      if (sibling !== undefined) left.push([depth, hashOfNode(sibling)]);
    }
    return undefined;
  }

  /** Atomic and synced. */
  async writeNodes(frozen: readonly FrozenNode[]): Promise<void> {
    const puts = frozen.map(({ path, node }): Write => ({ put: this.nodes + path, value: encode(node) }));
    await this.table.write([this.owner.claim(), ...puts], { sync: true });
  }

  async writeRoot(root: Hash): Promise<void> {
    await this.table.write([this.owner.claim(), { put: this.rootRow, value: encode({ root }) }], { sync: true });
  }

  private async node(path: string): Promise<Node | undefined> {
    const bytes = await this.table.get(this.nodes + path);
    return bytes === undefined ? undefined : decode(nodeSchema, bytes, `row ${this.nodes}${path}`);
  }
}
