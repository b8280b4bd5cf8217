import { type Clock, Red5Error, type Timer } from '../../base/index.ts';

interface Pending {
  readonly method: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: Timer;
}

/** The first number for calls of the server; 1 is the client's `connect`. */
const FIRST_TRANSACTION = 2;

/** Options of {@link PendingCalls}. */
export interface PendingCallOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxCalls: number;
}

/** Calls of the server that a client has not answered; each ends exactly once. */
export class PendingCalls {
  readonly #options: PendingCallOptions;
  readonly #pending = new Map<number, Pending>();
  #next = FIRST_TRANSACTION;
  #closed = false;

  constructor(options: PendingCallOptions) {
    this.#options = options;
  }

  /** Calls that wait. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Notes a call and has it sent under the number it was given.
   *
   * @returns the client's answer; rejects with code `CALL_FAILED`, `CALL_TIMED_OUT`, `CALL_LIMIT` or `NOT_CONNECTED`
   */
  open(method: string, send: (transactionID: number) => void): Promise<unknown> {
    if (this.#closed) return Promise.reject(notConnected(method));
    const { clock, timeoutMs, maxCalls } = this.#options;
    if (this.#pending.size >= maxCalls) {
      const message = `${maxCalls} calls wait for their answers, "${method}" is one too many`;
      return Promise.reject(new Red5Error('CALL_LIMIT', message));
    }
    const transactionID = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      const timer = clock.after(timeoutMs, () => {
        this.#pending.delete(transactionID);
        const message = `"${method}" was not answered within ${timeoutMs} ms`;
        reject(new Red5Error('CALL_TIMED_OUT', message));
      });
      this.#pending.set(transactionID, { method, resolve, reject, timer });
      send(transactionID);
    });
  }

  /** Ends a call with the client's answer; answers to nothing are ignored. */
  answer(transactionID: number, ok: boolean, value: unknown): void {
    const pending = this.#pending.get(transactionID);
    if (pending === undefined) return;
    this.#pending.delete(transactionID);
    pending.timer.cancel();
    if (ok) pending.resolve(value);
    else pending.reject(callFailed(pending.method, value));
  }

  /** Ends all calls, since the client has gone. */
  close(): void {
    this.#closed = true;
    for (const pending of this.#pending.values()) {
      pending.timer.cancel();
      pending.reject(notConnected(pending.method));
    }
    this.#pending.clear();
  }
}

function notConnected(method: string): Red5Error {
  return new Red5Error('NOT_CONNECTED', `"${method}" has no answer, the client has gone`);
}

function callFailed(method: string, info: unknown): Red5Error {
  const described = (info as { description?: unknown } | null | undefined)?.description;
  const reason = typeof described === 'string' ? `: ${described}` : '';
  return new Red5Error('CALL_FAILED', `the client failed in "${method}"${reason}`, { cause: info });
}
