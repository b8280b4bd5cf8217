import { WebSocket } from 'ws';
import type { MessageRate } from './limits/MessageRate.ts';
import type { WebSocketConnection } from './WebSocketConnection.ts';

/** Who is told what happens on a {@link SessionSocket}. */
export interface SessionHandler {
  /** A whole message came. */
  received(socket: SessionSocket, connection: WebSocketConnection, message: RawMessage): void;
  /** A ping or pong came. */
  alive(connection: WebSocketConnection): void;
  /** The peer broke the protocol; `ws` sends the close frame. */
  failed(connection: WebSocketConnection, error: Error): void;
  /** The socket has closed. */
  closed(socket: SessionSocket, connection: WebSocketConnection): void;
}

/** A message as `ws` hands it over. */
export interface RawMessage {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

interface Session {
  readonly handler: SessionHandler;
  readonly connection: WebSocketConnection;
}

/**
 * A socket of `ws` that tells one handler what happens.
 *
 * It overrides `emit`: five listeners would cost each idle connection 400 bytes, and each message a look-up among them.
 */
export class SessionSocket extends WebSocket {
  #session: Session | undefined;
  /** How much the peer sent; made at its first message. */
  rate: MessageRate | undefined;

  /** Begins to tell the handler. */
  begin(session: Session): void {
    this.#session = session;
  }

  override emit(event: string | symbol, ...values: unknown[]): boolean {
    const session = this.#session;
    if (session === undefined) return super.emit(event, ...values);
    const { handler, connection } = session;
    switch (event) {
      case 'message':
        handler.received(this, connection, {
          data: values[0] as Buffer,
          isBinary: values[1] as boolean,
        });
        return true;
      case 'ping':
      case 'pong':
        handler.alive(connection);
        return true;
      case 'error':
        handler.failed(connection, values[0] as Error);
        return true;
      case 'close':
        handler.closed(this, connection);
        return true;
      default:
        return super.emit(event, ...values);
    }
  }

  /** `ws` sends a close frame of its own accord too, in answer to the peer's or to an error: what is pending has to go first. */
  override close(code?: number, data?: string | Buffer): void {
    this.#session?.connection.member.close();
    super.close(code, data);
  }
}
