import { type WebSocketConnection, WebSocketDataListener } from 'red5-node';
import type { Application } from './Application.ts';

/** Tells a browser that comes what is on air; the application tells it what changes. */
export class LiveListener extends WebSocketDataListener {
  /** Set in red5-web.yaml. */
  app!: Application;

  override onWSConnect(connection: WebSocketConnection): void {
    connection.send(JSON.stringify(this.app.onAir));
  }

  override onWSMessage(): void {}

  override onWSDisconnect(): void {}
}
