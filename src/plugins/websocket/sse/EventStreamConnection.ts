import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { BaseConnection, type CloseReason, type ConnectionOptions } from '../../../server/index.ts';
import { encodeTextFrame, isTextFrame, payloadOf } from '../frame/encodeFrame.ts';
import type { FanOut } from '../frame/FanOut.ts';
import { FanOutMember, type FanOutOwner } from '../frame/FanOutMember.ts';
import type { SendOptions } from '../SendOptions.ts';
import type { WebSocketScope } from '../WebSocketScope.ts';
import { encodeEvent, type StreamEvent } from './encodeEvent.ts';

/** What a request for events said. @internal */
export interface EventStreamOptions extends Omit<ConnectionOptions, 'type'> {
  readonly headers: IncomingHttpHeaders;
  readonly fanOut: FanOut;
  /** The connection was closed by this side. */
  readonly onClosing: (connection: EventStreamConnection) => void;
}

/**
 * A client that only listens, by server-sent events: for those who cannot use WebSocket.
 *
 * A member of the scope of its path like any other; it gets what is sent to the path's `WebSocketScope`.
 */
export class EventStreamConnection extends BaseConnection implements FanOutOwner {
  readonly headers: IncomingHttpHeaders;
  /** The WebSocket scope of its path; undefined before it was added to one. */
  webSocketScope: WebSocketScope | undefined = undefined;
  /** When something was last written to it; by the server's clock. @internal */
  lastWrite = 0;
  /** Its place in groups, and its queue. @internal */
  readonly member: FanOutMember;
  readonly #onClosing: (connection: EventStreamConnection) => void;
  #response: ServerResponse | undefined;
  #isClosing = false;

  /** @internal */
  constructor({ headers, fanOut, onClosing, ...options }: EventStreamOptions) {
    super({ ...options, type: 'sse' });
    this.headers = headers;
    this.#onClosing = onClosing;
    this.member = new FanOutMember(fanOut, this);
  }

  /** Whether this side has closed it. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  /** Sends a message to this client alone. */
  send(text: string, { key }: SendOptions = {}): void {
    this.member.send(encodeTextFrame(text), key);
  }

  /** @internal */
  onQueueOverflow(): void {
    this.close({ kind: 'policy', description: 'too slow for what is sent' });
  }

  /** Ends the stream after what was sent, with an event `close` that says why. Safe twice. */
  override close(reason: CloseReason = { kind: 'normal' }): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.member.close();
    const data = 'description' in reason ? reason.description : '';
    this.writeEvent({ event: 'close', data });
    this.#response?.end();
    this.#onClosing(this);
  }

  /** The answer has begun: what was sent until now is on its way. @internal */
  open(response: ServerResponse): void {
    this.#response = response;
    this.member.open({ socket: response, writeFrames: (frames) => this.#write(frames) });
  }

  /** Writes an event beside the queue. @internal */
  writeEvent(event: StreamEvent): void {
    this.#response?.write(encodeEvent(event));
  }

  /** Writes what a browser ignores, to keep proxies from closing a quiet stream. @internal */
  writeComment(): void {
    this.#response?.write(': keep-alive\n\n');
  }

  #write(frames: readonly Buffer[]): void {
    const history = this.webSocketScope?.history;
    let text = '';
    for (const frame of frames) {
      const id = history?.idOf(frame);
      const payload = payloadOf(frame);
      text += encodeEvent({
        ...(id === undefined ? {} : { id }),
        ...(isTextFrame(frame)
          ? { data: payload.toString() }
          : { event: 'binary', data: payload.toString('base64') }),
      });
    }
    this.#response?.write(text);
  }
}
