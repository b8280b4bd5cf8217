import type { WebSocketConnection } from './WebSocketConnection.ts';

/**
 * What kind of message a peer sent. Pings, pongs and close frames are answered by the server and reach nobody else.
 *
 * @red5 org.red5.net.websocket.model.MessageType
 */
export type MessageType = 'text' | 'binary';

/**
 * One whole message from a WebSocket peer, fragments joined.
 *
 * Payload and text can be read any number of times.
 *
 * @red5 org.red5.net.websocket.model.WSMessage
 */
export class WSMessage {
  readonly connection: WebSocketConnection;
  readonly messageType: MessageType;
  /** The bytes as they were sent; for a text its UTF-8. Not to be changed: all listeners get the same. */
  readonly payload: Buffer;
  /** When it arrived, in milliseconds since the epoch. */
  readonly timeStamp: number;
  #text: string | undefined;

  /** @internal */
  constructor(
    connection: WebSocketConnection,
    payload: Buffer,
    { isBinary, timeStamp }: { readonly isBinary: boolean; readonly timeStamp: number },
  ) {
    this.connection = connection;
    this.payload = payload;
    this.messageType = isBinary ? 'binary' : 'text';
    this.timeStamp = timeStamp;
  }

  /** Application and rooms of the connection it came from: `chat/room1`. */
  get path(): string {
    return this.connection.path;
  }

  /** The payload as text, exactly as it was sent. */
  get messageAsString(): string {
    this.#text ??= this.payload.toString();
    return this.#text;
  }
}
