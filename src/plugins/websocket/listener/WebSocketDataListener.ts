import type { WebSocketConnection } from '../WebSocketConnection.ts';
import type { WSMessage } from '../WSMessage.ts';

/**
 * An application's own code for WebSocket messages; extend it and list it in the `listeners` of a `WebSocketScope`.
 *
 * Callbacks may be asynchronous. What one listener throws is logged and keeps nothing from the others, nor does it harm the
 * connection. Inside them `Red5.getConnectionLocal()` is undefined, as in Red5.
 *
 * @red5 org.red5.net.websocket.listener.IWebSocketDataListener
 * @red5 org.red5.net.websocket.listener.WebSocketDataListener
 */
export abstract class WebSocketDataListener {
  /**
   * The sub-protocol this listener speaks, such as `chat`; undefined when it does not care.
   *
   * When a client offers sub-protocols, the server answers with the first of them that is some listener's `protocol`.
   */
  protocol: string | undefined = undefined;

  /** A connection is open. What is sent here reaches it before anything else. */
  abstract onWSConnect(connection: WebSocketConnection): void | Promise<void>;

  /** A whole message arrived. */
  abstract onWSMessage(message: WSMessage): void | Promise<void>;

  /** A connection has ended, by either side; its attributes and scope are still there. Called once. */
  abstract onWSDisconnect(connection: WebSocketConnection): void | Promise<void>;

  /** The application stops and all connections have ended. */
  stop(): void | Promise<void> {
    // Nothing to release by default.
  }
}
