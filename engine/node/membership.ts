/**
 * What a replica knows of the lives of all: its own, and the latest of each peer, durably. A peer whose life is over is refused.
 * When a peer knows of a later life of this replica, this one has lost what it had, or runs on an older copy of it.
 */
import { decode, encode } from "../codec.ts";
import type { Table } from "../ports.ts";
import { Life, isOutdated, isShorter } from "../wiring/production/network/lives.ts";
import type { Lives } from "../wiring/production/network/lives.ts";
import { RefusedError } from "../wiring/production/network/refusals.ts";

export interface MembershipOptions {
  readonly table: Table;
  readonly replica: number;
  readonly own: Life;
  /** A peer knows a later life of this replica than its own. Called at most once. */
  readonly onOutdated: (peer: number, known: Life) => void;
}

const prefix = "lives/";
const keyOf = (peer: number): string => `${prefix}${String(peer).padStart(4, "0")}`;

export class Membership implements Lives {
  private readonly options: MembershipOptions;
  private readonly lives: Map<number, Life>;
  /** Writes that are under way, by peer. */
  private readonly writing = new Map<number, Promise<void>>();
  private isOver = false;

  private constructor(options: MembershipOptions, lives: Map<number, Life>) {
    this.options = options;
    this.lives = lives;
  }

  /** Throws DecodeError for rows that are damaged. */
  static async open(options: MembershipOptions): Promise<Membership> {
    const lives = new Map<number, Life>();
    for await (const [key, value] of options.table.entries({ from: prefix, to: "lives0" }))
      lives.set(Number(key.slice(prefix.length)), decode(Life, value, `row ${key}`));
    return new Membership(options, lives);
  }

  get own(): Life {
    return this.options.own;
  }

  known(peer: number): Life | undefined {
    return this.lives.get(peer);
  }

  /** A peer has shown that it is in this view, and perhaps that it has acknowledged this op of it. Known as long as this process lives. */
  heard(peer: number, viewNumber: number, acknowledged?: number): void {
    const life = this.lives.get(peer);
    if (life === undefined) return;
    const logged = { viewNumber, opNumber: acknowledged ?? 0 };
    const isFurther = acknowledged !== undefined && isShorter(life.logged, logged);
    if (!isFurther && (life.viewNumber ?? 0) >= viewNumber) return;
    this.lives.set(peer, {
      ...life,
      viewNumber: Math.max(life.viewNumber ?? 1, viewNumber),
      logged: isFurther ? logged : life.logged,
    });
  }

  async meet(peer: number, life: Life): Promise<void> {
    const known = this.lives.get(peer);
    if (isOutdated(life, known)) {
      throw new RefusedError(
        "amnesia",
        `replica ${peer} comes in incarnation ${life.incarnation} and view ${life.viewNumber}, but was here in incarnation ${known?.incarnation} and view ${known?.viewNumber}` +
          ` (with op ${life.logged.opNumber} of view ${life.logged.viewNumber}, and op ${known?.logged.opNumber} of view ${known?.logged.viewNumber}): it has lost its data, or runs on an older copy`,
      );
    }
    if (known?.incarnation !== life.incarnation) {
      const logged = known !== undefined && isShorter(life.logged, known.logged) ? known.logged : life.logged;
      const met = { ...life, viewNumber: Math.max(life.viewNumber ?? 1, known?.viewNumber ?? 1), logged };
      // An earlier life is refused from here on; whoever has met the peer waits until it is so for good.
      this.lives.set(peer, met);
      this.writing.set(peer, this.options.table.write([{ put: keyOf(peer), value: encode(met) }], { sync: true }));
    }
    await this.writing.get(peer);
  }

  toldBy(peer: number, known: Life | undefined): void {
    if (known === undefined || !isOutdated(this.own, known)) return;
    if (!this.isOver) this.options.onOutdated(peer, known);
    this.isOver = true;
    throw new RefusedError("amnesia", `replica ${peer} knows a later life of this replica`);
  }
}
