import type { Socket } from 'node:net';

/**
 * A protocol that can take over a fresh TCP connection of a {@link TCPTransport}.
 *
 * Several handlers may share a port; the first byte decides.
 */
export interface SocketHandler {
  /** Name for the log: `rtmp`, `http`. */
  readonly protocolName: string;
  /** How addresses of this protocol begin, such as `ws`. Default the protocol's name. */
  readonly urlScheme?: string;
  /** The same for one that carries several. */
  readonly urlSchemes?: readonly string[];
  /** Whether a connection that begins with this byte is this protocol's. */
  acceptsFirstByte(byte: number): boolean;
  /** Takes the socket over, with the bytes already read. From here on its time-outs, errors and end are the handler's. */
  handleSocket(socket: Socket, head: Buffer): void;
}
