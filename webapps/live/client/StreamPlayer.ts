import type Mpegts from 'mpegts.js';

declare global {
  /** From `mpegts.js`, which stands before this script. */
  var mpegts: typeof Mpegts;
}

/** What the page shows of a stream. */
export type PlayerState = 'loading' | 'playing' | 'ended' | 'impossible';

export interface StreamPlayerEvents {
  readonly onState: (state: PlayerState) => void;
  /** The size of the picture became known; undefined for sound alone. */
  readonly onSize: (width: number, height: number) => void;
}

/** A stream that is played in a video element, from now on until it ends or is closed. */
export class StreamPlayer {
  readonly #video: HTMLVideoElement;
  readonly #events: StreamPlayerEvents;
  #player: Mpegts.Player | undefined;
  readonly #listeners = new AbortController();

  constructor(video: HTMLVideoElement, address: string, events: StreamPlayerEvents) {
    this.#video = video;
    this.#events = events;
    if (!mpegts.isSupported()) {
      events.onState('impossible');
      return;
    }
    events.onState('loading');
    this.#listen();
    this.#player = mpegts.createPlayer({ type: 'flv', isLive: true, url: address }, liveConfig);
    this.#player.on(mpegts.Events.ERROR, (type: string) => {
      const cannot = type === mpegts.ErrorTypes.MEDIA_ERROR;
      this.#over(cannot ? 'impossible' : 'ended');
    });
    this.#player.on(mpegts.Events.LOADING_COMPLETE, () => this.#over('ended'));
    this.#player.attachMediaElement(video);
    this.#player.load();
    // Refused where the page may not start a video by itself; the controls are there.
    Promise.resolve(this.#player.play()).catch(() => undefined);
  }

  /** Stops, and frees what it needed. Safe twice. */
  close(): void {
    this.#listeners.abort();
    const player = this.#player;
    this.#player = undefined;
    player?.destroy();
  }

  #listen(): void {
    const { signal } = this.#listeners;
    this.#video.addEventListener('playing', () => this.#events.onState('playing'), { signal });
    this.#video.addEventListener(
      'resize',
      () => this.#events.onSize(this.#video.videoWidth, this.#video.videoHeight),
      { signal },
    );
  }

  #over(state: PlayerState): void {
    this.close();
    this.#events.onState(state);
  }
}

/** As close to now as is smooth: what was missed in a stall is caught up with by playing a little faster. */
const liveConfig: Mpegts.Config = {
  enableStashBuffer: false,
  autoCleanupSourceBuffer: true,
  liveSync: true,
  liveSyncMaxLatency: 2.5,
  liveSyncTargetLatency: 1,
  liveSyncPlaybackRate: 1.2,
};
