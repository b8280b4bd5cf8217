import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { BeanInfo } from '../../base/index.ts';
import type { PeerAddress, SocketHandler, StreamHandler } from '../../server/index.ts';
import type { RTMPPlugin } from './RTMPPlugin.ts';

/** First bytes of RTMP (3) and of its encrypted variants, which are refused with a reason. */
const FIRST_BYTES: ReadonlySet<number> = new Set([3, 6, 8, 9]);

/**
 * Gives RTMP connections to the {@link RTMPPlugin}: those of a port, and those that come inside another protocol.
 *
 * Several ports may share one.
 *
 * @red5 org.red5.server.net.rtmp.RTMPHandler
 */
export class RTMPHandler implements SocketHandler, StreamHandler {
  static readonly beanInfo: BeanInfo = {
    types: ['RTMPHandler', 'SocketHandler', 'StreamHandler'],
    constructors: [[['plugin', 'RTMPPlugin']]],
  };

  readonly protocolName = 'rtmp';
  readonly #plugin: RTMPPlugin;

  constructor(plugin: RTMPPlugin) {
    this.#plugin = plugin;
  }

  acceptsFirstByte(byte: number): boolean {
    return FIRST_BYTES.has(byte);
  }

  handleSocket(socket: Socket, head: Buffer): void {
    socket.setNoDelay(true);
    const peer = {
      remoteAddress: socket.remoteAddress ?? '',
      remotePort: socket.remotePort ?? 0,
      secure: 'encrypted' in socket,
    };
    this.#plugin.accept(socket, peer, head);
  }

  handleStream(stream: Duplex, peer: PeerAddress): void {
    this.#plugin.accept(stream, peer, Buffer.alloc(0));
  }
}
