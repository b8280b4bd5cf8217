import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A protocol that HTTP connections can be upgraded to, such as WebSocket. The HTTP server asks its handlers in order. */
export interface UpgradeHandler {
  /** Lower-case value of the `Upgrade` header: `websocket`. */
  readonly upgradeName: string;
  /** Takes the connection over, or answers it with an HTTP error and closes it. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}
