import type { WebSocketConnection } from '../WebSocketConnection.ts';
import type { WebSocketScope } from '../WebSocketScope.ts';

/**
 * Hears of the WebSocket scopes of an application as they come and go.
 *
 * @red5 org.red5.net.websocket.listener.IWebSocketScopeListener
 */
export interface WebSocketScopeListener {
  /** A scope was made for a path that had none; listeners may still be added to it. */
  scopeCreated?(scope: WebSocketScope): void;
  /** A scope takes part from now on. */
  scopeAdded?(scope: WebSocketScope): void;
  /** A scope takes no more part, as it was removed or its last connection has left. */
  scopeRemoved?(scope: WebSocketScope): void;
  /** A connection was added to a scope, before any data listener hears of it. */
  connectionAdded?(scope: WebSocketScope, connection: WebSocketConnection): void;
  /** A connection has left a scope, after all data listeners were told. */
  connectionRemoved?(scope: WebSocketScope, connection: WebSocketConnection): void;
}
