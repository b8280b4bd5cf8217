import type { Clock, Logger } from '../../../base/index.ts';
import type { OnDemandPlayback, OnDemandStream } from '../OnDemandProvider.ts';
import type { StreamSubscriber } from '../StreamSubscriber.ts';
import { FilePlayback, type PlaybackPace } from './FilePlayback.ts';
import type { RecordingIndex } from './RecordingIndex.ts';

/** What a recording needs of the server it is in. */
export interface RecordedStreamOptions {
  readonly path: string;
  readonly index: RecordingIndex;
  readonly pace: PlaybackPace;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A recording that was found.
 *
 * @red5 org.red5.server.stream.PlaylistSubscriberStream
 */
export class RecordedStream implements OnDemandStream {
  readonly #options: RecordedStreamOptions;

  constructor(options: RecordedStreamOptions) {
    this.#options = options;
  }

  get durationMs(): number {
    return this.#options.index.durationMs;
  }

  play(
    subscriber: StreamSubscriber,
    startMs: number,
    lengthMs: number | undefined,
  ): OnDemandPlayback {
    const endMs = lengthMs === undefined ? Number.POSITIVE_INFINITY : startMs + lengthMs;
    return FilePlayback.start({ ...this.#options, subscriber, endMs }, startMs);
  }
}
