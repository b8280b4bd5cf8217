import type { Duplex } from 'node:stream';
import {
  type Clock,
  describeError,
  type Logger,
  ProtocolError,
  type Timer,
} from '../../../base/index.ts';
import type { PeerAddress, SharedObjectBatch } from '../../../server/index.ts';
import type { BufferBudget } from '../chunk/BufferBudget.ts';
import { ChunkReader } from '../chunk/ChunkReader.ts';
import { INITIAL_CHUNK_SIZE } from '../chunk/chunkLimits.ts';
import { encodeMessage } from '../chunk/encodeMessage.ts';
import type { RTMPMessage } from '../chunk/RTMPMessage.ts';
import { ServerHandshake } from '../handshake/ServerHandshake.ts';
import { setChunkSize } from '../message/controlMessages.ts';
import { Outbox } from '../outbox/Outbox.ts';
import type { TurnFlusher } from '../outbox/TurnFlusher.ts';
import { rtmpError } from '../rtmpErrors.ts';
import { LinkControl } from './LinkControl.ts';
import type { LinkLimits } from './LinkLimits.ts';

/** What all links of a server share. */
export interface LinkServices {
  readonly limits: LinkLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly flusher: TurnFlusher;
  /** Memory for unfinished messages. */
  readonly inputBudget: BufferBudget;
  /** Memory for what waits for slow readers. */
  readonly outputBudget: BufferBudget;
  /** Called once for each link, when nothing more comes or goes. */
  readonly onClosed: (link: RTMPLink) => void;
}

/** Who uses a {@link RTMPLink}. */
export interface LinkListener {
  /** Takes a message that is not about the link itself; an error it throws closes the link. */
  messageReceived(message: RTMPMessage): void;
  /** Makes the bytes of shared-object messages that were put together for a slow reader. */
  encodeSharedObject(batch: SharedObjectBatch): Buffer;
  /** Called once, when nothing more comes or goes. */
  linkClosed(): void;
}

/**
 * One peer's bytes: handshake, chunks, and the messages that are about the link itself.
 *
 * Works on any duplex stream: a socket, TLS, a WebSocket, a tunnel. Everything a peer does wrong ends here in one log line and
 * a closed link.
 */
export class RTMPLink {
  readonly peer: PeerAddress;
  readonly #stream: Duplex;
  readonly #services: LinkServices;
  readonly #reader: ChunkReader;
  readonly #control: LinkControl;
  readonly #outbox: Outbox;
  #listener: LinkListener | undefined;
  #handshake: ServerHandshake | undefined;
  #outChunkSize = INITIAL_CHUNK_SIZE;
  #timer: Timer | undefined;
  #stallTimer: Timer | undefined;
  #isConnected = false;
  #pauses = 0;
  #state: 'open' | 'ending' | 'closed' = 'open';

  constructor(stream: Duplex, peer: PeerAddress, services: LinkServices) {
    this.#stream = stream;
    this.peer = peer;
    this.#services = services;
    this.#reader = new ChunkReader(services.limits, services.inputBudget);
    this.#control = new LinkControl({
      peer,
      reader: this.#reader,
      clock: services.clock,
      logger: services.logger,
      maxInactivityMs: services.limits.maxInactivityMs,
      send: (message) => this.send(message),
    });
    this.#outbox = new Outbox({
      stream,
      flusher: services.flusher,
      maxQueuedBytes: services.limits.maxQueuedBytes,
      budget: services.outputBudget,
      encode: (batch) => (this.#listener as LinkListener).encodeSharedObject(batch),
      onStalled: (stalled) => this.#stalled(stalled),
      onOverflow: (error) => this.fail(error),
    });
  }

  /** Bytes received so far, the handshake included. */
  get readBytes(): number {
    return this.#control.readBytes;
  }

  /** Bytes sent so far, the handshake not included. */
  get writtenBytes(): number {
    return this.#outbox.writtenBytes;
  }

  /** Bytes that the peer has not taken yet. */
  get queuedBytes(): number {
    return this.#outbox.queuedBytes;
  }

  /** Whether the peer takes what is sent too slowly. */
  get isStalled(): boolean {
    return this.#outbox.isStalled;
  }

  /** Milliseconds the last answered ping took; -1 before the first. */
  get roundTripMs(): number {
    return this.#control.roundTripMs;
  }

  /** Size of the chunks that are sent. */
  get outChunkSize(): number {
    return this.#outChunkSize;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Begins to read. The listener hears of every message, and once of the end. */
  open(listener: LinkListener, head: Buffer): void {
    const { clock, limits } = this.#services;
    this.#listener = listener;
    this.#handshake = new ServerHandshake(clock.now());
    this.#timer = clock.after(limits.handshakeTimeoutMs, () => {
      const waited = `not finished after ${limits.handshakeTimeoutMs} ms`;
      this.fail(rtmpError('RTMP_HANDSHAKE_TIMEOUT', `handshake ${waited}`));
    });
    this.#stream.on('data', (bytes: Buffer) => this.#received(bytes));
    this.#stream.on('drain', () => this.#outbox.drained());
    this.#stream.on('error', (error) => this.#streamFailed(error));
    this.#stream.on('close', () => this.#closed());
    if (head.length > 0) this.#received(head);
  }

  /** Goes over to another listener, which hears of the held messages first. */
  handOver(listener: LinkListener, held: readonly RTMPMessage[]): void {
    this.#listener = listener;
    this.#guard(() => {
      for (const message of held) {
        if (this.#state === 'open') listener.messageReceived(message);
      }
    });
  }

  /** Ends the time for the connect command; from now on the peer has to show signs of life. */
  connected(): void {
    this.#isConnected = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Stops handing on messages until {@link resume} was called as often; a peer that goes on sending has to wait. */
  pause(): void {
    this.#pauses += 1;
    this.#stream.pause();
  }

  resume(): void {
    this.#pauses -= 1;
    if (this.#pauses > 0 || this.#state !== 'open') return;
    this.#stream.resume();
    this.#guard(() => this.#handOnMessages());
  }

  /** Queues a message. */
  send(message: RTMPMessage): void {
    this.#outbox.send(encodeMessage(message, this.#outChunkSize));
  }

  /** Queues a message that was encoded for {@link outChunkSize}, with what it says about a shared object. */
  sendEncoded(bytes: Buffer, batch: SharedObjectBatch): void {
    this.#outbox.send(bytes, batch);
  }

  /** Queues media that was encoded for {@link outChunkSize}; how much may wait is up to the caller. */
  sendMedia(bytes: readonly Buffer[]): void {
    this.#outbox.sendMedia(bytes);
  }

  /** Writes media at once if nothing goes before it; returns false when something does, and {@link sendMedia} has to be used. */
  writeMedia(bytes: Buffer): boolean {
    return this.#outbox.writeMedia(bytes);
  }

  /** Announces another size for the chunks that follow, and uses it. */
  changeOutChunkSize(bytes: number): void {
    if (bytes === this.#outChunkSize) return;
    // What waits was encoded for the size so far, and may not be put together for the new one.
    this.#outbox.keepApart();
    this.send(setChunkSize(bytes));
    this.#outChunkSize = bytes;
  }

  /** Looks after a connected peer; called at each interval. Asks it for a sign of life if it gave none since the last call. */
  tick(): void {
    if (this.#state !== 'open' || !this.#isConnected) return;
    this.#guard(() => this.#control.tick());
  }

  /** Closes after everything queued was sent, or after a time. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#stopTimers();
    this.#outbox.end();
    this.#stream.resume(); // Otherwise the end of a paused stream is never seen.
    this.#timer = this.#services.clock.after(this.#services.limits.closeTimeoutMs, () =>
      this.#stream.destroy(),
    );
  }

  /** Closes at once, without a word. */
  destroy(): void {
    this.#stream.destroy();
  }

  /** Closes at once because of what the peer did, with one log line. */
  fail(error: unknown): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#log(error);
    this.#stopTimers();
    this.#outbox.close();
    this.#stream.destroy();
  }

  #received(bytes: Buffer): void {
    if (this.#state !== 'open') return;
    this.#control.heard(bytes.length);
    this.#guard(() => {
      if (this.#handshake !== undefined) {
        this.#shake(this.#handshake, bytes);
      } else {
        this.#reader.push(bytes);
      }
      this.#handOnMessages();
      this.#control.acknowledge();
    });
    // Whoever handed the stream over may have set it going again.
    if (this.#pauses > 0) this.#stream.pause();
  }

  #shake(handshake: ServerHandshake, bytes: Buffer): void {
    const { reply, rest } = handshake.receive(bytes);
    if (reply !== undefined) this.#stream.write(reply);
    if (rest === undefined) return;
    const { clock, limits } = this.#services;
    this.#handshake = undefined;
    this.#timer?.cancel();
    this.#timer = clock.after(limits.connectTimeoutMs, () => {
      const waited = `no connect command after ${limits.connectTimeoutMs} ms`;
      this.fail(rtmpError('RTMP_CONNECT_TIMEOUT', waited));
    });
    if (rest.length > 0) this.#reader.push(rest);
  }

  #handOnMessages(): void {
    while (this.#pauses === 0 && this.#state === 'open' && this.#handshake === undefined) {
      const message = this.#reader.next();
      if (message === undefined) return;
      if (!this.#control.take(message)) (this.#listener as LinkListener).messageReceived(message);
    }
  }

  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.fail(error);
    }
  }

  #stalled(stalled: boolean): void {
    this.#stallTimer?.cancel();
    this.#stallTimer = undefined;
    if (!stalled) return;
    const { clock, limits } = this.#services;
    this.#stallTimer = clock.after(limits.maxStalledMs, () =>
      this.fail(rtmpError('RTMP_STALLED', `the peer reads nothing for ${limits.maxStalledMs} ms`)),
    );
  }

  #streamFailed(error: Error): void {
    // A peer that is simply gone is nothing to report; 'close' follows.
    this.#services.logger.debug(`connection broke: ${error.message}`, { ...this.peer });
  }

  #closed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#stopTimers();
    this.#outbox.close();
    this.#reader.close();
    (this.#listener as LinkListener).linkClosed();
    this.#services.onClosed(this);
  }

  #stopTimers(): void {
    this.#timer?.cancel();
    this.#stallTimer?.cancel();
    this.#timer = undefined;
    this.#stallTimer = undefined;
  }

  #log(error: unknown): void {
    const { logger } = this.#services;
    const fields = { remoteAddress: this.peer.remoteAddress, remotePort: this.peer.remotePort };
    if (error instanceof ProtocolError) {
      logger.warn(`peer dropped: ${error.message}`, { ...fields, code: error.code });
      return;
    }
    const stack = error instanceof Error ? error.stack : undefined;
    logger.error(`peer dropped after an error of the server: ${describeError(error)}`, {
      ...fields,
      stack,
    });
  }
}
