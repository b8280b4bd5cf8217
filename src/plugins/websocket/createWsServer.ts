import type { IncomingMessage } from 'node:http';
import { WebSocketServer } from 'ws';
import { SessionSocket } from './SessionSocket.ts';
import type { WebSocketSettings } from './WebSocketSettings.ts';

type WsOptions = NonNullable<ConstructorParameters<typeof WebSocketServer>[0]>;

/**
 * Makes the `ws` server that completes handshakes; it never listens.
 *
 * @param protocolOf - the sub-protocol agreed on for a request
 */
export function createWsServer(
  settings: WebSocketSettings,
  protocolOf: (request: IncomingMessage) => string | false,
): WebSocketServer {
  // `closeTimeout` is an option of ws that its type package does not list yet.
  const options: WsOptions & { readonly closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    WebSocket: SessionSocket,
    maxPayload: settings.maxMessageBytes,
    maxFragments: settings.maxFragments,
    closeTimeout: settings.closeTimeoutMs,
    handleProtocols: (_protocols, request) => protocolOf(request),
    perMessageDeflate: settings.perMessageDeflate && {
      threshold: settings.deflateThresholdBytes,
      // Bounded memory: no state is kept between messages, and few are compressed at a time.
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 12,
      concurrencyLimit: 4,
      zlibDeflateOptions: { level: 1, memLevel: 5 },
    },
  };
  return new WebSocketServer(options);
}
