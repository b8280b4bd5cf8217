import type { IncomingHttpHeaders } from 'node:http';
import type { WebSocket } from 'ws';
import { BaseConnection, type CloseReason } from '../../server/index.ts';
import { encodeBinaryFrame, encodeTextFrame, isTextFrame, payloadOf } from './frame/encodeFrame.ts';
import type { FanOut } from './frame/FanOut.ts';
import { FanOutMember, type FanOutOwner, type FanOutTarget } from './frame/FanOutMember.ts';
import type { SendOptions } from './SendOptions.ts';
import type { WebSocketScope } from './WebSocketScope.ts';
import type { WebSocketScopeManager } from './WebSocketScopeManager.ts';

/** Close codes of RFC 6455, 7.4.1, and the registered 1013. */
export const CLOSE_CODE = {
  NORMAL: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  POLICY_VIOLATION: 1008,
  TRY_AGAIN_LATER: 1013,
} as const;

const CODE_OF_REASON: Readonly<Record<CloseReason['kind'], number>> = {
  normal: CLOSE_CODE.NORMAL,
  shutdown: CLOSE_CODE.GOING_AWAY,
  rejected: CLOSE_CODE.POLICY_VIOLATION,
  policy: CLOSE_CODE.POLICY_VIOLATION,
  'protocol-error': CLOSE_CODE.PROTOCOL_ERROR,
};

/** RFC 6455, 5.5: a close frame's payload is at most 125 bytes, of which the code takes two. */
const MAX_REASON_BYTES = 123;

/** Who runs a connection. @internal */
export interface WebSocketConnectionOwner {
  /** The server shuts the connection's application down; the peer was told. */
  ended(connection: WebSocketConnection): void;
  /** A new version of the application takes a connection over. */
  leaveManager(connection: WebSocketConnection, silent: boolean): void;
  /** The connection is in the scope of the new version. False when that takes no part in WebSocket. */
  enterManager(connection: WebSocketConnection, silent: boolean): boolean;
}

/** What an opening handshake said. @internal */
export interface WebSocketConnectionOptions {
  readonly host: string;
  readonly path: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly secure: boolean;
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly protocol: string | undefined;
  readonly fanOut: FanOut;
  /** The manager of its application. */
  readonly manager: WebSocketScopeManager;
  readonly owner: WebSocketConnectionOwner;
}

/**
 * A browser or other program connected by WebSocket; a member of the scope of its path like any RTMP client.
 *
 * Messages sent before the handshake was answered are delivered right after it, in order.
 *
 * @red5 org.red5.net.websocket.WebSocketConnection
 */
export class WebSocketConnection extends BaseConnection implements FanOutOwner {
  /** All request headers of the handshake, names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The sub-protocol that was agreed on. */
  readonly protocol: string | undefined;
  /** Messages received. */
  receivedMessages = 0;
  /** Payload bytes received in messages. */
  receivedBytes = 0;
  /** The WebSocket scope of its path; undefined before it was added to one. */
  webSocketScope: WebSocketScope | undefined = undefined;
  /** When anything last came from the peer, a pong included; by the server's clock. @internal */
  lastActivity = 0;
  /** When the server last asked for a pong. @internal */
  lastPing = 0;
  /** Its place in groups, and its queue. @internal */
  readonly member: FanOutMember;
  /** The manager of its application; another one once a new version of that took over. @internal */
  manager: WebSocketScopeManager;
  readonly #owner: WebSocketConnectionOwner;
  /** What the peer sent while it goes over to a new version of its application; undefined when it does not. */
  #heldBack: (() => void)[] | undefined;
  #socket: WebSocket | undefined;
  #isClosing = false;
  #closeWith: { readonly code: number; readonly description: string } | undefined;

  /** @internal */
  constructor(options: WebSocketConnectionOptions) {
    super({
      type: 'websocket',
      host: options.host,
      path: options.path,
      remoteAddress: options.remoteAddress,
      remotePort: options.remotePort,
      secure: options.secure,
      connectParams: options.parameters,
    });
    this.headers = options.headers;
    this.protocol = options.protocol;
    this.manager = options.manager;
    this.#owner = options.owner;
    this.member = new FanOutMember(options.fanOut, this);
  }

  /** The session id, under the name Red5's WebSocket connections had for it. */
  get id(): string {
    return this.sessionID;
  }

  /** The query parameters, decoded; a parameter without value is an empty text. */
  get querystringParameters(): Readonly<Record<string, unknown>> {
    return this.connectParams;
  }

  /** The page's origin, such as `https://example.com`; undefined for programs that are no browsers. */
  get origin(): string | undefined {
    return this.headers.origin;
  }

  /** The browser or program, as it calls itself. */
  get userAgent(): string | undefined {
    return this.headers['user-agent'];
  }

  /** The agreed extensions: `permessage-deflate` or nothing. */
  get extensions(): string {
    return this.#socket?.extensions ?? '';
  }

  /** Messages handed to the socket. */
  get sentMessages(): number {
    return this.member.sentMessages;
  }

  /** Bytes handed to the socket, frame headers included. */
  get sentBytes(): number {
    return this.member.sentBytes;
  }

  /** Messages dropped or replaced because the peer reads too slowly. */
  get droppedMessages(): number {
    return this.member.droppedMessages;
  }

  /** Bytes waiting to be taken by the peer. */
  get queuedBytes(): number {
    return this.member.queuedBytes;
  }

  /** Without an open socket, nobody is there to be served. */
  override isGhost(): boolean {
    const socket = this.#socket;
    return socket !== undefined && socket.readyState === socket.CLOSED;
  }

  /** Whether this side has begun to close; messages that still arrive are ignored. */
  get isClosing(): boolean {
    return this.#isClosing;
  }

  override get canMove(): boolean {
    return this.#socket !== undefined && !this.#isClosing;
  }

  override suspend(): void {
    this.#heldBack ??= [];
    this.#socket?.pause();
  }

  /** Delivers what arrived since `suspend`, then goes on. */
  override resume(): void {
    const held = this.#heldBack ?? [];
    this.#heldBack = undefined;
    for (const deliver of held) deliver();
    this.#socket?.resume();
  }

  /** Keeps what arrived until the connection is resumed; false when it is not suspended. @internal */
  holdBack(deliver: () => void): boolean {
    this.#heldBack?.push(deliver);
    return this.#heldBack !== undefined;
  }

  override beginMove(silent: boolean): void {
    this.#owner.leaveManager(this, silent);
  }

  override endMove(silent: boolean): boolean {
    return this.#owner.enterManager(this, silent);
  }

  /** Sends a text, or bytes as a binary message. Ignored when the connection is closing. */
  send(data: string | Uint8Array, { key }: SendOptions = {}): void {
    const frame = typeof data === 'string' ? encodeTextFrame(data) : encodeBinaryFrame(data);
    this.member.send(frame, key);
  }

  /** Sends a ping with at most 125 bytes; the answering pong counts as activity. */
  sendPing(data: string | Uint8Array = ''): void {
    if (this.#socket?.readyState === 1) this.#socket.ping(data);
  }

  /** Sends an unasked pong; pings are answered by the server itself. */
  sendPong(data: string | Uint8Array = ''): void {
    if (this.#socket?.readyState === 1) this.#socket.pong(data);
  }

  /**
   * Closes the connection with a close frame after all that was sent; safe twice.
   *
   * @param reason - a reason, or a close code: 1000 by default
   * @param description - for the peer, cut to 123 bytes; with a code only
   * @throws RangeError when it is a code that may not be sent
   */
  override close(reason?: CloseReason | number, description = ''): void {
    if (typeof reason === 'number' && !maySend(reason)) {
      throw new RangeError(
        `${reason} is no close code: 1000 to 1014 are, but 1004 to 1006, and 3000 to 4999`,
      );
    }
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#closeWith =
      typeof reason === 'number'
        ? { code: reason, description }
        : {
            code: CODE_OF_REASON[reason?.kind ?? 'normal'],
            description: reason !== undefined && 'description' in reason ? reason.description : '',
          };
    this.#sendClose();
    if (this.#closeWith.code === CLOSE_CODE.GOING_AWAY) this.#owner.ended(this);
  }

  /** Cuts the connection without a close frame. */
  terminate(): void {
    this.#isClosing = true;
    this.member.close(true);
    this.#socket?.terminate();
  }

  /** The handshake was answered: what was sent until now is on its way. @internal */
  open(socket: WebSocket, target: FanOutTarget): void {
    this.#socket = socket;
    this.member.open(target);
    if (this.#isClosing) this.#sendClose();
  }

  /** @internal */
  onQueueOverflow(): void {
    this.close(CLOSE_CODE.TRY_AGAIN_LATER, 'too slow for what is sent');
  }

  #sendClose(): void {
    if (this.#socket === undefined || this.#closeWith === undefined) return;
    this.#socket.close(this.#closeWith.code, cutToBytes(this.#closeWith.description));
  }
}

/** Sends frames through `ws`, for connections whose messages it compresses. @internal */
export function sendThrough(socket: WebSocket): NonNullable<FanOutTarget['writeFrames']> {
  return (frames, done) => {
    for (const [at, frame] of frames.entries()) {
      const isLast = at === frames.length - 1;
      socket.send(payloadOf(frame), { binary: !isTextFrame(frame) }, isLast ? done : undefined);
    }
  };
}

/** RFC 6455, 7.4: what may stand in a close frame. */
function maySend(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return (
    (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999)
  );
}

/** Cuts between characters. */
function cutToBytes(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MAX_REASON_BYTES));
  return text.slice(0, read);
}
