import { type FLVIndex, type FLVTracks, writeFLVMetadata, writeFLVTag } from '../../../io/index.ts';

/** Key frames that are listed at the beginning of a file; of a long recording only every second, fourth … is. */
export const MAX_LISTED_KEYFRAMES = 1000;

/** Room for what the publisher says of the stream. */
const PUBLISHER_BYTES = 4096;
const MAX_TEXT = 256;

/** Places of sequence headers that are listed; recordings of which they change more often are read from front to back. */
const MAX_LISTED_HEADERS = 64;

/** Name of that list, which is this server's own. */
export const HEADER_POSITIONS = 'headerpositions';

/** Room for lists of numbers of 9 bytes, what the publisher says, and our own few values. */
const BODY_BYTES =
  9 * (2 * (MAX_LISTED_KEYFRAMES + 1) + MAX_LISTED_HEADERS) + PUBLISHER_BYTES + 1024;

/** What a recording has grown to. */
export interface RecordingExtent {
  readonly tracks: FLVTracks;
  readonly index: FLVIndex;
  /** Where the tags are that decoders have to be given first. */
  readonly headers: readonly number[];
  /** Milliseconds. */
  readonly lastTimestamp: number;
  /** Bytes of the file. */
  readonly bytes: number;
}

/**
 * The tag at the beginning of a file that says how long the recording is and where its key frames are.
 *
 * It is written when nothing is known yet, with room for all that will be, and written over from time to time: a file whose
 * recording was cut off is complete but for its last seconds.
 */
export class RecordingMetadata {
  readonly position: number;
  readonly #size: number;
  readonly #publisher: Readonly<Record<string, unknown>>;

  /**
   * @param publisher - what the publisher says of the stream
   * @param size - of the body, when it is there already
   */
  constructor(
    position: number,
    publisher: Readonly<Record<string, unknown>>,
    size: number = BODY_BYTES,
  ) {
    this.position = position;
    this.#publisher = keepPlainValues(publisher);
    this.#size = size;
  }

  /** Finds the tag in a file that is appended to; undefined when it has none that can be written over. */
  static of(metadata: {
    readonly position: number;
    readonly size: number;
    readonly values: Readonly<Record<string, unknown>>;
  }): RecordingMetadata | undefined {
    const { position, size, values } = metadata;
    if (!('padding' in values) || size < BODY_BYTES) return undefined;
    const { padding: _padding, ...publisher } = values;
    return new RecordingMetadata(position, publisher, size);
  }

  /** The whole tag; always of the same size. */
  toTag(extent: RecordingExtent): Buffer {
    const own = ownValues(extent);
    const payload =
      writeFLVMetadata({ ...this.#publisher, ...own }, this.#size) ??
      writeFLVMetadata(own, this.#size);
    // Our own values always fit: the list of key frames is bounded, and everything else is a few numbers.
    return writeFLVTag({ type: 'data', timestamp: 0, payload: payload as Buffer });
  }
}

function ownValues({ tracks, index, headers, lastTimestamp, bytes }: RecordingExtent) {
  // What waits to be written may never be.
  const entries = index.entries.filter(({ position }) => position < bytes);
  // By a custom that players rely on, the first entry is not a key frame but where the codec is described, at the beginning.
  const listed = entries.length === 0 ? [] : [{ timestamp: 0, position: 13 }, ...entries];
  return {
    duration: lastTimestamp / 1000,
    lasttimestamp: lastTimestamp / 1000,
    lastkeyframetimestamp: (entries.at(-1)?.timestamp ?? 0) / 1000,
    filesize: bytes,
    hasAudio: tracks.hasAudio,
    hasVideo: tracks.hasVideo,
    hasMetadata: true,
    hasKeyframes: entries.length > 0,
    ...(headers.length <= MAX_LISTED_HEADERS && { [HEADER_POSITIONS]: headers }),
    keyframes: {
      times: listed.map(({ timestamp }) => timestamp / 1000),
      filepositions: listed.map(({ position }) => position),
    },
  };
}

/** Leaves out what a publisher might fill a file with: values inside values, long texts, and all that goes beyond the room there is. */
function keepPlainValues(
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const kept: Record<string, unknown> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(values)) {
    const isPlain =
      typeof value === 'number' ||
      typeof value === 'boolean' ||
      (typeof value === 'string' && value.length <= MAX_TEXT);
    if (!isPlain || name.length > MAX_TEXT) continue;
    bytes += 16 + 3 * name.length + (typeof value === 'string' ? 3 * value.length : 0);
    if (bytes > PUBLISHER_BYTES) break;
    kept[name] = value;
  }
  return kept;
}
