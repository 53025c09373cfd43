/**
 * A directory of files as the kernel has it: what can be read now, what is surely on the disk, and the operations between the
 * two. A file is known by its own object, as by an inode: names only point to it.
 */
import { systemError } from "../arguments.ts";
import { Contents } from "./contents.ts";

/** `forgotten`: a sync failed and the kernel took it for written. No later sync makes it durable. */
export type Durability = "unsynced" | "durable" | "forgotten";

/** Sets bytes from `offset` on, then the length. */
export interface DataOperation {
  readonly sequence: number;
  readonly kind: "append" | "truncate" | "corrupt";
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly lengthAfter: number | undefined;
  durability: Durability;
}

export type NameOperation = { readonly sequence: number } & (
  | { readonly kind: "create"; readonly name: string; readonly file: StoredFile }
  | { readonly kind: "rename"; readonly name: string; readonly to: string; readonly file: StoredFile }
  | { readonly kind: "remove"; readonly name: string; readonly file: StoredFile }
);

export interface StoredFile {
  readonly current: Contents;
  /** `current`, less the `operations`. */
  readonly base: Contents;
  /** In the order in which they were carried out; the first, if any, is not durable. */
  readonly operations: DataOperation[];
}

export type Names = Map<string, StoredFile>;

export const applyData = (contents: Contents, operation: DataOperation, writtenBytes = operation.bytes.length): void => {
  const { kind, offset, bytes, lengthAfter } = operation;
  if (kind === "corrupt") {
    if (offset < contents.length) contents.write(offset, bytes);
    return;
  }
  contents.setLength(Math.max(contents.length, offset));
  contents.write(offset, bytes.subarray(0, writtenBytes));
  contents.setLength(Math.max(0, (lengthAfter ?? 0) - bytes.length + writtenBytes));
};

/** Nothing happens when the name does not stand for the file of the operation, because an earlier operation was lost. */
export const applyName = (names: Names, operation: NameOperation): void => {
  if (operation.kind === "create") {
    if (!names.has(operation.name)) names.set(operation.name, operation.file);
  } else if (names.get(operation.name) === operation.file) {
    names.delete(operation.name);
    if (operation.kind === "rename") names.set(operation.to, operation.file);
  }
};

export class StoredFiles {
  private lastSequence = 0;

  constructor(
    readonly names: Names = new Map(),
    /** As at the last sync of the directory. */
    readonly durableNames: Names = new Map(names),
    readonly nameOperations: NameOperation[] = [],
  ) {}

  static of(files: ReadonlyMap<string, Uint8Array>): StoredFiles {
    const stored = [...files].map(([name, bytes]): [string, StoredFile] => [
      name,
      { current: new Contents(bytes), base: new Contents(bytes), operations: [] },
    ]);
    return new StoredFiles(new Map(stored));
  }

  /** Shares nothing that changes. */
  clone(): StoredFiles {
    const clones = new Map<StoredFile, StoredFile>();
    const cloneOf = (file: StoredFile): StoredFile => {
      const clone = clones.get(file) ?? {
        current: new Contents(file.current.bytes()),
        base: new Contents(file.base.bytes()),
        operations: file.operations.map((o) => ({ ...o })),
      };
      clones.set(file, clone);
      return clone;
    };
    const namesOf = (names: Names): Names => new Map([...names].map(([name, file]) => [name, cloneOf(file)]));
    const operations = this.nameOperations.map((o): NameOperation => ({ ...o, file: cloneOf(o.file) }));
    const copy = new StoredFiles(namesOf(this.names), namesOf(this.durableNames), operations);
    copy.lastSequence = this.lastSequence;
    return copy;
  }

  /** Throws ENOENT. */
  find(name: string, action: string): StoredFile {
    const file = this.names.get(name);
    if (file === undefined) throw systemError("ENOENT", `no such file, ${action} '${name}'`);
    return file;
  }

  append(name: string, bytes: Uint8Array): void {
    let file = this.names.get(name);
    if (file === undefined) {
      file = { current: new Contents(), base: new Contents(), operations: [] };
      this.change({ kind: "create", sequence: ++this.lastSequence, name, file });
    }
    const offset = file.current.length;
    if (bytes.length > 0) this.alter(file, "append", offset, new Uint8Array(bytes), offset + bytes.length);
  }

  truncate(name: string, length: number): void {
    const file = this.find(name, "truncate");
    if (length > file.current.length) throw systemError("EINVAL", `truncate '${name}' of ${file.current.length} bytes to ${length}`);
    if (length < file.current.length) this.alter(file, "truncate", length, new Uint8Array(0), length);
  }

  rename(name: string, to: string): void {
    const file = this.find(name, "rename");
    if (name !== to) this.change({ kind: "rename", sequence: ++this.lastSequence, name, to, file });
  }

  remove(name: string): void {
    this.change({ kind: "remove", sequence: ++this.lastSequence, name, file: this.find(name, "remove") });
  }

  sync(name: string): void {
    const file = this.find(name, "sync");
    for (const operation of file.operations) if (operation.durability === "unsynced") operation.durability = "durable";
    this.fold(file);
  }

  /** A sync has failed, and what it should have written counts as written. */
  forget(name: string): void {
    for (const operation of this.find(name, "sync").operations) if (operation.durability === "unsynced") operation.durability = "forgotten";
  }

  syncDirectory(): void {
    this.durableNames.clear();
    for (const [name, file] of this.names) this.durableNames.set(name, file);
    this.nameOperations.length = 0;
  }

  /** Flips the bits of `mask` in a byte that is on the disk, as decay does: at once durable. */
  corrupt(name: string, offset: number, mask: number): void {
    const file = this.find(name, "corrupt");
    const byte = file.current.bytes(offset, offset + 1)[0];
    if (byte === undefined) throw new RangeError(`'${name}' has ${file.current.length} bytes, none at ${offset}`);
    this.alter(file, "corrupt", offset, Uint8Array.of(byte ^ mask), undefined, "durable");
    this.fold(file);
  }

  private alter(
    file: StoredFile,
    kind: DataOperation["kind"],
    offset: number,
    bytes: Uint8Array,
    lengthAfter: number | undefined,
    durability: Durability = "unsynced",
  ): void {
    const operation = { sequence: ++this.lastSequence, kind, offset, bytes, lengthAfter, durability };
    file.operations.push(operation);
    applyData(file.current, operation);
  }

  private change(operation: NameOperation): void {
    this.nameOperations.push(operation);
    applyName(this.names, operation);
  }

  private fold(file: StoredFile): void {
    const durable = file.operations.findIndex((o) => o.durability !== "durable");
    for (const operation of file.operations.splice(0, durable < 0 ? file.operations.length : durable)) applyData(file.base, operation);
  }
}
