import { WebSocketDataListener, type WSMessage } from 'red5-node';
import type { Application } from './Application.ts';

/** Takes what browsers send. */
export class ChatListener extends WebSocketDataListener {
  /** Set in red5-web.yaml. */
  app!: Application;

  override onWSConnect(): void {}

  override onWSMessage(message: WSMessage): void {
    const room = message.connection.scope;
    const line = this.app.lineOf(parse(message.messageAsString));
    if (room !== undefined && line !== undefined) this.app.say(room, line);
  }

  override onWSDisconnect(): void {}
}

/** Anybody can send anything. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
