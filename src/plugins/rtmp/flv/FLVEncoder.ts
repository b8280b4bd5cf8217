import { writeFLVTag } from '../../../io/index.ts';
import type { MediaMessage } from '../../../server/index.ts';

/** Players begin with a time below this one, about 12 days; what they can read ends with twice as much. */
const EPOCH_MS = 2 ** 30;

/**
 * Messages of streams as tags of FLV, each made once for all players.
 *
 * Times of streams grow for ever and those of FLV have 31 bits that every player understands, so a player that joins a stream of many
 * days is given times from a later beginning.
 */
export class FLVEncoder {
  readonly #tags = new WeakMap<MediaMessage, { readonly base: number; readonly tag: Buffer }>();

  #lastParts: readonly Buffer[] = [];
  #lastJoined: Buffer = Buffer.alloc(0);

  /** The beginning of time for a player that joins now. */
  baseOf(timestamp: number): number {
    return timestamp - (timestamp % EPOCH_MS);
  }

  /** A whole tag; not to be changed. */
  encode(message: MediaMessage, base: number): Buffer {
    const made = this.#tags.get(message);
    if (made?.base === base) return made.tag;
    const tag = this.encodeAt(message, message.timestamp - base);
    this.#tags.set(message, { base, tag });
    return tag;
  }

  /** A tag with another time than its own. What describes the stream has none: with one, FFmpeg takes it for a subtitle. */
  encodeAt({ type, payload, isMetadata }: MediaMessage, time: number): Buffer {
    return writeFLVTag({ type, timestamp: isMetadata ? 0 : Math.max(0, time), payload });
  }

  /** Tags in one piece, not to be changed; players that are written the same one after the other are given the same. */
  join(parts: readonly Buffer[]): Buffer {
    const [first] = parts;
    if (parts.length === 1 && first !== undefined) return first;
    const last = this.#lastParts;
    if (last.length !== parts.length || last.some((part, at) => part !== parts[at])) {
      this.#lastParts = parts;
      this.#lastJoined = Buffer.concat(parts);
    }
    return this.#lastJoined;
  }
}
