import { readFile, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createServer, type Server as NodeTLSServer, type TLSSocket } from 'node:tls';
import {
  type BeanInfo,
  background,
  type Clock,
  createLogger,
  describeError,
  type Lifecycle,
  LifecycleError,
  type Logger,
  systemClock,
  type Timer,
} from '../../../base/index.ts';
import type { SocketHandler } from '../SocketHandler.ts';
import {
  fingerprintOf,
  type KeyAndCertificate,
  selfSignedCertificate,
} from './selfSignedCertificate.ts';

/** First byte of a TLS connection: a handshake record. */
const HANDSHAKE_RECORD = 0x16;

/**
 * TLS in front of other protocols: RTMPS, HTTPS, WSS.
 *
 * One among the handlers of a port, so TLS may have a port of its own or share one with what is not encrypted. The first decrypted
 * byte decides which of its own handlers gets the connection. New certificate files are used without a restart.
 *
 * @red5 org.red5.server.net.rtmps.RTMPSMinaIoHandler
 */
export class TLSHandler implements SocketHandler, Lifecycle {
  static readonly beanInfo: BeanInfo = {
    types: ['TLSHandler', 'SocketHandler', 'Lifecycle'],
    properties: {
      keyFile: 'string',
      certificateFile: 'string',
      selfSigned: 'boolean',
      hosts: 'list<string>',
      handlers: 'list<SocketHandler>',
      minVersion: 'string',
      maxVersion: 'string',
      reloadIntervalMs: 'int',
      handshakeTimeoutMs: 'int',
      firstByteTimeoutMs: 'int',
      logger: 'Logger',
    },
  };

  readonly protocolName = 'tls';
  readonly phase = 150;
  /** PEM file of the private key. */
  keyFile = '';
  /** PEM file of the certificate and those between it and the authority. */
  certificateFile = '';
  /** Whether a certificate is made at each start instead, which no client trusts; for development. Default false. */
  selfSigned = false;
  /** Names and addresses of a certificate made here. */
  hosts: readonly string[] = ['localhost', '127.0.0.1', '::1'];
  /** Protocols inside, by their first byte. */
  handlers: readonly SocketHandler[] = [];
  /** `TLSv1.2` or `TLSv1.3`. */
  minVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2';
  /** `TLSv1.2` or `TLSv1.3`. The librtmp of most distributions, as in rtmpdump, fails at RTMPS with 1.3. */
  maxVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3';
  /** How often the files are looked at for a change; 0 for never. Default 60,000. */
  reloadIntervalMs = 60_000;
  /** Time for the TLS handshake. Default 10,000. */
  handshakeTimeoutMs = 10_000;
  /** How long a peer may be silent after it. Default 5,000. */
  firstByteTimeoutMs = 5_000;
  clock: Clock = systemClock;
  logger: Logger | undefined;
  #server: NodeTLSServer | undefined;
  #watch: Timer | undefined;
  #stamp = '';
  /** Connections in their TLS handshake, by {@link placeOf}: Node does not say which socket a secured one came from. */
  readonly #handshakes = new Map<string, Socket>();
  /** Secured connections that said nothing yet. */
  readonly #silent = new Set<Socket>();

  /** @throws LifecycleError `TLS_CERTIFICATE` when the certificate cannot be read or does not fit the key */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const pair = await this.#load();
    try {
      this.#server = createServer({
        ...pair,
        minVersion: this.minVersion,
        maxVersion: this.maxVersion,
        handshakeTimeout: this.handshakeTimeoutMs,
      });
    } catch (error) {
      throw this.#certificateError(error);
    }
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error, socket) => {
      this.#log.info(`connection closed: ${error.message}`, peerOf(socket));
      socket.destroy();
    });
    if (this.selfSigned || this.reloadIntervalMs <= 0) return;
    this.#watch = this.clock.every(this.reloadIntervalMs, () =>
      background(this.reload(), this.#log, 'reloading the certificate'),
    );
  }

  stop(): void {
    this.#watch?.cancel();
    this.#watch = undefined;
    for (const socket of this.#handshakes.values()) socket.destroy();
    for (const socket of this.#silent) socket.destroy();
    this.#server = undefined;
  }

  /** The protocols inside, as addresses with TLS begin: `https`, `rtmps`. */
  get urlSchemes(): readonly string[] {
    return this.handlers.map(({ protocolName, urlScheme = protocolName }) => `${urlScheme}s`);
  }

  /** Takes new files into use if they changed; a pair that is not usable is logged, and the old one stays. */
  async reload(): Promise<boolean> {
    const server = this.#server;
    const before = this.#stamp;
    if (server === undefined || this.selfSigned) return false;
    try {
      if ((await this.#readStamp()) === before) return false;
      const { minVersion, maxVersion } = this;
      server.setSecureContext({ ...(await this.#load()), minVersion, maxVersion });
    } catch (error) {
      this.#log.error(`the new certificate is not used: ${describeError(error)}`);
      return false;
    }
    this.#log.info('the new certificate is in use', { certificateFile: this.certificateFile });
    return true;
  }

  acceptsFirstByte(byte: number): boolean {
    return byte === HANDSHAKE_RECORD;
  }

  handleSocket(socket: Socket, head: Buffer): void {
    if (this.#server === undefined) {
      socket.destroy();
      return;
    }
    const place = placeOf(socket);
    this.#handshakes.set(place, socket);
    socket.once('close', () => {
      if (this.#handshakes.get(place) === socket) this.#handshakes.delete(place);
    });
    socket.on('error', () => undefined); // 'close' follows
    const server = this.#server;
    // The transport sets the socket going when this returns, and then the bytes would be lost on their way to TLS.
    process.nextTick(() => {
      socket.pause();
      // What was read goes back, so that TLS finds its first record whole.
      socket.unshift(head);
      server.emit('connection', socket);
    });
  }

  #secured(socket: TLSSocket): void {
    // From here on it is closed through TLS, so that a protocol can end it in its own words.
    this.#handshakes.delete(placeOf(socket));
    const timer = this.clock.after(this.firstByteTimeoutMs, () => {
      this.#log.info('connection closed: it sent nothing', peerOf(socket));
      socket.destroy();
    });
    this.#silent.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      timer.cancel();
      this.#silent.delete(socket);
    });
    socket.once('data', (head) => {
      timer.cancel();
      this.#silent.delete(socket);
      this.#handOver(socket, head);
    });
  }

  #handOver(socket: TLSSocket, head: Buffer): void {
    const byte = head[0] ?? 0;
    const handler = this.handlers.find((candidate) => candidate.acceptsFirstByte(byte));
    if (handler === undefined) {
      this.#log.info('connection closed: no protocol begins like this', {
        ...peerOf(socket),
        firstByte: `0x${byte.toString(16).padStart(2, '0')}`,
      });
      socket.destroy();
      return;
    }
    socket.pause();
    try {
      handler.handleSocket(socket, head);
    } catch (error) {
      // A fault of the handler must not end the process with all its other connections.
      this.#log.error(
        `${handler.protocolName} could not take a connection: ${describeError(error)}`,
        { ...peerOf(socket), stack: error instanceof Error ? error.stack : undefined },
      );
      socket.destroy();
      return;
    }
    if (!socket.destroyed) socket.resume();
  }

  async #load(): Promise<KeyAndCertificate> {
    if (this.selfSigned) {
      const made = selfSignedCertificate(this.hosts, this.clock.now());
      this.#log.warn(
        'a certificate was made for development; clients have to be told to trust it',
        {
          fingerprint: fingerprintOf(made.cert),
        },
      );
      return made;
    }
    if (this.keyFile === '' || this.certificateFile === '') {
      throw this.#certificateError('set keyFile and certificateFile, or selfSigned');
    }
    try {
      this.#stamp = await this.#readStamp();
      const [key, cert] = await Promise.all([
        readFile(this.keyFile, 'utf8'),
        readFile(this.certificateFile, 'utf8'),
      ]);
      return { key, cert };
    } catch (error) {
      throw this.#certificateError(error);
    }
  }

  /** What tells one version of the files from another. */
  async #readStamp(): Promise<string> {
    const files = await Promise.all([stat(this.keyFile), stat(this.certificateFile)]);
    return files.map((file) => `${file.ino}:${file.mtimeMs}:${file.size}`).join(' ');
  }

  #certificateError(cause: unknown): LifecycleError {
    const { code, path } = cause as NodeJS.ErrnoException;
    if (code !== 'ENOENT') {
      const message = `no certificate for TLS: ${describeError(cause)}`;
      return new LifecycleError('TLS_CERTIFICATE', message, { phase: 'start', cause });
    }
    const message = `no certificate for TLS: there is no file ${path}; selfSigned makes one for development`;
    return new LifecycleError('TLS_CERTIFICATE', message, { phase: 'start' });
  }

  get #log(): Logger {
    this.logger ??= createLogger();
    return this.logger.child('tls');
  }
}

/** What a connection and the secured one around it have in common. */
function placeOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function peerOf(socket: Socket): Readonly<Record<string, unknown>> {
  return { remoteAddress: socket.remoteAddress, remotePort: socket.remotePort };
}
