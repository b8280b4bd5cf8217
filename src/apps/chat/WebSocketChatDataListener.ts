import { type WebSocketConnection, WebSocketDataListener, type WSMessage } from 'red5-node';
import type { Router } from './Router.ts';

/**
 * Takes lines from browsers.
 *
 * A line is one text message, of any form; a client that has more to say than a text sends JSON, which is passed on as it is.
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
    const { scope } = message.connection; // the application or the room that the URL named
    if (scope === undefined || message.messageType !== 'text') return;
    const line = message.messageAsString;
    if (line.trim() !== '') this.router.route(scope.fullPath, line);
  }

  /** A browser left. */
  override onWSDisconnect(_connection: WebSocketConnection): void {
    // The router hears of it from the application, as of every client.
  }
}
