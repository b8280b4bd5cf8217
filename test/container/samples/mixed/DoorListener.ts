import { WebSocketDataListener, type WSMessage } from 'red5-node';
import type { Guestbook } from './services.ts';

export class DoorListener extends WebSocketDataListener {
  guestbook!: Guestbook;

  override onWSConnect(): void {}

  override onWSMessage(message: WSMessage): void {
    message.connection.send(this.guestbook.enter(message.messageAsString));
  }

  override onWSDisconnect(): void {}
}
