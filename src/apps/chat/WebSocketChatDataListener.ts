import { type WebSocketConnection, WebSocketDataListener, type WSMessage } from 'red5-node';
import type { Router } from './Router.ts';

/**
 * Takes lines from browsers.
 *
 * A line is one text message, of any form; a client that wants to say more than text sends JSON, which is passed on as it is.
 *
 * @red5 org.red5.demos.chat.WebSocketChatDataListener
 */
export class WebSocketChatDataListener extends WebSocketDataListener {
  /** Who carries the lines. Set by the bean file. */
  router!: Router;
  /** The sub-protocol that clients ask for. */
  override protocol: string | undefined = 'chat';

  /** A browser came. What is sent to it here arrives before anything else. */
  override onWSConnect(_connection: WebSocketConnection): void {
    // Nothing to say: it hears what is said from now on.
  }

  /** A browser said something. It hears its own line like everybody else, once the line is out. */
  override onWSMessage(message: WSMessage): void {
    if (message.messageType !== 'text') return; // there is no line in bytes
    const line = message.messageAsString;
    if (line.trim() === '') return;
    this.router.route(pathInApplication(message.connection), line);
  }

  /** A browser left. */
  override onWSDisconnect(_connection: WebSocketConnection): void {
    // The router hears of it from the application, as of every client.
  }
}

/** `chat/room1/room2` as `room1/room2`: the rest of the path after the application. */
function pathInApplication(connection: WebSocketConnection): string {
  const [, ...rooms] = connection.path.split('/');
  return rooms.join('/');
}
