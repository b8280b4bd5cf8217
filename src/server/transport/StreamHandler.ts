import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AdmittedRequest, RequestRefusal } from './RequestGate.ts';

/** Where the bytes of a connection come from. */
export interface PeerAddress {
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** True when they came through TLS. */
  readonly secure: boolean;
}

/** A yes to a request; exactly one of its methods is called. */
export interface StreamTicket {
  /** Takes the stream over, as {@link StreamHandler.handleStream}. */
  open(stream: Duplex): void;
  /** The client has gone before the stream began. */
  cancel(): void;
}

/**
 * A protocol of plain bytes that can also be spoken inside another, such as in the binary messages of a WebSocket.
 *
 * Where one message ends and the next begins means nothing to it.
 */
export interface StreamHandler {
  /** Name for the log, and as WebSocket sub-protocol: `rtmp`. */
  readonly protocolName: string;
  /** Whether a request is this protocol's by its address, whatever sub-protocol it names. Default: none is. */
  acceptsTarget?(target: string): boolean;
  /** Decides on a request before it is answered with more than a refusal. Default: all are let in. */
  admit?(
    request: IncomingMessage,
    admitted: AdmittedRequest,
  ): Promise<StreamTicket | RequestRefusal>;
  /** Takes the stream over. From here on its time-outs, errors and end are the handler's. */
  handleStream(stream: Duplex, peer: PeerAddress): void;
}
