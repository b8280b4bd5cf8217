import type { Socket } from 'node:net';
import type { BeanInfo } from '../../base/index.ts';
import type { SocketHandler } from '../../server/index.ts';
import type { RTMPPlugin } from './RTMPPlugin.ts';

/** First bytes of RTMP (3) and of its encrypted variants, which are refused with a reason. */
const FIRST_BYTES: ReadonlySet<number> = new Set([3, 6, 8, 9]);

/**
 * Gives the RTMP connections of a port to the {@link RTMPPlugin}; several ports may have one each.
 *
 * @red5 org.red5.server.net.rtmp.RTMPHandler
 */
export class RTMPHandler implements SocketHandler {
  static readonly beanInfo: BeanInfo = {
    types: ['RTMPHandler', 'SocketHandler'],
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
}
