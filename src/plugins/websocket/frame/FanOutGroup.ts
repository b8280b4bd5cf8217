import type { FanOut } from './FanOut.ts';
import type { FanOutMember } from './FanOutMember.ts';
import type { Pending } from './Pending.ts';

/** Shared by all groups in which nothing is pending. */
const NOTHING: readonly Pending[] = [];

/** The peers of a room: what is sent to it reaches each of them. */
export class FanOutGroup {
  readonly #fanOut: FanOut;
  /** A dense array: a flush walks it, and a peer is removed by moving the last one to its place. @internal */
  readonly members: FanOutMember[] = [];
  #pending: Pending[] | undefined;
  #pendingBytes = 0;

  constructor(fanOut: FanOut) {
    this.#fanOut = fanOut;
  }

  /** How many peers get what is sent. */
  get size(): number {
    return this.members.length;
  }

  /** Frames of this turn. @internal */
  get pending(): readonly Pending[] {
    return this.#pending ?? NOTHING;
  }

  /**
   * Sends a frame to all who are members now.
   *
   * @param key - for the policy `coalesce`: peers that still wait for an earlier frame with it get this one instead
   */
  send(frame: Buffer, key?: string): void {
    if (this.members.length === 0) return;
    const pending = this.#fanOut.number(frame, key);
    if (this.#pending === undefined) {
      this.#pending = [pending];
      this.#fanOut.markGroup(this);
    } else {
      this.#pending.push(pending);
    }
    this.#pendingBytes += frame.length;
    if (this.#pendingBytes >= this.#fanOut.options.maxBatchBytes) this.#fanOut.flush();
  }

  /** Makes a peer a member; it gets what is sent from now on. Safe twice. */
  add(member: FanOutMember): void {
    if (member.membershipOf(this) !== undefined) return;
    const index = this.members.length;
    member.joined({ group: this, index, since: this.#fanOut.nextSequence });
    this.members.push(member);
  }

  /** Ends a membership; the peer still gets what was sent before. Safe twice. */
  remove(member: FanOutMember): void {
    const membership = member.membershipOf(this);
    if (membership === undefined) return;
    member.left(membership);
    const last = this.members.pop();
    if (last === undefined || last === member) return;
    this.members[membership.index] = last;
    const moved = last.membershipOf(this);
    if (moved !== undefined) moved.index = membership.index;
  }

  /** @internal */
  clear(): void {
    this.#pending = undefined;
    this.#pendingBytes = 0;
  }
}
