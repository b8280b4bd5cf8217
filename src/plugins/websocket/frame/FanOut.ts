import type { Writable } from 'node:stream';

/*
 * How a message reaches many sockets for the price of one encoding, and one write per socket and event-loop turn.
 *
 *   group.send(frame)    remembers the frame once, whatever the size of the group
 *   member.send(frame)   remembers it for one socket
 *   flush, in the check phase of the same turn (setImmediate):
 *     - the frames of a group become one shared buffer, written to every member that has nothing else pending
 *     - a member with frames from several places gets a list of its own, in the order of the calls
 *
 * Order: every frame has a sequence number, and each membership remembers the number it began at. So a socket sees frames in the order
 * of the send calls, whoever made them; who joins in the middle of a turn gets nothing older; who leaves takes along what it is owed.
 *
 * Slow readers: while a socket says `writableNeedDrain`, its frames stay here as references to buffers shared with everybody else. When
 * that queue grows over `maxQueueBytes`, the policy decides: its oldest messages are dropped, or it is closed.
 *
 * `ws` writes control frames to the socket itself. They may stand between any two messages (RFC 6455, 5.4), all but the close frame:
 * before that one `member.close()` is called.
 */

/** What to do about a peer that reads more slowly than it is sent to. */
export type QueuePolicy = 'close' | 'drop-oldest';

/** Limits of a {@link FanOut}. */
export interface FanOutOptions {
  /** Bytes one peer may have waiting, here and in its socket. */
  readonly maxQueueBytes: number;
  readonly queuePolicy: QueuePolicy;
  /** After so many socket writes a flush goes on in the next turn, so that a huge room does not hold up the others. Default 2000. */
  readonly maxWritesPerTurn?: number;
  /** A group or peer with so many bytes pending is flushed at once. Default 64 KiB. */
  readonly maxBatchBytes?: number;
}

/** What a {@link FanOutMember} writes to. */
export interface FanOutTarget {
  readonly socket: Writable;
  /** Takes the frames in place of the socket, for peers that do not get the shared bytes because theirs are compressed. */
  readonly writeFrames?: (frames: readonly Buffer[]) => void;
}

/** Frames on their way to a group or peer: one, or a whole shared batch. */
interface Pending {
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly frames: number;
}

interface Membership {
  readonly group: FanOutGroup;
  /** Place in the group's array. */
  index: number;
  /** The peer gets frames with this number and later ones. */
  since: number;
}

/** Gathers frames and writes them once per event-loop turn. There is one for all connections of a server. */
export class FanOut {
  readonly options: Required<FanOutOptions>;
  #sequence = 0;
  #turn = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #groups: FanOutGroup[] = [];
  #members: FanOutMember[] = [];

  constructor(options: FanOutOptions) {
    this.options = { maxWritesPerTurn: 2000, maxBatchBytes: 65_536, ...options };
  }

  /** Writes everything that is pending now, without waiting for the end of the turn. */
  flush(): void {
    this.#unschedule();
    const groups = this.#groups;
    const members = this.#members;
    const turn = ++this.#turn;
    let budget = this.options.maxWritesPerTurn;
    this.#groups = [];
    this.#members = [];
    for (const member of members) {
      member.isDirty = false;
      member.turn = turn;
      member.collect();
      if (budget-- > 0) member.writeOwn();
      else this.markMember(member);
    }
    for (const group of groups) budget = this.#flushGroup(group, turn, budget);
    for (const group of groups) group.clear();
  }

  /** Forgets what is pending, at the end of the server. */
  stop(): void {
    this.#unschedule();
    for (const group of this.#groups) group.clear();
    this.#groups = [];
    this.#members = [];
  }

  /** Gives a frame its place in the order of all frames. @internal */
  number(frame: Buffer): Pending {
    this.#sequence += 1;
    return { sequence: this.#sequence, bytes: frame, frames: 1 };
  }

  /** @internal */
  get nextSequence(): number {
    return this.#sequence + 1;
  }

  /** Has a group flushed in this turn. @internal */
  markGroup(group: FanOutGroup): void {
    this.#groups.push(group);
    this.#scheduled ??= setImmediate(() => this.flush());
  }

  /** Has a member flushed in this turn. @internal */
  markMember(member: FanOutMember): void {
    if (member.isDirty) return;
    member.isDirty = true;
    this.#members.push(member);
    this.#scheduled ??= setImmediate(() => this.flush());
  }

  #flushGroup(group: FanOutGroup, turn: number, writesLeft: number): number {
    const [first] = group.pending;
    if (first === undefined) return writesLeft;
    let budget = writesLeft;
    const batch = joinPending(group.pending);
    for (const member of group.members) {
      if (member.turn === turn) continue;
      member.turn = turn;
      if (member.isOwedOnly(group, first.sequence)) {
        if (budget-- > 0) member.write(batch, group.pending);
        else member.keep(batch, group.pending);
        continue;
      }
      member.collect();
      if (budget-- > 0) member.writeOwn();
      else this.markMember(member);
    }
    return budget;
  }

  #unschedule(): void {
    if (this.#scheduled === undefined) return;
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
  }
}

/** The peers of a room: what is sent to it reaches each of them. */
export class FanOutGroup {
  readonly #fanOut: FanOut;
  /** A dense array: a flush walks it, and a peer is removed by moving the last one to its place. @internal */
  readonly members: FanOutMember[] = [];
  /** Frames of this turn. @internal */
  pending: Pending[] = [];
  #pendingBytes = 0;

  constructor(fanOut: FanOut) {
    this.#fanOut = fanOut;
  }

  /** How many peers get what is sent. */
  get size(): number {
    return this.members.length;
  }

  /** Sends a frame to all who are members now. */
  send(frame: Buffer): void {
    if (this.members.length === 0) return;
    this.pending.push(this.#fanOut.number(frame));
    this.#pendingBytes += frame.length;
    if (this.pending.length === 1) this.#fanOut.markGroup(this);
    if (this.#pendingBytes >= this.#fanOut.options.maxBatchBytes) this.#fanOut.flush();
  }

  /** Makes a peer a member; it gets what is sent from now on. Safe twice. */
  add(member: FanOutMember): void {
    if (member.membershipOf(this) !== undefined) return;
    member.memberships.push({
      group: this,
      index: this.members.length,
      since: this.#fanOut.nextSequence,
    });
    this.members.push(member);
  }

  /** Ends a membership; the peer still gets what was sent before. Safe twice. */
  remove(member: FanOutMember): void {
    const membership = member.membershipOf(this);
    if (membership === undefined) return;
    member.takeFrom(membership);
    member.memberships.splice(member.memberships.indexOf(membership), 1);
    const last = this.members.pop();
    if (last === undefined || last === member) return;
    this.members[membership.index] = last;
    const moved = last.membershipOf(this);
    if (moved !== undefined) moved.index = membership.index;
  }

  /** @internal */
  clear(): void {
    this.pending = [];
    this.#pendingBytes = 0;
  }
}

/** The sending side of one connection. */
export class FanOutMember {
  readonly #fanOut: FanOut;
  readonly #onOverflow: () => void;
  readonly #queuePolicy: QueuePolicy;
  #target: FanOutTarget | undefined;
  #isClosed = false;
  /** Frames of this turn that are for this peer alone, or that it took along from a group. */
  #own: Pending[] = [];
  #ownBytes = 0;
  /** Frames of earlier turns that wait for the handshake or for `drain`. */
  #held: HeldFrames | undefined;
  #waitsForDrain = false;
  /** Messages handed to the socket. */
  sentMessages = 0;
  /** Bytes handed to the socket, frame headers included. */
  sentBytes = 0;
  /** Messages given up because the peer read too slowly. */
  droppedMessages = 0;
  /** Bytes that may wait beyond the limit until the peer has read all, for a single message that is larger than it. */
  allowance = 0;
  /** @internal */
  readonly memberships: Membership[] = [];
  /** @internal */
  isDirty = false;
  /** The last flush that dealt with this peer. @internal */
  turn = 0;

  /**
   * @param onOverflow - the queue is over its limit and the policy is `close`; called outside of every send
   * @param queuePolicy - for this peer alone, where nothing may be dropped
   */
  constructor(
    fanOut: FanOut,
    onOverflow: () => void,
    queuePolicy: QueuePolicy = fanOut.options.queuePolicy,
  ) {
    this.#fanOut = fanOut;
    this.#onOverflow = onOverflow;
    this.#queuePolicy = queuePolicy;
  }

  /** Bytes that wait here and in the socket. */
  get queuedBytes(): number {
    const inSocket = this.#target?.socket.writableLength ?? 0;
    return this.#ownBytes + (this.#held?.bytes ?? 0) + inSocket;
  }

  /** Lets frames go to the socket, beginning with those that waited for this. */
  open(target: FanOutTarget): void {
    if (this.#isClosed) return;
    this.#target = target;
    if (this.#held !== undefined) this.#fanOut.markMember(this);
  }

  /** Sends one frame after everything that was sent to this peer or its groups before. */
  send(frame: Buffer): void {
    if (this.#isClosed) return;
    this.#own.push(this.#fanOut.number(frame));
    this.#ownBytes += frame.length;
    this.#fanOut.markMember(this);
    if (this.#ownBytes >= this.#fanOut.options.maxBatchBytes) this.flush();
  }

  /** Writes what this peer is owed now. */
  flush(): void {
    this.collect();
    for (const membership of this.memberships) membership.since = this.#fanOut.nextSequence;
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
        if (this.#target !== undefined) this.#writeHeld(this.#target, true);
      }
      this.#forget();
    }
    for (const membership of [...this.memberships]) membership.group.remove(this);
  }

  /** @internal */
  membershipOf(group: FanOutGroup): Membership | undefined {
    return this.memberships.find((membership) => membership.group === group);
  }

  /** Whether the pending frames of one group, from the first on, are all that this peer has to get. @internal */
  isOwedOnly(group: FanOutGroup, firstSequence: number): boolean {
    if (this.#own.length > 0) return false;
    for (const membership of this.memberships) {
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
    for (const membership of this.memberships) this.#copyFrom(membership);
    if (this.memberships.length > 0) this.#own.sort(bySequence);
  }

  /** Takes what one group owes, before it leaves. @internal */
  takeFrom(membership: Membership): void {
    if (this.#isClosed || !this.#copyFrom(membership)) return;
    this.#own.sort(bySequence);
    this.#fanOut.markMember(this);
  }

  /** Puts a group's frames off to the next turn: as one shared batch as a rule. @internal */
  keep(batch: Pending, pending: readonly Pending[]): void {
    if (this.#target?.writeFrames === undefined) this.#own.push(batch);
    else this.#own.push(...pending);
    this.#ownBytes += batch.bytes.length;
    this.#fanOut.markMember(this);
  }

  /** Writes its own list. @internal */
  writeOwn(): void {
    const own = this.#own;
    if (own.length === 0 && this.#held === undefined) return;
    this.#own = [];
    this.#ownBytes = 0;
    this.#put(own);
  }

  /** Writes a group's frames: the shared bytes as a rule. @internal */
  write(batch: Pending, pending: readonly Pending[]): void {
    const target = this.#target;
    if (target === undefined || this.#held !== undefined || target.writeFrames !== undefined) {
      this.#put(pending);
    } else if (target.socket.writableNeedDrain) {
      this.#put(pending);
    } else {
      this.#writeTo(target, batch);
    }
  }

  /** Writes frames, or keeps them while the peer cannot take any. */
  #put(pending: readonly Pending[]): void {
    if (this.#isClosed) return;
    const target = this.#target;
    if (target === undefined || target.socket.writableNeedDrain || this.#held !== undefined) {
      this.#hold(pending);
      if (target !== undefined) this.#writeHeld(target, false);
      return;
    }
    if (target.writeFrames !== undefined) {
      target.writeFrames(pending.map((one) => one.bytes));
      this.#count(pending);
      return;
    }
    this.#writeTo(target, joinPending(pending));
  }

  #writeTo(target: FanOutTarget, batch: Pending): void {
    if (this.#isClosed || !target.socket.writable) return;
    target.socket.write(batch.bytes);
    this.sentMessages += batch.frames;
    this.sentBytes += batch.bytes.length;
  }

  #hold(pending: readonly Pending[]): void {
    this.#held ??= new HeldFrames();
    for (const one of pending) this.#held.push(one);
    const maxQueueBytes = this.#fanOut.options.maxQueueBytes + this.allowance;
    const inSocket = this.#target?.socket.writableLength ?? 0;
    if (this.#held.bytes + inSocket <= maxQueueBytes) return;
    if (this.#queuePolicy === 'drop-oldest') {
      // The newest one stays even where it alone is too large, so that a slow reader ends with what is current.
      const newest = pending.at(-1)?.bytes.length ?? 0;
      this.droppedMessages += this.#held.dropUntil(Math.max(newest, maxQueueBytes - inSocket));
      return;
    }
    this.droppedMessages += this.#held.dropUntil(0);
    this.#forget();
    // Not now: a flush may be walking through its groups.
    queueMicrotask(() => {
      this.close(true);
      this.#onOverflow();
    });
  }

  #forget(): void {
    this.#isClosed = true;
    this.#own = [];
    this.#ownBytes = 0;
    this.#held = undefined;
  }

  /** Writes held frames as far as the socket takes them, the rest at its next `drain`. */
  #writeHeld(target: FanOutTarget, all: boolean): void {
    while (this.#held !== undefined && (all || !target.socket.writableNeedDrain)) {
      const pending = this.#held.take(this.#fanOut.options.maxBatchBytes);
      if (this.#held.bytes === 0) this.#held = undefined;
      if (pending.length === 0) continue;
      if (target.writeFrames === undefined) {
        this.#writeTo(target, joinPending(pending));
      } else {
        target.writeFrames(pending.map((one) => one.bytes));
        this.#count(pending);
      }
    }
    if (this.#held === undefined || this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    target.socket.once('drain', () => {
      this.#waitsForDrain = false;
      this.allowance = 0;
      this.#writeHeld(target, false);
    });
  }

  #count(pending: readonly Pending[]): void {
    for (const one of pending) {
      this.sentMessages += one.frames;
      this.sentBytes += one.bytes.length;
    }
  }

  /** Copies what a group owes; false when that is nothing. */
  #copyFrom({ group, since }: Membership): boolean {
    let copied = false;
    for (const one of group.pending) {
      if (one.sequence < since) continue;
      this.#own.push(one);
      this.#ownBytes += one.bytes.length;
      copied = true;
    }
    return copied;
  }
}

/** A queue from which the front can be dropped cheaply. */
class HeldFrames {
  #queue: Pending[] = [];
  #head = 0;
  bytes = 0;

  push(pending: Pending): void {
    this.#queue.push(pending);
    this.bytes += pending.bytes.length;
  }

  /** Takes at least one entry, and as many as fit into `maxBytes`. */
  take(maxBytes: number): Pending[] {
    const taken: Pending[] = [];
    let size = 0;
    for (let next = this.#queue[this.#head]; next !== undefined; next = this.#queue[this.#head]) {
      if (taken.length > 0 && size + next.bytes.length > maxBytes) break;
      taken.push(next);
      size += next.bytes.length;
      this.#advance(next);
    }
    return taken;
  }

  /** Drops from the front until at most `maxBytes` are left; returns how many messages that were. */
  dropUntil(maxBytes: number): number {
    let dropped = 0;
    for (let next = this.#queue[this.#head]; next !== undefined; next = this.#queue[this.#head]) {
      if (this.bytes <= maxBytes) break;
      dropped += next.frames;
      this.#advance(next);
    }
    return dropped;
  }

  #advance(next: Pending): void {
    this.bytes -= next.bytes.length;
    this.#head += 1;
    if (this.#head < 1024 || this.#head * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }
}

function joinPending(pending: readonly Pending[]): Pending {
  const [first] = pending;
  if (pending.length === 1 && first !== undefined) return first;
  let frames = 0;
  for (const one of pending) frames += one.frames;
  return {
    sequence: pending.at(-1)?.sequence ?? 0,
    bytes: Buffer.concat(pending.map((one) => one.bytes)),
    frames,
  };
}

function bySequence(a: Pending, b: Pending): number {
  return a.sequence - b.sequence;
}
