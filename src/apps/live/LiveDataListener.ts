import { type WebSocketConnection, WebSocketDataListener, type WSMessage } from 'red5-node';
import type { Conversation } from './Conversation.ts';
import type { StreamList } from './StreamList.ts';

/**
 * What browsers talk to: they are told which streams there are when they come, and what they say goes to everybody in their room.
 *
 * Frames to browsers are JSON: `{"streams": […]}` has the whole list, `{"line": "…"}` what somebody said.
 */
export class LiveDataListener extends WebSocketDataListener {
  /** Which streams there are. Set by the bean file. */
  streams!: StreamList;
  /** Who carries what is said. Set by the bean file. */
  conversation!: Conversation;
  /** The sub-protocol that clients ask for. */
  override protocol: string | undefined = 'live';

  override onWSConnect(connection: WebSocketConnection): void {
    connection.send(this.streams.toFrame());
  }

  override onWSMessage(message: WSMessage): void {
    const { scope } = message.connection;
    if (scope === undefined || message.messageType !== 'text') return;
    const line = message.messageAsString;
    if (line.trim() !== '') this.conversation.say(scope, line);
  }

  override onWSDisconnect(_connection: WebSocketConnection): void {
    // The conversation hears of it from the application, as of every client.
  }
}
