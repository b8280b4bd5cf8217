import type { BeanInfo } from '../../../base/index.ts';
import type { WebSocketConnection } from '../WebSocketConnection.ts';
import type { WSMessage } from '../WSMessage.ts';
import { WebSocketDataListener } from './WebSocketDataListener.ts';

/**
 * Sends every message to all connections of the same path, the sender included: a chat without code.
 *
 * @red5 org.red5.net.websocket.listener.DefaultWebSocketDataListener
 */
export class DefaultWebSocketDataListener extends WebSocketDataListener {
  static readonly beanInfo: BeanInfo = {
    types: ['DefaultWebSocketDataListener', 'WebSocketDataListener'],
    properties: { protocol: 'string' },
  };

  override onWSConnect(_connection: WebSocketConnection): void {
    // Everybody is welcome.
  }

  override onWSMessage(message: WSMessage): void {
    const { webSocketScope } = message.connection;
    webSocketScope?.send(
      message.messageType === 'text' ? message.messageAsString : message.payload,
    );
  }

  override onWSDisconnect(_connection: WebSocketConnection): void {
    // There is nobody to tell.
  }
}
