import type { IncomingMessage } from 'node:http';
import { WebSocketServer } from 'ws';
import { WINDOW_BITS } from './handshake/offersCompression.ts';
import { SessionSocket } from './SessionSocket.ts';
import type { WebSocketSettings } from './WebSocketSettings.ts';

/** A frame may come in so many reads at least, and in more when it may be so large that reads of so many bytes make it up. */
const MIN_CHUNKS = 1024;
const BYTES_PER_CHUNK = 512;

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
  // Options of ws that its type package does not list yet.
  const options: WsOptions & { readonly closeTimeout: number; readonly maxBufferedChunks: number } =
    {
      noServer: true,
      clientTracking: false,
      WebSocket: SessionSocket,
      maxPayload: settings.maxMessageBytes,
      maxFragments: settings.maxFragments,
      // Each read is kept as a buffer of its own, which for single bytes takes hundreds of times their size.
      maxBufferedChunks: Math.max(
        MIN_CHUNKS,
        Math.ceil(settings.maxMessageBytes / BYTES_PER_CHUNK),
      ),
      closeTimeout: settings.closeTimeoutMs,
      handleProtocols: (_protocols, request) => protocolOf(request),
      perMessageDeflate: settings.perMessageDeflate && {
        threshold: settings.deflateThresholdBytes,
        // Bounded memory: small windows, nothing kept between messages, few compressed at a time. A client that cannot have such a
        // window goes without compression.
        serverNoContextTakeover: true,
        clientNoContextTakeover: true,
        serverMaxWindowBits: WINDOW_BITS,
        clientMaxWindowBits: WINDOW_BITS,
        concurrencyLimit: 4,
        zlibDeflateOptions: { level: 1, memLevel: 5 },
      },
    };
  return new WebSocketServer(options);
}
