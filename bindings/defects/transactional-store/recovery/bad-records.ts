/** Recoveries that take bad records otherwise than the engine does: what they cut off, and where they stop to read. */
import { frameAt, recordOf, seedOf } from "../../../../engine/transactional-store/record.ts";
import type { WalRecord } from "../../../../engine/transactional-store/record.ts";
import { segmentName } from "../../../../engine/transactional-store/segment.ts";
import type { SegmentHeader } from "../../../../engine/transactional-store/segment.ts";
import type { StoreState } from "../../../../engine/transactional-store/state.ts";
import { ObservedRecovery } from "../../../transactional-store/recovery/observed-recovery.ts";

interface ReadSegment {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly header: SegmentHeader;
  readonly start: number;
}

/** Up to the first bad record, whatever is behind it. */
const readable = ({ index, bytes, header, start }: ReadSegment): { readonly records: readonly WalRecord[]; readonly end: number } => {
  const records: WalRecord[] = [];
  let end = start;
  for (;;) {
    const found = frameAt(bytes, end, seedOf(header.storeId, index));
    if (typeof found === "string") return { records, end };
    records.push(recordOf(found.frame, "a record"));
    end = found.end;
  }
};

abstract class LenientRecovery extends ObservedRecovery {
  protected abstract readonly cutsLast: boolean;
  protected abstract readonly stopsAtFirstBad: boolean;

  protected override async replayAll({ state }: { readonly state: StoreState }, segments: readonly ReadSegment[]): Promise<number> {
    const contents = segments.map(readable);
    const [last, tail] = [segments.at(-1), contents.at(-1)];
    if (last === undefined || tail === undefined) return 0;
    const file = segmentName(last.index);
    if (this.cutsLast) await this.cutTail(file, last.bytes.length, tail.end);
    await this.syncRecovered(file);
    for (const [i, { records, end }] of contents.entries()) {
      for (const record of records) state.replay(record);
      if (this.stopsAtFirstBad && end < (segments[i]?.bytes.length ?? 0)) break;
    }
    return this.cutsLast ? tail.end : last.bytes.length;
  }
}

/** `tail=appendAfterTorn`: the writer goes on behind a bad record, where the next recovery does not read. */
export class RecoveryThatKeepsTornTail extends LenientRecovery {
  protected override readonly cutsLast = false;
  protected override readonly stopsAtFirstBad: boolean = true;
}

/** Also `segments=continueAfterBad`: what follows in the next segment is read, with a hole before it. */
export class RecoveryWithHoles extends RecoveryThatKeepsTornTail {
  protected override readonly stopsAtFirstBad = false;
}

/** `tail=truncateLast`: a bad record in an earlier segment stays, and the writer goes on in the last one. */
export class RecoveryThatCutsLastOnly extends LenientRecovery {
  protected override readonly cutsLast = true;
  protected override readonly stopsAtFirstBad = true;
}
