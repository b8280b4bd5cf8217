import type { Duplex } from 'node:stream';
import type { BeanInfo, Lifecycle, Timer } from '../../base/index.ts';
import { KeyCache } from '../../io/index.ts';
import type { PeerAddress, Red5Plugin, Server } from '../../server/index.ts';
import { ConnectPhase } from './ConnectPhase.ts';
import { BufferBudget } from './chunk/BufferBudget.ts';
import { INITIAL_CHUNK_SIZE } from './chunk/chunkLimits.ts';
import { type LinkServices, RTMPLink } from './link/RTMPLink.ts';
import { SharedObjectEncoder } from './message/SharedObjectEncoder.ts';
import { TurnFlusher } from './outbox/TurnFlusher.ts';
import type { ConnectionServices } from './RTMPConnection.ts';

const MiB = 1024 * 1024;

/** Everything that is made when the plugin starts. */
interface Running {
  readonly link: LinkServices;
  readonly connection: ConnectionServices;
  readonly ticks: Timer;
}

/**
 * Lets RTMP clients into the server: remote calls and shared objects, with either encoding.
 *
 * Has no port of its own; an {@link RTMPHandler} on a transport hands it the connections. Properties are read when it starts.
 *
 * @red5 org.red5.server.net.rtmp.RTMPConnManager
 */
export class RTMPPlugin implements Red5Plugin, Lifecycle {
  static readonly beanInfo: BeanInfo = {
    types: ['RTMPPlugin', 'Red5Plugin', 'Lifecycle'],
    properties: {
      server: 'Server',
      handshakeTimeoutMs: 'int',
      connectTimeoutMs: 'int',
      pingIntervalMs: 'int',
      maxInactivityMs: 'int',
      maxStalledMs: 'int',
      closeTimeoutMs: 'int',
      callTimeoutMs: 'int',
      maxPendingCalls: 'int',
      maxConnections: 'int',
      maxStreams: 'int',
      maxMessageBytes: 'int',
      maxChunkStreams: 'int',
      maxBufferedBytes: 'int',
      maxTotalBufferedBytes: 'int',
      maxQueuedBytes: 'int',
      maxTotalQueuedBytes: 'int',
      maxValueDepth: 'int',
      maxValues: 'int',
      maxStringBytes: 'int',
      maxExpandedBytes: 'int',
      outChunkSize: 'int',
      windowBytes: 'int',
      peerBandwidthBytes: 'int',
      fmsVer: 'string',
      capabilities: 'int',
      bandwidthDetection: 'boolean',
      exposeErrors: 'boolean',
    },
  };

  readonly name = 'RTMPPlugin';
  readonly phase = 0;
  server!: Server;

  /** Time for the handshake, from the first byte on. */
  handshakeTimeoutMs = 5_000;
  /** Time from the end of the handshake to the answer of `connect`. */
  connectTimeoutMs = 30_000;
  /** How often silent clients are asked for a sign of life. */
  pingIntervalMs = 5_000;
  /** Silence after which a client is dropped. */
  maxInactivityMs = 60_000;
  /** How long a client may take nothing of what waits for it. */
  maxStalledMs = 30_000;
  /** Time for a client to take the last bytes when the server closes. */
  closeTimeoutMs = 2_000;
  /** Time for a client to answer a call of the server. */
  callTimeoutMs = 30_000;
  /** Calls of the server that may wait for one client's answers. */
  maxPendingCalls = 1_000;
  /** Clients at a time, those that did not connect yet included. */
  maxConnections = 20_000;
  /** Net streams of one client at a time. */
  maxStreams = 16;
  /** Bytes of one message from a client. */
  maxMessageBytes: number = 4 * MiB;
  /** Chunk streams of one client. */
  maxChunkStreams = 64;
  /** Bytes of one client's unfinished messages. */
  maxBufferedBytes: number = 8 * MiB;
  /** Bytes of all clients' unfinished messages. */
  maxTotalBufferedBytes: number = 256 * MiB;
  /** Bytes that may wait for one slow client. */
  maxQueuedBytes: number = 1 * MiB;
  /** Bytes that may wait for all slow clients. */
  maxTotalQueuedBytes: number = 256 * MiB;
  /** Nesting of values from a client. */
  maxValueDepth = 64;
  /** Values in one message from a client. */
  maxValues = 100_000;
  /** Bytes of one text from a client. */
  maxStringBytes: number = 1 * MiB;
  /** Size of one message's values with references written out. */
  maxExpandedBytes: number = 16 * MiB;
  /** Size of the chunks that are sent; announced when it differs from RTMP's initial 128. */
  outChunkSize: number = INITIAL_CHUNK_SIZE;
  /** Bytes after which clients acknowledge. */
  windowBytes = 10_000_000;
  /** Bytes that clients may send ahead. */
  peerBandwidthBytes = 10_000_000;
  /** What clients are told as the server's name and version. */
  fmsVer = 'RED5/2,0,40,0';
  /** What clients are told as the server's abilities, in Flash Media Server's bits. */
  capabilities = 33;
  /** Whether each client's bandwidth is measured when it has connected; it needs methods `onBWCheck` and `onBWDone`. */
  bandwidthDetection = false;
  /** Whether clients are told the class of an error that a method threw; for development. */
  exposeErrors = false;

  readonly #links = new Set<RTMPLink>();
  #running: Running | undefined;
  #whenGone: (() => void) | undefined;

  /** Clients at the moment, those that did not connect yet included. */
  get connectionCount(): number {
    return this.#links.size;
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const { clock } = this.server;
    this.#running = {
      link: this.#linkServices(),
      connection: this.#connectionServices(),
      ticks: clock.every(this.pingIntervalMs, () => {
        for (const link of this.#links) link.tick();
      }),
    };
    await this.server.plugins.register(this);
  }

  /** Closes every client that is left and waits until all are gone or the deadline comes. */
  async stop(deadline?: AbortSignal): Promise<void> {
    if (this.#running === undefined) return;
    this.#running.ticks.cancel();
    this.#running = undefined;
    this.server.plugins.unregister(this);
    for (const link of this.#links) link.end();
    await this.#allGone(deadline);
  }

  /**
   * Takes a peer over, from its first byte on.
   *
   * @param stream - any duplex stream of bytes: a socket, TLS, a WebSocket's
   * @param head - bytes that were read already
   */
  accept(stream: Duplex, peer: PeerAddress, head: Buffer): void {
    if (this.#running === undefined || this.#links.size >= this.maxConnections) {
      this.server.logger.child('rtmp').warn('peer refused: the server takes no more connections', {
        remoteAddress: peer.remoteAddress,
        remotePort: peer.remotePort,
      });
      stream.on('error', () => undefined); // It may be gone already.
      stream.destroy();
      return;
    }
    const { connection, link: services } = this.#running;
    const link = new RTMPLink(stream, peer, services);
    this.#links.add(link);
    link.open(new ConnectPhase(link, connection, this), head);
  }

  #linkServices(): LinkServices {
    const { clock, logger } = this.server;
    return {
      limits: this,
      clock,
      logger: logger.child('rtmp'),
      flusher: new TurnFlusher(),
      inputBudget: new BufferBudget(this.maxTotalBufferedBytes),
      outputBudget: new BufferBudget(this.maxTotalQueuedBytes),
      onClosed: (link) => this.#gone(link),
    };
  }

  #connectionServices(): ConnectionServices {
    const { maxValues, maxStringBytes, maxExpandedBytes } = this;
    return {
      server: this.server,
      logger: this.server.logger.child('rtmp'),
      encoder: new SharedObjectEncoder(),
      amf: {
        limits: { maxDepth: this.maxValueDepth, maxValues, maxStringBytes, maxExpandedBytes },
        keys: new KeyCache(),
      },
      callTimeoutMs: this.callTimeoutMs,
      maxPendingCalls: this.maxPendingCalls,
      maxStreams: this.maxStreams,
      exposeErrors: this.exposeErrors,
    };
  }

  #gone(link: RTMPLink): void {
    this.#links.delete(link);
    if (this.#links.size === 0) this.#whenGone?.();
  }

  async #allGone(deadline: AbortSignal | undefined): Promise<void> {
    if (this.#links.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenGone = resolve;
      const cut = () => {
        for (const link of this.#links) link.destroy();
      };
      if (deadline?.aborted === true) cut();
      else deadline?.addEventListener('abort', cut, { once: true });
    });
  }
}
