import type { Duplex } from 'node:stream';

/** Where the bytes of a connection come from. */
export interface PeerAddress {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** True when they came through TLS. */
  readonly secure: boolean;
}

/**
 * A protocol of plain bytes that can also be spoken inside another, such as in the binary messages of a WebSocket.
 *
 * Where one message ends and the next begins means nothing to it.
 */
export interface StreamHandler {
  /** Name for the log, and as WebSocket sub-protocol: `rtmp`. */
  readonly protocolName: string;
  /** Takes the stream over. From here on its time-outs, errors and end are the handler's. */
  handleStream(stream: Duplex, peer: PeerAddress): void;
}
