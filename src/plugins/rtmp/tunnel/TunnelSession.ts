import type { TunnelStream } from './TunnelStream.ts';

/** A polling delay of 1 asks the client to come back at once. */
const SHORTEST_DELAY = 1;
const LONGEST_DELAY = 32;
/** Empty responses before the delay is doubled. */
const EMPTY_BEFORE_LONGER = 10;

/** Requests that may be ahead of one that is missing. */
const MAX_AHEAD = 8;
/** Bytes of them. */
const MAX_AHEAD_BYTES = 256 * 1024;

interface Held {
  readonly body: Buffer;
  readonly respond: (response: Buffer | undefined) => void;
}

/**
 * One client of the tunnel: puts its requests into order and makes the responses.
 *
 * Requests are numbered. One that comes too early waits for those before it; one that comes again, because its response was lost, gets
 * the same response again and its bytes are not taken twice.
 */
export class TunnelSession {
  readonly stream: TunnelStream;
  /** When the last request came. */
  lastRequest: number;
  /** Bytes of bodies that are under way. */
  bodyBytes = 0;
  #next: number | undefined;
  #lastResponse: Buffer = Buffer.alloc(0);
  #busy = false;
  readonly #held = new Map<number, Held>();
  #delay = SHORTEST_DELAY;
  #empty = 0;

  constructor(stream: TunnelStream, now: number) {
    this.stream = stream;
    this.lastRequest = now;
  }

  /**
   * Takes a request; `respond` is called once, when it is its turn, or with nothing when the session ends before that.
   *
   * @returns false when the request is so far ahead that something must be lost
   */
  request(
    sequence: number,
    body: Buffer,
    respond: (response: Buffer | undefined) => void,
  ): boolean {
    this.#next ??= sequence;
    if (sequence === this.#next - 1 && !this.#busy) {
      respond(this.#lastResponse);
      return true;
    }
    if (sequence < this.#next || this.#held.has(sequence)) return false;
    const isAhead = sequence > this.#next || this.#busy;
    if (isAhead && this.#isTooFar(body.length)) return false;
    this.#held.set(sequence, { body, respond });
    this.#work();
    return true;
  }

  /** Answers those that still wait with nothing, since the session is over. */
  close(): void {
    for (const { respond } of this.#held.values()) respond(undefined);
    this.#held.clear();
  }

  #isTooFar(bytes: number): boolean {
    let held = bytes;
    for (const { body } of this.#held.values()) held += body.length;
    return this.#held.size >= MAX_AHEAD || (bytes > 0 && held > MAX_AHEAD_BYTES);
  }

  #work(): void {
    const next = this.#next as number;
    const request = this.#held.get(next);
    if (this.#busy || request === undefined) return;
    if (request.body.length > 0 && this.stream.isFull) {
      this.stream.whenRead(() => this.#work());
      return;
    }
    this.#held.delete(next);
    this.#busy = true;
    this.#next = next + 1;
    this.stream.receive(request.body);
    // What these bytes cause is written at the end of the turn of the event loop; it goes back at once.
    setImmediate(() => setImmediate(() => this.#respond(request)));
  }

  #respond(request: Held): void {
    const bytes = this.stream.takeWaiting();
    if (bytes.length > 0) {
      this.#delay = SHORTEST_DELAY;
      this.#empty = 0;
    } else {
      this.#empty += 1;
      if (this.#empty % EMPTY_BEFORE_LONGER === 0) {
        this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
      }
    }
    this.#lastResponse = Buffer.concat([Buffer.of(this.#delay), bytes]);
    this.#busy = false;
    request.respond(this.#lastResponse);
    this.#work();
  }
}
