import type { Writable } from 'node:stream';
import type { FanOut } from './FanOut.ts';
import type { FanOutGroup } from './FanOutGroup.ts';
import { HeldFrames } from './HeldFrames.ts';
import { bySequence, joinPending, type Pending } from './Pending.ts';
import type { WaitingPeer } from './QueueBudget.ts';

/** What a {@link FanOutMember} writes to. */
export interface FanOutTarget {
  readonly socket: Writable;
  /** Takes the frames in place of the socket, for peers that do not get the shared bytes because theirs are compressed. */
  readonly writeFrames?: (frames: readonly Buffer[]) => void;
}

/** Whose sending side a {@link FanOutMember} is. */
export interface FanOutOwner {
  /** The queue is over its limit, and the peer is given up; called outside of every send. */
  onQueueOverflow(): void;
}

/** That a peer is in a group, and since when. @internal */
export interface GroupMembership {
  readonly group: FanOutGroup;
  /** Place in the group's array. */
  index: number;
  /** The peer gets frames with this number and later ones. */
  since: number;
}

/** Shared by all who have none. */
const NO_FRAMES: readonly Pending[] = [];
const NO_MEMBERSHIPS: readonly GroupMembership[] = [];

/** The sending side of one connection. There are very many that do nothing, so that it keeps as little as it can. */
export class FanOutMember implements WaitingPeer {
  readonly #fanOut: FanOut;
  readonly #owner: FanOutOwner;
  #socket: Writable | undefined;
  #writeFrames: FanOutTarget['writeFrames'];
  #isClosed = false;
  /** Frames of this turn that are for this peer alone, or that it took along from a group. */
  #own: Pending[] | undefined;
  #ownBytes = 0;
  /** Frames of earlier turns that wait for the handshake or for `drain`. */
  #held: HeldFrames | undefined;
  #waitsForDrain = false;
  /** What the budget was told that waits. */
  #counted = 0;
  /** Messages handed to the socket. */
  sentMessages = 0;
  /** Bytes handed to the socket, frame headers included. */
  sentBytes = 0;
  /** Messages given up or replaced because the peer read too slowly. */
  droppedMessages = 0;
  #memberships = NO_MEMBERSHIPS;
  /** @internal */
  isDirty = false;
  /** The last flush that dealt with this peer. @internal */
  turn = 0;

  constructor(fanOut: FanOut, owner: FanOutOwner) {
    this.#fanOut = fanOut;
    this.#owner = owner;
  }

  /** Bytes that wait here and in the socket. */
  get queuedBytes(): number {
    return this.#ownBytes + (this.#held?.bytes ?? 0) + this.#inSocket;
  }

  /** Bytes that wait because the peer takes none; 0 as long as it does. */
  get waitingBytes(): number {
    return this.#held === undefined ? 0 : this.#held.bytes + this.#inSocket;
  }

  /** Lets frames go to the socket, beginning with those that waited for this. */
  open({ socket, writeFrames }: FanOutTarget): void {
    if (this.#isClosed) return;
    this.#socket = socket;
    this.#writeFrames = writeFrames;
    if (this.#held !== undefined) this.#fanOut.markMember(this);
  }

  /**
   * Sends one frame after everything that was sent to this peer or its groups before.
   *
   * @param key - see {@link FanOutGroup.send}
   */
  send(frame: Buffer, key?: string): void {
    if (this.#isClosed) return;
    this.#own ??= [];
    this.#own.push(this.#fanOut.number(frame, key));
    this.#ownBytes += frame.length;
    this.#fanOut.markMember(this);
    if (this.#ownBytes >= this.#fanOut.options.maxBatchBytes) this.flush();
  }

  /** Writes what this peer is owed now. */
  flush(): void {
    this.collect();
    for (const membership of this.#memberships) membership.since = this.#fanOut.nextSequence;
    this.writeOwn();
  }

  /**
   * Writes all this peer is owed, then nothing more, as a close frame comes next. Safe twice.
   *
   * @param discard - gives up what is pending instead of writing it
   */
  close(discard = false): void {
    if (!this.#isClosed) {
      if (!discard) {
        this.flush();
        if (this.#socket !== undefined) this.#writeHeld(this.#socket, true);
      }
      this.#forget();
    }
    for (const { group } of this.#memberships) group.remove(this);
  }

  /** Too much waits for all peers together, and most of it for this one. @internal */
  giveUp(): void {
    const held = this.#held;
    if (held === undefined) return;
    if (this.#fanOut.options.queuePolicy === 'drop-oldest') {
      this.droppedMessages += held.dropAllButLast();
      this.#recount();
    } else {
      this.#overflow(held);
    }
  }

  /** @internal */
  membershipOf(group: FanOutGroup): GroupMembership | undefined {
    for (const membership of this.#memberships) {
      if (membership.group === group) return membership;
    }
    return undefined;
  }

  /** @internal */
  joined(membership: GroupMembership): void {
    // A literal of one takes a tenth of the room that an array takes which grew.
    this.#memberships =
      this.#memberships.length === 0 ? [membership] : [...this.#memberships, membership];
  }

  /** Takes along what a group owes. @internal */
  left(membership: GroupMembership): void {
    if (!this.#isClosed && this.#copyFrom(membership)) {
      this.#own?.sort(bySequence);
      this.#fanOut.markMember(this);
    }
    this.#memberships = this.#memberships.filter((other) => other !== membership);
  }

  /** Whether the pending frames of one group, from the first on, are all that this peer has to get. @internal */
  isOwedOnly(group: FanOutGroup, firstSequence: number): boolean {
    if (this.#own !== undefined) return false;
    for (const membership of this.#memberships) {
      if (membership.group === group) {
        if (membership.since > firstSequence) return false;
      } else if (membership.group.pending.length > 0) {
        return false;
      }
    }
    return true;
  }

  /** Takes what is pending in its groups into its own list, in order. @internal */
  collect(): void {
    for (const membership of this.#memberships) this.#copyFrom(membership);
    if (this.#memberships.length > 0) this.#own?.sort(bySequence);
  }

  /** Puts a group's frames off to the next turn: as one shared batch as a rule. @internal */
  keep(batch: Pending, pending: readonly Pending[]): void {
    const isPlain =
      this.#writeFrames === undefined && this.#fanOut.options.queuePolicy !== 'coalesce';
    this.#own ??= [];
    this.#own.push(...(isPlain ? [batch] : pending));
    this.#ownBytes += batch.bytes.length;
    this.#fanOut.markMember(this);
  }

  /** Writes its own list. @internal */
  writeOwn(): void {
    const own = this.#own ?? NO_FRAMES;
    if (own.length === 0 && this.#held === undefined) return;
    this.#own = undefined;
    this.#ownBytes = 0;
    this.#put(own);
  }

  /** Writes a group's frames: the shared bytes as a rule. @internal */
  write(batch: Pending, pending: readonly Pending[]): void {
    const socket = this.#socket;
    if (
      socket === undefined ||
      this.#held !== undefined ||
      this.#writeFrames !== undefined ||
      socket.writableNeedDrain
    ) {
      this.#put(pending);
    } else {
      this.#writeTo(socket, batch);
    }
  }

  /** Writes frames, or keeps them while the peer cannot take any. */
  #put(pending: readonly Pending[]): void {
    if (this.#isClosed) return;
    const socket = this.#socket;
    if (socket === undefined || socket.writableNeedDrain || this.#held !== undefined) {
      this.#hold(pending);
      if (socket !== undefined) this.#writeHeld(socket, false);
    } else {
      this.#writeAll(socket, pending);
    }
  }

  #writeAll(socket: Writable, pending: readonly Pending[]): void {
    if (this.#writeFrames === undefined) {
      this.#writeTo(socket, joinPending(pending));
      return;
    }
    this.#writeFrames(pending.map((one) => one.bytes));
    for (const one of pending) {
      this.sentMessages += one.frames;
      this.sentBytes += one.bytes.length;
    }
  }

  #writeTo(socket: Writable, batch: Pending): void {
    if (this.#isClosed || !socket.writable) return;
    socket.write(batch.bytes);
    this.sentMessages += batch.frames;
    this.sentBytes += batch.bytes.length;
  }

  #hold(pending: readonly Pending[]): void {
    const { maxQueueBytes, queuePolicy } = this.#fanOut.options;
    this.#held ??= new HeldFrames(queuePolicy === 'coalesce');
    const held = this.#held;
    for (const one of pending) this.droppedMessages += held.push(one);
    if (this.waitingBytes > maxQueueBytes) {
      if (queuePolicy !== 'drop-oldest') {
        this.#overflow(held);
        return;
      }
      // The newest one stays even where it alone is too large, so that a slow reader ends with what is current.
      const newest = pending.at(-1)?.bytes.length ?? 0;
      this.droppedMessages += held.dropUntil(Math.max(newest, maxQueueBytes - this.#inSocket));
    }
    this.#recount();
  }

  #overflow(held: HeldFrames): void {
    this.droppedMessages += held.dropUntil(0);
    this.#forget();
    // Not now: a flush may be walking through its groups.
    queueMicrotask(() => {
      this.close(true);
      this.#owner.onQueueOverflow();
    });
  }

  #forget(): void {
    this.#isClosed = true;
    this.#own = undefined;
    this.#ownBytes = 0;
    this.#held = undefined;
    this.#recount();
  }

  /** Has the budget know what waits now. */
  #recount(): void {
    const waiting = this.waitingBytes;
    if (waiting === this.#counted) return;
    const change = waiting - this.#counted;
    this.#counted = waiting;
    this.#fanOut.budget.change(this, change);
  }

  /** Writes held frames as far as the socket takes them, the rest at its next `drain`. */
  #writeHeld(socket: Writable, all: boolean): void {
    while (this.#held !== undefined && (all || !socket.writableNeedDrain)) {
      const pending = this.#held.take(this.#fanOut.options.maxBatchBytes);
      if (this.#held.bytes === 0) this.#held = undefined;
      if (pending.length > 0) this.#writeAll(socket, pending);
    }
    this.#recount();
    if (this.#held === undefined || this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    socket.once('drain', () => {
      this.#waitsForDrain = false;
      this.#writeHeld(socket, false);
    });
  }

  get #inSocket(): number {
    return this.#socket?.writableLength ?? 0;
  }

  /** Copies what a group owes; false when that is nothing. */
  #copyFrom({ group, since }: GroupMembership): boolean {
    let copied = false;
    for (const one of group.pending) {
      if (one.sequence < since) continue;
      this.#own ??= [];
      this.#own.push(one);
      this.#ownBytes += one.bytes.length;
      copied = true;
    }
    return copied;
  }
}
