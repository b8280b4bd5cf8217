import type {
  Connection,
  EndReason,
  MediaMessage,
  StreamSubscriber,
  SubscriberStream,
} from '../../../server/index.ts';
import { USER_CONTROL, userControl } from '../message/controlMessages.ts';
import { rtmpError } from '../rtmpErrors.ts';
import { forStream, MediaEngine } from './MediaEngine.ts';
import type { NetStreamHost } from './NetStreamHost.ts';
import type { RTMPBroadcast } from './RTMPBroadcast.ts';
import type { SharedPlayer } from './SharedPlayer.ts';
import { playComplete, sampleAccess, streamStatus } from './streamStatus.ts';

/** How often a slow client is told that it is. */
const SLOW_NOTICE_MS = 5000;

/** One client's playing of a stream over RTMP: says what Flash's `NetStream` says, and passes media on. */
export class RTMPPlayer implements StreamSubscriber, SharedPlayer {
  /** Live media comes through the one {@link RTMPBroadcast} of the stream. */
  readonly sharesLive = true;
  readonly streamID: number;
  readonly name: string;
  readonly #host: NetStreamHost;
  readonly #onEnded: () => void;
  #subscription: SubscriberStream | undefined;
  #broadcast: RTMPBroadcast | undefined;
  /** Encodes what is not shared: recordings. */
  #engine: MediaEngine | undefined;
  #lastSlowNotice = Number.NEGATIVE_INFINITY;

  constructor(host: NetStreamHost, streamID: number, name: string, onEnded: () => void) {
    this.#host = host;
    this.streamID = streamID;
    this.name = name;
    this.#onEnded = onEnded;
  }

  get connection(): Connection {
    return this.#host.connection;
  }

  get queuedBytes(): number {
    return this.#host.waitingBytes;
  }

  get subscription(): SubscriberStream {
    return this.#subscription as SubscriberStream;
  }

  /** Tells the client that it plays, and begins. */
  start(subscription: SubscriberStream, reset: boolean): void {
    this.#subscription = subscription;
    const host = this.#host;
    host.useMediaChunks();
    if (!subscription.isLive) this.#control(USER_CONTROL.streamIsRecorded);
    this.#control(USER_CONTROL.streamBegin);
    if (reset) this.#status('NetStream.Play.Reset', `Playing and resetting ${this.name}.`);
    this.#status('NetStream.Play.Start', `Started playing ${this.name}.`);
    host.send(sampleAccess(this.streamID));
    subscription.start();
    const { stream } = subscription;
    if (stream === undefined || !subscription.isOpen) return;
    this.#broadcast = host.broadcasts.of(stream);
    this.#broadcast.add(this);
  }

  /** Ends it; the client is told by whoever calls. */
  async close(): Promise<void> {
    this.#leave();
    await this.#subscription?.close();
  }

  send(bytes: readonly Buffer[]): void {
    this.#host.sendMedia(bytes);
  }

  write(bytes: Buffer): boolean {
    return this.#host.writeMedia(bytes);
  }

  deliver(message: MediaMessage): void {
    this.#engine ??= new MediaEngine(this.name);
    this.send([forStream(this.#engine.encode(message), this.streamID)]);
  }

  published(): void {
    this.#status('NetStream.Play.PublishNotify', `${this.name} is now published.`);
    this.#control(USER_CONTROL.streamBegin);
  }

  unpublished(): void {
    this.#broadcast?.flush();
    this.#status('NetStream.Play.UnpublishNotify', `${this.name} is now unpublished.`);
    this.#control(USER_CONTROL.streamEOF);
  }

  fellBehind(): void {
    const now = this.#host.clock.now();
    if (now - this.#lastSlowNotice < SLOW_NOTICE_MS) return;
    this.#lastSlowNotice = now;
    const description = 'Frames are left out because the client takes the stream too slowly.';
    const text = { description, details: this.name };
    this.#host.status(
      this.streamID,
      streamStatus(this.streamID, 'warning', 'NetStream.Play.InsufficientBW', text),
    );
  }

  ended(reason: EndReason): void {
    this.#leave();
    this.#onEnded();
    if (!this.#host.isOpen) return;
    if (reason === 'too-slow') {
      const why = `the client takes stream "${this.name}" too slowly`;
      this.#host.fail(rtmpError('RTMP_QUEUE_FULL', why));
      return;
    }
    if (reason === 'complete') {
      this.#host.send(playComplete(this.streamID, this.#subscription?.durationMs ?? 0));
    }
    this.#status('NetStream.Play.Stop', `Stopped playing ${this.name}.`);
    this.#control(USER_CONTROL.streamEOF);
  }

  #leave(): void {
    this.#broadcast?.remove(this);
    this.#broadcast = undefined;
  }

  #control(event: number): void {
    this.#host.send(userControl(event, this.streamID));
  }

  #status(code: string, description: string): void {
    const text = { description, details: this.name };
    this.#host.status(this.streamID, streamStatus(this.streamID, 'status', code, text));
  }
}
