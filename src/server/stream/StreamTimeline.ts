import type { MediaType } from './MediaMessage.ts';

/** How far back a publisher's time may go before it is taken for a new beginning; interleaving explains no more. */
const BACK_TOLERANCE_MS = 1000;

/** What is left free at a new beginning, because audio and video do not begin at the same time. */
const BREAK_MS = 100;

/** Encoders that keep times as FLV files do begin again here, instead of at 2^32. */
const FLV_WRAP = 2 ** 31;

/**
 * Puts the times of publishers, which are 32 bits and begin anywhere, on the one time line of a stream.
 *
 * Wrapping at 2^32 goes on upwards; a publisher that jumps back, or another that takes over, continues where the stream is.
 * Within audio, and within video, time never goes back. What a file is to have of it is for the recording's own time line to say.
 */
export class StreamTimeline {
  readonly #last: Record<MediaType, number> = { audio: 0, video: 0, data: 0 };
  #latest = 0;
  /** The publisher's last time, with what 32 bits cannot hold. */
  #raw: number | undefined;
  #offset = 0;
  #resumeAt: number | undefined;

  /** The highest time so far. */
  get latest(): number {
    return this.#latest;
  }

  /**
   * Begins with another publisher.
   *
   * @param pausedMs - how long nothing came; undefined when the stream is new, and the publisher's times are taken as they are
   */
  restart(pausedMs: number | undefined): void {
    this.#raw = undefined;
    this.#offset = 0;
    this.#resumeAt =
      pausedMs === undefined ? undefined : this.#latest + Math.max(BREAK_MS, pausedMs);
  }

  /** The time of a message on the stream's line. */
  place(type: MediaType, time: number): number {
    const raw = this.#raw === undefined ? time : this.#raw + distance(this.#raw, time);
    this.#raw = raw;
    if (this.#resumeAt !== undefined) {
      this.#offset = this.#resumeAt - raw;
      this.#resumeAt = undefined;
    }
    let placed = raw + this.#offset;
    if (placed < this.#last[type] - BACK_TOLERANCE_MS) {
      this.#offset += this.#latest + BREAK_MS - placed;
      placed = this.#latest + BREAK_MS;
    }
    placed = Math.max(placed, this.#last[type], 0);
    this.#last[type] = placed;
    this.#latest = Math.max(this.#latest, placed);
    return placed;
  }
}

/** From one time to the next, of which only 32 bits are known. */
function distance(from: number, to: number): number {
  const ms = (to - from) | 0;
  return ms < -FLV_WRAP / 2 ? ms + FLV_WRAP : ms;
}
