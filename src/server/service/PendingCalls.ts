import { type Clock, Red5Error, systemClock, type Timer } from '../../base/index.ts';

/** Options of {@link PendingCalls}. */
export interface PendingCallsOptions {
  /** How many calls may wait for their answers. Default 1,000. */
  readonly maxCalls?: number;
  /** How long a call waits for its answer, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Red5Error) => void;
  readonly timer: Timer;
}

/** A client answered a call of the server with an error. */
export class RemoteCallError extends Red5Error {
  /** What the client said. */
  readonly answer: unknown;

  constructor(message: string, answer: unknown) {
    super('CALL_FAILED', message);
    this.answer = answer;
  }
}

/**
 * The calls of a server on one client that wait for their answers; for protocols.
 *
 * Each promise settles exactly once: by {@link PendingCalls.resolve}, {@link PendingCalls.reject}, its time-out, or {@link PendingCalls.close}.
 */
export class PendingCalls {
  readonly #options: Required<PendingCallsOptions>;
  readonly #calls = new Map<number, Pending>();
  #nextID: number;
  #isClosed = false;

  /** @param firstID - the number of the first call; RTMP counts from 2 */
  constructor(options: PendingCallsOptions = {}, firstID = 2) {
    this.#options = { maxCalls: 1000, timeoutMs: 30_000, clock: systemClock, ...options };
    this.#nextID = firstID;
  }

  /** Calls that wait. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Makes a call.
   *
   * @param send - puts it on the wire under this number
   * @returns the answer; rejects with `CALL_FAILED`, `CALL_TIMED_OUT`, `CALL_LIMIT` or `NOT_CONNECTED`
   */
  call(send: (id: number) => void): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(notConnected());
    if (this.#calls.size >= this.#options.maxCalls) {
      const message = `more than ${this.#options.maxCalls} calls wait for the client`;
      return Promise.reject(new Red5Error('CALL_LIMIT', message));
    }
    const id = this.#nextID;
    this.#nextID += 1;
    return new Promise((resolve, reject) => {
      const { clock, timeoutMs } = this.#options;
      const timer = clock.after(timeoutMs, () => {
        const message = `the client did not answer within ${timeoutMs} ms`;
        this.#take(id)?.reject(new Red5Error('CALL_TIMED_OUT', message));
      });
      this.#calls.set(id, { resolve, reject, timer });
      try {
        send(id);
      } catch (error) {
        const failed = new Red5Error('CALL_FAILED', 'the call could not be sent', { cause: error });
        this.#take(id)?.reject(failed);
      }
    });
  }

  /** Answers a call; returns false when no such call waits (any more). */
  resolve(id: number, value: unknown): boolean {
    const call = this.#take(id);
    call?.resolve(value);
    return call !== undefined;
  }

  /** Answers a call with the client's error; returns false when no such call waits (any more). */
  reject(id: number, message: string, answer?: unknown): boolean {
    const call = this.#take(id);
    call?.reject(new RemoteCallError(message, answer));
    return call !== undefined;
  }

  /** Fails all that wait, and all that come, with `NOT_CONNECTED`; safe twice. */
  close(): void {
    this.#isClosed = true;
    for (const id of [...this.#calls.keys()]) this.#take(id)?.reject(notConnected());
  }

  #take(id: number): Pending | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    call.timer.cancel();
    return call;
  }
}

function notConnected(): Red5Error {
  return new Red5Error('NOT_CONNECTED', 'the client is not connected');
}
