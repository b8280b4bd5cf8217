import type { MediaMessage, SubscriberStream } from '../../../server/index.ts';
import { forStream } from './MediaEngine.ts';

/** One message and its bytes, with the message stream of the engine. */
export interface EncodedMedia {
  readonly message: MediaMessage;
  readonly bytes: Buffer;
}

/** Messages that go out together: joined once for all players that get all of them on the same message stream. */
export class MediaBatch {
  readonly #media: readonly EncodedMedia[];
  readonly #joined = new Map<number, Buffer>();

  constructor(media: readonly EncodedMedia[]) {
    this.#media = media;
  }

  /** All of it, for one message stream. */
  all(streamID: number): Buffer {
    const present = this.#joined.get(streamID);
    if (present !== undefined) return present;
    const [first] = this.#media;
    const parts = this.#media.map(({ bytes }) => forStream(bytes, streamID));
    const joined =
      first !== undefined && this.#media.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    this.#joined.set(streamID, joined);
    return joined;
  }

  /** What one subscription takes of it. */
  acceptedBy(subscription: SubscriberStream, streamID: number): Buffer[] {
    const accepted: Buffer[] = [];
    for (const { message, bytes } of this.#media) {
      if (subscription.accepts(message)) accepted.push(forStream(bytes, streamID));
    }
    return accepted;
  }
}
