import type { FanOutGroup } from './FanOutGroup.ts';
import type { FanOutMember } from './FanOutMember.ts';
import { joinPending, type Pending } from './Pending.ts';
import { QueueBudget } from './QueueBudget.ts';

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
 * Slow readers: while a socket says `writableNeedDrain`, its frames stay with the member as references to buffers shared with everybody
 * else. When that queue grows over `maxQueueBytes`, or those of all members together over `maxTotalQueueBytes`, the policy decides.
 *
 * `ws` writes control frames to the socket itself. They may stand between any two messages (RFC 6455, 5.4), all but the close frame:
 * before that one `member.close()` is called.
 */

/**
 * What to do about a peer that reads more slowly than it is sent to.
 *
 * `close` it, `drop-oldest` messages, or `coalesce`: a message with a key replaces an earlier one with the same key that still waits, and
 * the peer is closed when what is left is too much nevertheless.
 */
export type QueuePolicy = 'close' | 'drop-oldest' | 'coalesce';

/** The policies there are. */
export const QUEUE_POLICIES: readonly QueuePolicy[] = ['close', 'drop-oldest', 'coalesce'];

/** Limits of a {@link FanOut}. */
export interface FanOutOptions {
  /** Bytes one peer may have waiting, here and in its socket. */
  readonly maxQueueBytes: number;
  /** Bytes that all peers together may have waiting. Default 0: no limit. */
  readonly maxTotalQueueBytes?: number;
  readonly queuePolicy: QueuePolicy;
  /** After so many socket writes a flush goes on in the next turn, so that a huge room does not hold up the others. Default 2000. */
  readonly maxWritesPerTurn?: number;
  /** A group or peer with so many bytes pending is flushed at once. Default 64 KiB. */
  readonly maxBatchBytes?: number;
}

/** Gathers frames and writes them once per event-loop turn. There is one for all connections of a server. */
export class FanOut {
  readonly options: Required<FanOutOptions>;
  /** What waits for all slow peers. */
  readonly budget: QueueBudget;
  #sequence = 0;
  #turn = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #groups: FanOutGroup[] = [];
  #members: FanOutMember[] = [];
  readonly #flushScheduled = (): void => this.flush();

  constructor(options: FanOutOptions) {
    this.options = {
      maxTotalQueueBytes: 0,
      maxWritesPerTurn: 2000,
      maxBatchBytes: 65_536,
      ...options,
    };
    this.budget = new QueueBudget(this.options.maxTotalQueueBytes);
  }

  /** Writes everything that is pending now, without waiting for the end of the turn. */
  flush(): void {
    this.#unschedule();
    const groups = this.#groups;
    const members = this.#members;
    const turn = ++this.#turn;
    let left = this.options.maxWritesPerTurn;
    this.#groups = [];
    this.#members = [];
    for (const member of members) {
      member.isDirty = false;
      member.turn = turn;
      member.collect();
      if (left-- > 0) member.writeOwn();
      else this.markMember(member);
    }
    for (const group of groups) left = this.#flushGroup(group, turn, left);
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
  number(frame: Buffer, key: string | undefined): Pending {
    this.#sequence += 1;
    return { sequence: this.#sequence, bytes: frame, frames: 1, key };
  }

  /** @internal */
  get nextSequence(): number {
    return this.#sequence + 1;
  }

  /** Has a group flushed in this turn. @internal */
  markGroup(group: FanOutGroup): void {
    this.#groups.push(group);
    this.#scheduled ??= setImmediate(this.#flushScheduled);
  }

  /** Has a member flushed in this turn. @internal */
  markMember(member: FanOutMember): void {
    if (member.isDirty) return;
    member.isDirty = true;
    this.#members.push(member);
    this.#scheduled ??= setImmediate(this.#flushScheduled);
  }

  #flushGroup(group: FanOutGroup, turn: number, writesLeft: number): number {
    const [first] = group.pending;
    if (first === undefined) return writesLeft;
    let left = writesLeft;
    const batch = joinPending(group.pending);
    for (const member of group.members) {
      if (member.turn === turn) continue;
      member.turn = turn;
      if (member.isOwedOnly(group, first.sequence)) {
        if (left-- > 0) member.write(batch, group.pending);
        else member.keep(batch, group.pending);
        continue;
      }
      member.collect();
      if (left-- > 0) member.writeOwn();
      else this.markMember(member);
    }
    return left;
  }

  #unschedule(): void {
    if (this.#scheduled === undefined) return;
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
  }
}
