/**
 * Recovery: the newest checkpoint that can be used, and the records of the segments from its mark on. A torn tail is
 * cut off, and what was read is synced, before anything of it is served. Damage is an error that names file and place
 * (`segment.ts`); the store never starts with less than the disk promises, and never empty where there were files.
 */
import type { Disk, Logger, Steps } from "../ports.ts";
import { checkpointIndex, checkpointName, readCheckpoint, temporaryName } from "./checkpoint-file.ts";
import { CorruptionError, RecoveryError, messageOf } from "./errors.ts";
import { encodeHeader, formatVersion, readHeader, readRecords, segmentIndex, segmentName } from "./segment.ts";
import type { SegmentHeader } from "./segment.ts";
import { StoreState } from "./state.ts";
import type { LogEnd } from "./write-ahead-log.ts";

export interface RecoveryPorts {
  readonly disk: Disk;
  readonly steps: Steps;
  readonly logger: Logger;
}

export interface Recovered {
  readonly state: StoreState;
  readonly end: LogEnd;
  /** Number of the checkpoint that it began with; 0 if with none. */
  readonly checkpoint: number;
}

interface Base {
  readonly state: StoreState;
  readonly index: number;
  readonly storeId: string | undefined;
  readonly startsLog: boolean;
}

interface Segment {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly header: SegmentHeader;
  readonly start: number;
}

const firstSegment = 1;

export class Recovery {
  constructor(
    protected readonly ports: RecoveryPorts,
    /** The id for a store that does not exist yet. */
    protected readonly newStoreId: () => string,
  ) {}

  /** Throws RecoveryError, CorruptionError or DecodeError. It may be called again after it has failed, or was cut short by a crash. */
  async recover(): Promise<Recovered> {
    await this.pause("StartRecovery");
    const files = await this.ports.disk.list();
    if (files.includes(temporaryName)) await this.ports.disk.remove(temporaryName);
    const checkpoints = numbers(files, checkpointIndex).reverse();
    const indices = numbers(files, segmentIndex);
    const base = await this.chooseBase(checkpoints, indices);
    const segments = await this.readSegments(base, indices);
    if (segments.length === 0) return this.begin(base);
    const bytes = await this.replayAll(base, segments);
    const last = segments.at(-1);
    if (last === undefined) throw new RecoveryError("there is no segment"); // Not reached: there is at least one.
    await this.pause("Open");
    const { state } = base;
    const end = {
      storeId: last.header.storeId,
      index: last.index,
      bytes,
      version: Math.max(state.managerVersion, last.header.baseVersion),
    };
    return { state, end, checkpoint: base.index === firstSegment ? 0 : base.index };
  }

  /** The newest checkpoint that can be read and has its segments; without any, the beginning of the log. */
  protected async chooseBase(checkpoints: readonly number[], indices: readonly number[]): Promise<Base> {
    const reasons: string[] = [];
    for (const index of checkpoints) {
      const file = checkpointName(index);
      const hasSegment = indices.includes(index);
      try {
        const { header, state } = await readCheckpoint(this.ports.disk, file);
        if (hasSegment || header.startsLog) return { state, index, storeId: header.storeId, startsLog: header.startsLog };
      } catch (error) {
        reasons.push(messageOf(error));
      }
      // It got its name when its segment was on disk: an older one would hide that the commits in that segment are lost.
      if (!hasSegment) throw unrecoverable([...reasons, `${file} needs ${segmentName(index)}, which is not there`]);
      this.ports.logger.log("warn", "checkpoint not usable", { file, reason: reasons.at(-1) });
    }
    if (indices.length === 0 || indices.includes(firstSegment))
      return { state: StoreState.initial(), index: firstSegment, storeId: undefined, startsLog: true };
    throw unrecoverable([...reasons, `the log does not begin with ${segmentName(firstSegment)}`]);
  }

  /** From the base on, all there are. A last one whose header was never synced is removed; nothing needs it. */
  protected async readSegments(base: Base, indices: readonly number[]): Promise<readonly Segment[]> {
    const wanted = indices.filter((i) => i >= base.index);
    const segments: Segment[] = [];
    for (const [place, index] of wanted.entries()) {
      const file = segmentName(index);
      if (index !== base.index + place)
        throw new RecoveryError(`${segmentName(base.index + place)} is missing: ${file} is there, which follows it`);
      const bytes = await this.ports.disk.read(file);
      const read = readHeader(bytes, file, place === wanted.length - 1);
      if (read === undefined) {
        if (place === 0 && !base.startsLog)
          throw new CorruptionError(file, 0, `its header cannot be read, and ${checkpointName(base.index)} needs it`);
        await this.dropSegment(file);
        continue;
      }
      segments.push({ index, bytes, header: read.header, start: read.end });
      this.checkHeader(base, segments, read.header, file);
    }
    return segments;
  }

  protected checkHeader(base: Base, segments: readonly Segment[], header: SegmentHeader, file: string): void {
    const expected = base.storeId ?? segments[0]?.header.storeId;
    if (header.storeId !== expected) throw new RecoveryError(`${file} belongs to the store ${header.storeId}, not to ${expected ?? ""}`);
    if (!header.continues && !(header.index === base.index && base.startsLog))
      throw new RecoveryError(`${file} follows the checkpoint ${checkpointName(header.index)}, which cannot be read`);
  }

  protected async dropSegment(file: string): Promise<void> {
    await this.pause("DropSegment", { file });
    await this.ports.disk.remove(file);
    await this.ports.disk.syncDirectory();
  }

  /** Cuts the torn tail, syncs, replays. Returns the length of the last segment. */
  protected async replayAll({ state }: Base, segments: readonly Segment[]): Promise<number> {
    const contents = segments.map((s, i) => readRecords(s.bytes, segmentName(s.index), s.header, s.start, i === segments.length - 1));
    const [last, tail] = [segments.at(-1), contents.at(-1)];
    if (last === undefined || tail === undefined) return 0;
    await this.cutTail(segmentName(last.index), last.bytes.length, tail.end);
    await this.syncRecovered(segmentName(last.index));
    let version = state.managerVersion;
    for (const [i, { header }] of segments.entries()) {
      if (header.baseVersion !== version)
        throw new CorruptionError(
          segmentName(header.index),
          0,
          `it begins after version ${header.baseVersion}, the log before it ends with ${version}`,
        );
      for (const record of contents[i]?.records ?? []) {
        await this.pause("ReplayRecord", { version: record.version, position: record.position });
        state.replay(record);
        version = Math.max(version, record.version);
      }
    }
    return tail.end;
  }

  protected async cutTail(file: string, length: number, end: number): Promise<void> {
    if (end === length) return;
    await this.pause("CutTail", { file, end });
    this.ports.logger.log("warn", "torn tail cut off", { file, offset: end, bytes: length - end });
    await this.ports.disk.truncate(file, end);
  }

  /** What a crash of the machine could still take must not be served. */
  protected async syncRecovered(file: string): Promise<void> {
    await this.pause("SyncRecovered", { file });
    await this.ports.disk.sync(file);
    await this.ports.disk.syncDirectory();
  }

  /** The first segment of a new store, or of one whose log begins anew with a checkpoint. */
  protected async begin({ state, index, storeId = this.newStoreId() }: Base): Promise<Recovered> {
    const header = encodeHeader({ format: formatVersion, storeId, index, baseVersion: state.managerVersion, continues: false });
    await this.ports.disk.append(segmentName(index), header);
    await this.syncRecovered(segmentName(index));
    await this.pause("Open");
    const end = { storeId, index, bytes: header.length, version: state.managerVersion };
    return { state, end, checkpoint: index === firstSegment ? 0 : index };
  }

  protected async pause(step: string, args: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const pause = this.ports.steps.reached(step, args);
    if (pause) await pause;
  }
}

const unrecoverable = (reasons: readonly string[]): RecoveryError =>
  new RecoveryError(`the store cannot be recovered: ${reasons.join("; ")}`);

const numbers = (files: readonly string[], indexOf: (file: string) => number | undefined): number[] =>
  files.flatMap((file) => indexOf(file) ?? []).sort((a, b) => a - b);
