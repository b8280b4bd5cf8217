import type { IncomingHttpHeaders } from 'node:http';
import type { Writable } from 'node:stream';
import { BaseConnection, type CloseReason, type ConnectionOptions } from '../../../server/index.ts';

/** What a request for a stream said. @internal */
export interface FLVConnectionOptions extends Omit<ConnectionOptions, 'type'> {
  readonly headers: IncomingHttpHeaders;
}

/**
 * A player that gets a stream as FLV, in the answer to an HTTP request or in the messages of a WebSocket.
 *
 * A member of the scope of its path like any other connection, so `appConnect` and all that follows is asked about it; its
 * `connectParams` are the query parameters.
 */
export class FLVConnection extends BaseConnection {
  readonly headers: IncomingHttpHeaders;
  #output: Writable | undefined;
  #flush: (() => void) | undefined;
  #isClosing = false;

  /** @internal */
  constructor({ headers, ...options }: FLVConnectionOptions) {
    super({ ...options, type: 'flv' });
    this.headers = headers;
  }

  /** Whether this side has closed it. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Ends the stream after what was sent; a player that is too slow is cut off. Safe twice. */
  override close(reason: CloseReason = { kind: 'normal' }): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const output = this.#output;
    // Nobody waits for a player that is too slow, least of all a server that stops.
    const isStuck = reason.kind !== 'normal' && (output?.writableLength ?? 0) > 0;
    if (isStuck) {
      output?.destroy();
      return;
    }
    this.#flush?.();
    output?.end();
  }

  /**
   * Where it is written to, once the request is answered.
   *
   * @param flush - writes what was gathered
   * @internal
   */
  open(output: Writable, flush: () => void): void {
    this.#output = output;
    this.#flush = flush;
    if (this.#isClosing) output.end();
  }
}
