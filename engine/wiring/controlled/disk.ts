/**
 * A disk in memory. Operations are carried out at once, or held until they are completed or failed; at any moment it tells
 * what a crash could leave. Operations on the same file are carried out in the order of the calls, as on the real disk.
 */
import type { Disk } from "../../ports.ts";
import { checkFileName, checkLength, checkRange, systemError } from "../arguments.ts";
import { type ArmedFailure, Calls, type Failure, type Held } from "./calls.ts";
import {
  type CallInFlight,
  type Crash,
  crashImages,
  type CrashKind,
  type CrashOptions,
  type DiskImage,
  imageKeeping,
  type UnsyncedOperation,
  unsyncedOperations,
} from "./crash-images.ts";
import { StoredFiles } from "./stored-files.ts";

export type DiskCall =
  | { readonly kind: "list" }
  | { readonly kind: "read"; readonly file: string; readonly offset: number; readonly length: number }
  | { readonly kind: "size"; readonly file: string }
  | { readonly kind: "append"; readonly file: string; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly file: string; readonly length: number }
  | { readonly kind: "rename"; readonly file: string; readonly to: string }
  | { readonly kind: "remove"; readonly file: string }
  | { readonly kind: "sync"; readonly file: string }
  | { readonly kind: "syncDirectory" };

export const isRead = (call: DiskCall): boolean => call.kind === "list" || call.kind === "read" || call.kind === "size";

export class ControlledDisk implements Disk {
  private readonly files: StoredFiles;
  private readonly calls = new Calls<DiskCall>();
  private readonly watchers: ((call: DiskCall) => void)[] = [];

  /** Empty, or what a crash has left: all of that is durable. */
  constructor(image: DiskImage = { files: new Map() }) {
    this.files = StoredFiles.of(image.files);
  }

  get activity(): number {
    return this.calls.activity;
  }

  /** From now on, calls for which `isHeld` is true wait for `complete` or `fail`: by default all but reads. */
  hold(isHeld: (call: DiskCall) => boolean = (call) => !isRead(call)): void {
    this.calls.hold(isHeld);
  }

  /** From now on every call is carried out at once, as at the beginning; what is held is carried out now. */
  releaseAll(): void {
    this.calls.releaseAll();
  }

  pending(): readonly Held<DiskCall>[] {
    return this.calls.pending();
  }

  complete(id: number): void {
    this.calls.complete(id);
  }

  /** An append that fails has written the first `writtenBytes`; any other operation that fails has done nothing. */
  fail(id: number, code: string, failure: Omit<Failure, "code"> = {}): void {
    this.calls.fail(id, { ...failure, code });
  }

  arm(failure: ArmedFailure<DiskCall>): void {
    this.calls.arm(failure);
  }

  /** Is told of each call that changes something, before it is carried out: the places for a crash. */
  watch(watcher: (call: DiskCall) => void): void {
    this.watchers.push(watcher);
  }

  /** What a crash at this moment could leave. The disk itself goes on: follow with `halt` if the crash is to happen. */
  crash(kind: CrashKind, options: CrashOptions = {}): Crash {
    return crashImages(this.files, this.calls.inFlight().flatMap(callInFlight), kind, options);
  }

  /** What a crash of the machine could take from the files, oldest first. */
  unsynced(): readonly UnsyncedOperation[] {
    return unsyncedOperations(this.files);
  }

  /** What one particular crash of the machine leaves: what was synced, and the operations that are kept. Calls in flight are lost. */
  crashKeeping(isKept: (operation: UnsyncedOperation) => boolean): DiskImage {
    return imageKeeping(this.files, isKept);
  }

  /** The process that used the disk is gone: none of its calls is answered any more. */
  halt(): void {
    this.calls.halt();
  }

  /** The files as they can be read now. */
  image(): DiskImage {
    return { files: new Map([...this.files.names].map(([name, file]) => [name, file.current.bytes()])) };
  }

  /** Flips the bits of `mask` in one byte, synced or not. */
  corrupt(file: string, offset: number, mask = 0xff): void {
    this.files.corrupt(file, offset, mask);
  }

  list(): Promise<readonly string[]> {
    return this.submit({ kind: "list" }, () => [...this.files.names.keys()].sort());
  }

  read(file: string, offset = 0, length = Infinity): Promise<Uint8Array> {
    return this.submit({ kind: "read", file, offset, length }, () => this.files.find(file, "read").current.bytes(offset, offset + length));
  }

  size(file: string): Promise<number> {
    return this.submit({ kind: "size", file }, () => this.files.find(file, "size").current.length);
  }

  append(file: string, bytes: Uint8Array): Promise<void> {
    const copy = new Uint8Array(bytes);
    return this.submit({ kind: "append", file, bytes: copy }, () => this.files.append(file, copy));
  }

  truncate(file: string, length: number): Promise<void> {
    return this.submit({ kind: "truncate", file, length }, () => this.files.truncate(file, length));
  }

  rename(from: string, to: string): Promise<void> {
    return this.submit({ kind: "rename", file: from, to }, () => this.files.rename(from, to));
  }

  remove(file: string): Promise<void> {
    return this.submit({ kind: "remove", file }, () => this.files.remove(file));
  }

  sync(file: string): Promise<void> {
    return this.submit({ kind: "sync", file }, () => this.files.sync(file));
  }

  syncDirectory(): Promise<void> {
    return this.submit({ kind: "syncDirectory" }, () => this.files.syncDirectory());
  }

  private submit<T>(call: DiskCall, carryOut: () => T): Promise<T> {
    return this.calls.submit(call, touchedBy(call), (failure) => {
      checkArguments(call);
      if (!isRead(call)) for (const watcher of this.watchers) watcher(call);
      if (failure !== undefined) {
        this.leaveTraceOf(failure, call);
        throw systemError(failure.code, `${call.kind} fails${"file" in call ? ` on '${call.file}'` : ""}`);
      }
      return carryOut();
    });
  }

  private leaveTraceOf(failure: Failure, call: DiskCall): void {
    if (call.kind === "append" && (failure.writtenBytes ?? 0) > 0)
      this.files.append(call.file, call.bytes.subarray(0, failure.writtenBytes));
    if (call.kind === "sync" && failure.pagesMarkedClean === true) this.files.forget(call.file);
  }
}

const touchedBy = (call: DiskCall): readonly string[] => {
  if (call.kind === "rename") return [call.file, call.to];
  return "file" in call ? [call.file] : [];
};

const checkArguments = (call: DiskCall): void => {
  for (const name of touchedBy(call)) checkFileName(name);
  if (call.kind === "truncate") checkLength(call.length);
  if (call.kind === "read") checkRange(call.offset, call.length);
};

/** Reads and syncs in flight leave nothing that a crash without them could not. */
const callInFlight = (call: DiskCall): readonly CallInFlight[] => {
  const touches = touchedBy(call);
  const one = (carryOut: CallInFlight["carryOut"]): readonly CallInFlight[] => [{ touches, carryOut: ifPossible(carryOut) }];
  switch (call.kind) {
    case "append": {
      const carryOut = (files: StoredFiles, writtenBytes?: number): void => files.append(call.file, call.bytes.subarray(0, writtenBytes));
      return [{ touches, appendBytes: call.bytes.length, carryOut }];
    }
    case "truncate":
      return one((files) => files.truncate(call.file, call.length));
    case "rename":
      return one((files) => files.rename(call.file, call.to));
    case "remove":
      return one((files) => files.remove(call.file));
    case "list":
    case "read":
    case "size":
    case "sync":
    case "syncDirectory":
      return [];
  }
};

/** A call that would be refused, for want of its file, changes nothing. */
const ifPossible =
  (carryOut: CallInFlight["carryOut"]): CallInFlight["carryOut"] =>
  (files, writtenBytes) => {
    try {
      carryOut(files, writtenBytes);
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  };
