import {
  type BeanInfo,
  background,
  describeError,
  type Lifecycle,
  Red5Error,
} from '../../../base/index.ts';
import type { Server } from '../../Server.ts';
import type { ServerErrorCode } from '../../serverErrors.ts';
import type { BroadcastStream } from '../BroadcastStream.ts';
import type { Publication } from '../Publication.ts';
import type { StreamListener } from '../StreamListener.ts';
import type { StreamSubscriber } from '../StreamSubscriber.ts';
import type { SubscriberStream } from '../SubscriberStream.ts';
import { locateRecording } from './locateRecording.ts';
import { Recording, type RecordingEnd } from './Recording.ts';
import { RecordingSettings } from './RecordingSettings.ts';

/** A recording that is made, or being begun. */
interface Active {
  readonly path: string;
  /** Who is told of it, also when the publishing has ended. */
  readonly publication: Publication | undefined;
  recording?: Recording;
  subscription?: SubscriberStream;
  /** Asked to stop before it had begun. */
  isStopped: boolean;
  ended: Promise<void>;
}

/**
 * Records live streams: those whose publisher asks for it, all of an application that is set up so, and those that server code wants.
 *
 * @red5 org.red5.server.stream.RecordingListener
 * @red5 org.red5.server.api.stream.IRecordingListener
 */
export class StreamRecorder implements Lifecycle, StreamListener {
  static readonly beanInfo: BeanInfo = {
    types: ['StreamRecorder', 'Lifecycle'],
    properties: { server: 'Server' },
  };

  readonly phase = 0;
  server!: Server;
  readonly #active = new Map<BroadcastStream, Active>();
  #isRunning = false;

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.server.streams.addStreamListener(this);
  }

  /** Ends all recordings; resolves when their files are complete. */
  async stop(): Promise<void> {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    this.server.streams.removeStreamListener(this);
    await Promise.all([...this.#active.keys()].map((stream) => this.stopRecording(stream)));
  }

  /** Whether a stream is being recorded. */
  isRecording(stream: BroadcastStream): boolean {
    return this.#active.has(stream);
  }

  /**
   * Records a live stream from its next key frame on, until it ends or {@link stopRecording} is called.
   *
   * @param name - of the recording; the stream's own by default
   * @throws Red5Error with code `NAME_NOT_ALLOWED`, `ALREADY_RECORDING` or `RECORDING_FAILED`
   */
  async record(
    stream: BroadcastStream,
    { name = stream.name, append = false }: { name?: string; append?: boolean } = {},
  ): Promise<void> {
    const path = locateRecording(stream.scope, name, 'RECORD');
    if (path === undefined) throw failed('the application has no folder to record to');
    const using = () => [...this.#active.values()].find((other) => other.path === path);
    // An encoder that comes back at once finds its file still being closed.
    if (using()?.isStopped === true) await using()?.ended;
    if (this.#active.has(stream) || using() !== undefined) {
      const code: ServerErrorCode = 'ALREADY_RECORDING';
      throw new Red5Error(code, `stream "${stream.name}" or file ${path} is being recorded`);
    }
    const { maxRecordings } = RecordingSettings.of(stream.scope);
    if (maxRecordings > 0 && this.#active.size >= maxRecordings) {
      throw failed(`${maxRecordings} streams are being recorded already`);
    }
    await this.#begin(stream, { path, append });
  }

  /** Ends the recording of a stream; resolves when the file is complete. */
  async stopRecording(stream: BroadcastStream): Promise<void> {
    const active = this.#active.get(stream);
    if (active === undefined) return;
    active.isStopped = true;
    await active.recording?.stop();
    await active.ended;
  }

  streamStarted(stream: BroadcastStream): void {
    const { autoRecord, autoRecordAppends, clientsMayRecord } = RecordingSettings.of(stream.scope);
    const mode = stream.publication?.mode ?? 'live';
    const isAsked = mode !== 'live' && clientsMayRecord;
    if (!isAsked && !autoRecord) return;
    const append = isAsked ? mode === 'append' : autoRecordAppends;
    background(this.#recordAsAsked(stream, append), this.#logger(), 'recording a stream');
  }

  streamStopped(stream: BroadcastStream): void {
    background(this.stopRecording(stream), this.#logger(), 'ending a recording');
  }

  /** A stream that cannot be recorded goes on live; its publisher is told. */
  async #recordAsAsked(stream: BroadcastStream, append: boolean): Promise<void> {
    try {
      await this.record(stream, { append });
    } catch (error) {
      const isRefused = error instanceof Red5Error && error.code !== 'RECORDING_FAILED';
      this.#logger().warn(`not recorded: ${describeError(error)}`, fieldsOf(stream));
      stream.publication?.tell({
        level: 'error',
        code: isRefused ? 'NetStream.Record.NoAccess' : 'NetStream.Record.Failed',
        // What the disk or the configuration says is not for clients.
        description: `${stream.name} is not recorded.`,
      });
    }
  }

  async #begin(
    stream: BroadcastStream,
    options: { readonly path: string; readonly append: boolean },
  ): Promise<void> {
    let onEnded: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      onEnded = resolve;
    });
    const { publication } = stream;
    const active: Active = { path: options.path, publication, isStopped: false, ended };
    this.#active.set(stream, active);
    try {
      active.recording = await Recording.start({
        ...options,
        limits: RecordingSettings.of(stream.scope),
        clock: this.server.clock,
        logger: this.#logger(),
        onEnded: (end) => {
          this.#ended(stream, active, end);
          onEnded();
        },
      });
    } catch (error) {
      this.#active.delete(stream);
      onEnded();
      throw failed(`the file cannot be written: ${describeError(error)}`, error);
    }
    if (active.isStopped) {
      await active.recording.stop();
      return;
    }
    this.#begun(stream, active, active.recording);
  }

  #begun(stream: BroadcastStream, active: Active, recording: Recording): void {
    this.#logger().info('recording begins', { ...fieldsOf(stream), file: recording.path });
    stream.publication?.tell({
      level: 'status',
      code: 'NetStream.Record.Start',
      description: `${stream.name} is now being recorded.`,
    });
    this.server.streams.tellOfRecording('streamRecordStart', stream);
    const subscriber: StreamSubscriber = {
      connection: undefined,
      deliver: (message) => recording.add(message),
      ended: () => undefined, // Told of the end of the stream as its listener.
    };
    active.subscription = stream.subscribe(subscriber);
  }

  #ended(stream: BroadcastStream, active: Active, end: RecordingEnd): void {
    this.#active.delete(stream);
    const { subscription, recording } = active;
    if (subscription === undefined) return; // Nobody was told that it had begun.
    this.#logger().info(`recording ends: ${end.description}`, {
      ...fieldsOf(stream),
      file: active.path,
      bytes: recording?.bytes,
      durationMs: recording?.durationMs,
    });
    void subscription.close();
    const publication = stream.publication ?? active.publication;
    if (end.kind === 'failed') {
      publication?.tell({
        level: 'error',
        code: 'NetStream.Record.Failed',
        description: `The recording of ${stream.name} has failed.`,
      });
    }
    publication?.tell({
      level: 'status',
      code: 'NetStream.Record.Stop',
      description: `The recording of ${stream.name} has stopped.`,
    });
    this.server.streams.tellOfRecording('streamRecordStop', stream);
  }

  #logger() {
    return this.server.logger.child('record');
  }
}

function failed(message: string, cause?: unknown): Red5Error {
  return new Red5Error('RECORDING_FAILED' satisfies ServerErrorCode, message, { cause });
}

function fieldsOf({ scope, name }: BroadcastStream): Record<string, unknown> {
  return { scope: scope.fullPath, stream: name };
}
