/** Between two parts of a recording: about one frame. */
const GAP_MS = 40;

/** A step back by so much is a clock that was set anew, and not audio and video out of step. */
const MAX_BACK_MS = 1_000;

/** So much longer than it really took may a step forward be. */
const MAX_AHEAD_MS = 10_000;

/**
 * The time of a recording: begins with 0, or where the file ends, and goes on when the stream's time line jumps.
 *
 * The stream's own time line keeps what publishers say, for players that follow; a file is played as it stands. So silence of the
 * publisher stays silence; a jump that is longer than the time that passed is none.
 */
export class RecordingTimeline {
  #last: number;
  #previous: number | undefined;
  #offset = 0;
  #arrivedAt = 0;

  /** @param last - the last timestamp in the file; undefined for a new one */
  constructor(last?: number) {
    this.#last = last === undefined ? -GAP_MS : last;
  }

  /** The last timestamp in the file. */
  get lastTimestamp(): number {
    return Math.max(0, this.#last);
  }

  /**
   * Translates a timestamp of the stream.
   *
   * @param now - when it came, in milliseconds
   */
  place(timestamp: number, now: number): number {
    if (this.#isJump(timestamp, now)) this.#offset = this.#last + GAP_MS - timestamp;
    this.#previous = timestamp;
    this.#arrivedAt = now;
    const placed = Math.max(0, timestamp + this.#offset);
    this.#last = Math.max(this.#last, placed);
    return placed;
  }

  #isJump(timestamp: number, now: number): boolean {
    if (this.#previous === undefined) return true;
    const step = timestamp - this.#previous;
    return step < -MAX_BACK_MS || step > MAX_AHEAD_MS + Math.max(0, now - this.#arrivedAt);
  }
}
