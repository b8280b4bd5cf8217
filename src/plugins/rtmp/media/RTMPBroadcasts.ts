import type { BroadcastStream } from '../../../server/index.ts';
import { type BroadcastServices, RTMPBroadcast } from './RTMPBroadcast.ts';

/** The streams that somebody plays over RTMP. */
export class RTMPBroadcasts {
  readonly #services: BroadcastServices;
  readonly #broadcasts = new Map<BroadcastStream, RTMPBroadcast>();

  constructor(services: BroadcastServices) {
    this.#services = services;
  }

  /** The one broadcast of a stream, made when its first player comes. */
  of(stream: BroadcastStream): RTMPBroadcast {
    const present = this.#broadcasts.get(stream);
    if (present !== undefined) return present;
    const broadcast = new RTMPBroadcast(stream, this.#services, () =>
      this.#broadcasts.delete(stream),
    );
    this.#broadcasts.set(stream, broadcast);
    broadcast.open();
    return broadcast;
  }
}
