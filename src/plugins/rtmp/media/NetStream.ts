import { background, describeError, ProtocolError } from '../../../base/index.ts';
import type {
  MediaType,
  Publication,
  PublicationEnd,
  PublishMode,
  StreamRefused,
} from '../../../server/index.ts';
import type { RTMPMessage } from '../chunk/RTMPMessage.ts';
import { MESSAGE_TYPE } from '../message/messageType.ts';
import { rtmpError } from '../rtmpErrors.ts';
import { readDataMessage } from './dataMessage.ts';
import type { NetStreamHost } from './NetStreamHost.ts';
import { RTMPPlayer } from './RTMPPlayer.ts';
import { readAggregate } from './readAggregate.ts';
import { readStreamName } from './readStreamName.ts';
import { streamStatus } from './streamStatus.ts';

/** What a client may send ahead on one stream while the application decides; more media is lost, more commands close it. */
const MAX_HELD_BYTES = 1024 * 1024;
const MAX_HELD = 256;

const MEDIA_TYPES: ReadonlyMap<number, MediaType> = new Map([
  [MESSAGE_TYPE.audio, 'audio'],
  [MESSAGE_TYPE.video, 'video'],
  [MESSAGE_TYPE.dataAMF0, 'data'],
  [MESSAGE_TYPE.dataAMF3, 'data'],
]);

const WHY_ENDED: Readonly<Record<PublicationEnd, string>> = {
  'taken-over': 'Another publisher took the stream over.',
  idle: 'Nothing was sent for too long.',
  'message-too-large': 'A message was larger than the limit.',
  closed: 'The application is closed.',
};

/**
 * One message stream of a client, on which it publishes or plays, one thing at a time.
 *
 * What the client sends is carried out in order: while the application decides, what comes next on the same stream waits.
 */
export class NetStream {
  readonly id: number;
  readonly #host: NetStreamHost;
  #publication: Publication | undefined;
  /** What the client calls what it publishes. */
  #publishedAs = '';
  #player: RTMPPlayer | undefined;
  #isWorking = false;
  #isDeleted = false;
  readonly #held: (() => void | Promise<void>)[] = [];
  #heldBytes = 0;

  constructor(id: number, host: NetStreamHost) {
    this.id = id;
    this.#host = host;
  }

  /** Name of what is published, as the client says it; undefined when nothing is. */
  get publishedName(): string | undefined {
    return this.#publication?.isEnded === false ? this.#publishedAs : undefined;
  }

  /** `publish(name, mode)`; `publish(false)` stops. */
  publish(args: readonly unknown[]): void {
    this.#inOrder(async () => {
      if (args[0] === false) await this.#stop(true);
      else await this.#publish(args[0], args[1]);
    });
  }

  /** `play(name, start, length, reset)`; `play(false)` stops. */
  play(args: readonly unknown[]): void {
    this.#inOrder(async () => {
      if (args[0] === false) await this.#stop(true);
      else await this.#play(args);
    });
  }

  /** `pause(flag, position)` */
  pause(args: readonly unknown[]): void {
    this.#inOrder(() => {
      const player = this.#player;
      if (player === undefined) {
        this.#error('NetStream.Failed', 'Nothing is playing on this stream.', '');
        return;
      }
      const { subscription, name } = player;
      // Without a flag it is the other way round from what it is.
      const flag = typeof args[0] === 'boolean' ? args[0] : !subscription.isPaused;
      if (flag) {
        subscription.pause();
        this.#status('NetStream.Pause.Notify', `Pausing ${name}.`, name);
      } else {
        subscription.resume();
        this.#status('NetStream.Unpause.Notify', `Unpausing ${name}.`, name);
      }
    });
  }

  /** `seek(milliseconds)` */
  seek(args: readonly unknown[]): void {
    this.#inOrder(async () => {
      const subscription = this.#player?.subscription;
      const name = this.#player?.name ?? '';
      const ms = Number(args[0]);
      const reached = Number.isFinite(ms) ? await subscription?.seek(Math.max(0, ms)) : undefined;
      if (reached === undefined) {
        this.#error('NetStream.Seek.Failed', 'There is nothing to seek in.', name);
        return;
      }
      this.#status('NetStream.Seek.Notify', `Seeking ${reached} (stream ID: ${this.id}).`, name);
      this.#status('NetStream.Play.Start', `Started playing ${name}.`, name);
    });
  }

  /** `receiveAudio(flag)` */
  receiveAudio(args: readonly unknown[]): void {
    this.#inOrder(() => {
      if (this.#player !== undefined) this.#player.subscription.receivesAudio = args[0] === true;
    });
  }

  /** `receiveVideo(flag)`; a number is a rate of frames, which counts as yes unless it is 0. */
  receiveVideo(args: readonly unknown[]): void {
    this.#inOrder(() => {
      if (this.#player === undefined) return;
      this.#player.subscription.receivesVideo = args[0] === true || Number(args[0]) > 0;
    });
  }

  /** `closeStream`: ends what is published or played; the stream can be used again. */
  stop(): void {
    this.#inOrder(() => this.#stop(true));
  }

  /** `deleteStream`: the last that happens. */
  delete(): void {
    this.#inOrder(async () => {
      this.#isDeleted = true;
      await this.#stop(false);
    });
  }

  /** The connection has gone; the server ends what is open itself. */
  connectionClosed(): void {
    this.#isDeleted = true;
    this.#held.length = 0;
    this.#publication = undefined;
    const player = this.#player;
    this.#player = undefined;
    if (player !== undefined) background(player.close(), this.#host.logger, 'ending a player');
  }

  /**
   * Takes a media message.
   *
   * @returns whether it belongs here: false when nothing is published
   */
  media(message: RTMPMessage): boolean {
    if (this.#isWorking) {
      const bytes = message.payload.length;
      if (this.#held.length >= MAX_HELD || this.#heldBytes + bytes > MAX_HELD_BYTES) return false;
      const kept = { ...message, payload: Buffer.from(message.payload) };
      this.#heldBytes += bytes;
      this.#held.push(() => {
        this.#heldBytes -= bytes;
        this.#media(kept);
      });
      return true;
    }
    return this.#media(message);
  }

  #media(message: RTMPMessage): boolean {
    const publication = this.#publication;
    if (publication?.isOpen !== true) return false;
    if (message.type !== MESSAGE_TYPE.aggregate) {
      this.#publishMessage(publication, message);
      return true;
    }
    for (const part of readAggregate(message.timestamp, message.payload)) {
      this.#publishMessage(publication, { ...message, ...part });
    }
    return true;
  }

  #publishMessage(publication: Publication, message: RTMPMessage): void {
    const type = MEDIA_TYPES.get(message.type);
    if (type === undefined) return;
    const payload = type === 'data' ? this.#data(message) : toKeep(message.payload);
    if (payload !== undefined) publication.publish(type, message.timestamp, payload);
  }

  #data(message: RTMPMessage): Buffer | undefined {
    try {
      const isAMF3 = message.type === MESSAGE_TYPE.dataAMF3;
      return readDataMessage(message.payload, isAMF3, this.#host.amf);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // Encoders get their metadata wrong now and then; the stream is good without.
      this.#host.logger.warn(`data of a publisher left out: ${error.message}`, {
        code: error.code,
        stream: this.publishedName,
      });
      return undefined;
    }
  }

  async #publish(given: unknown, mode: unknown): Promise<void> {
    const { name, parameters } = readStreamName(given);
    const { connection, server } = this.#host;
    if (this.publishedName !== undefined) {
      this.#error('NetStream.Publish.BadName', 'The stream is publishing already.', name);
      return;
    }
    await this.#stop(true);
    const { scope } = connection;
    if (scope === undefined) return;
    const result = await server.streams.publish(connection, scope, name, {
      mode: readMode(mode),
      parameters,
      ended: (reason) => this.#publicationEnded(reason, name),
      told: ({ level, code, description }) => {
        if (!this.#host.isOpen) return;
        this.#host.status(
          this.id,
          streamStatus(this.id, level, code, { description, details: name }),
        );
      },
    });
    if (!result.accepted) {
      this.#refused(result, name);
      return;
    }
    const { publication } = result;
    if (publication.isEnded) return; // Taken over in the meantime, and told so.
    if (!this.#host.isOpen) {
      await publication.close(true);
      return;
    }
    this.#publication = publication;
    this.#publishedAs = name;
    this.#status('NetStream.Publish.Start', `${name} is now published.`, name);
    publication.start();
  }

  async #play(args: readonly unknown[]): Promise<void> {
    const { name, parameters } = readStreamName(args[0]);
    const { connection, server } = this.#host;
    if (this.publishedName !== undefined) {
      this.#error('NetStream.Failed', 'The stream is publishing.', name);
      return;
    }
    const { scope } = connection;
    if (scope === undefined) return;
    const reset = args[3] === undefined || args[3] === null || Boolean(args[3]);
    await this.#player?.close();
    this.#player = undefined;
    const player = new RTMPPlayer(this.#host, this.id, name, () => {
      if (this.#player === player) this.#player = undefined;
    });
    const result = await server.streams.play(connection, scope, name, player, {
      start: readTime(args[1], -2),
      length: Math.max(-1, readTime(args[2], -1)),
      reset,
      parameters,
    });
    if (!result.accepted) {
      this.#refused(result, name);
      return;
    }
    if (!this.#host.isOpen) {
      await result.subscription.close();
      return;
    }
    this.#player = player;
    player.start(result.subscription, reset);
  }

  async #stop(tellPlayer: boolean): Promise<void> {
    const publication = this.#publication;
    const player = this.#player;
    this.#publication = undefined;
    this.#player = undefined;
    if (publication !== undefined && !publication.isEnded) {
      await publication.close();
      const name = this.#publishedAs;
      this.#status('NetStream.Unpublish.Success', `${name} is now unpublished.`, name);
    }
    if (player !== undefined) {
      await player.close();
      if (tellPlayer) {
        this.#status('NetStream.Play.Stop', `Stopped playing ${player.name}.`, player.name);
      }
    }
  }

  #publicationEnded(reason: PublicationEnd, name: string): void {
    if (!this.#host.isOpen) return;
    const code = reason === 'idle' ? 'NetStream.Publish.Idle' : 'NetStream.Publish.BadName';
    this.#error(
      reason === 'message-too-large' ? 'NetStream.Failed' : code,
      WHY_ENDED[reason],
      name,
    );
    this.#status('NetStream.Unpublish.Success', `${name} is now unpublished.`, name);
  }

  #inOrder(task: () => void | Promise<void>): void {
    if (this.#isDeleted) return;
    if (this.#isWorking) {
      if (this.#held.length >= MAX_HELD) {
        throw rtmpError('RTMP_TOO_MANY_CALLS', `more than ${MAX_HELD} wait on one stream`);
      }
      this.#held.push(task);
      return;
    }
    this.#run(task);
  }

  #run(task: () => void | Promise<void>): void {
    const done = task();
    if (!(done instanceof Promise)) return;
    this.#isWorking = true;
    background(
      done.finally(() => this.#runHeld()),
      this.#host.logger,
      `a command on stream ${this.id}`,
    );
  }

  #runHeld(): void {
    this.#isWorking = false;
    while (!this.#isWorking) {
      const task = this.#held.shift();
      if (task === undefined) return;
      try {
        this.#run(task);
      } catch (error) {
        this.#host.fail(error instanceof Error ? error : new Error(describeError(error)));
        return;
      }
    }
  }

  #refused(refusal: StreamRefused, name: string): void {
    this.#error(refusal.code, refusal.description, name);
  }

  #status(code: string, description: string, details: string): void {
    const info = streamStatus(this.id, 'status', code, { description, details });
    this.#host.status(this.id, info);
  }

  #error(code: string, description: string, details: string): void {
    const info = streamStatus(this.id, 'error', code, { description, details });
    this.#host.status(this.id, info);
  }
}

/** A message of one chunk is a view of what the socket read, all of which would be kept with it; others have memory of their own. */
function toKeep(payload: Buffer): Buffer {
  return payload.length * 2 > payload.buffer.byteLength ? payload : Buffer.from(payload);
}

function readMode(mode: unknown): PublishMode {
  return mode === 'record' || mode === 'append' ? mode : 'live';
}

/** Seconds. On the wire times are milliseconds, and so is what means live (-1000, -2000); some clients send that as it is in Flash. */
function readTime(value: unknown, otherwise: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) return otherwise;
  return value === -1 || value === -2 ? value : value / 1000;
}
