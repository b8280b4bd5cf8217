import {
  FLV_HEADER_BYTES,
  FLV_TAG_CODE,
  FLV_TAG_HEADER_BYTES,
  FLV_TAG_TRAILER_BYTES,
  type FLVTag,
  type FLVTagType,
  type FLVTracks,
} from './FLVTag.ts';
import { flvError } from './flvErrors.ts';

const TYPE_OF_CODE: ReadonlyMap<number, FLVTagType> = new Map(
  Object.entries(FLV_TAG_CODE).map(([type, code]) => [code, type as FLVTagType]),
);

/** The most bytes the header of a file may announce; all known files have 9. */
const MAX_HEADER_BYTES = 1024;

/** A tag, and where in the file it stands. */
export interface PlacedFLVTag extends FLVTag {
  /** Of its first byte. */
  readonly position: number;
}

/** Options of an {@link FLVReader}. */
export interface FLVReaderOptions {
  /** The largest body of a tag. Default 4 MiB. */
  readonly maxTagBytes?: number;
  /**
   * Whether the size after a tag has to be right. Files of some programs have others there; in one's own files it tells a whole tag
   * from one that was cut off. Default false.
   */
  readonly strict?: boolean;
  /** Where in a file the bytes begin, when they do not begin with its header. */
  readonly position?: number;
}

/**
 * Reads an FLV file from front to back as its bytes come, however they are cut.
 *
 * Never holds more than one unfinished tag. After an error the reader is of no further use, and {@link FLVReader.position} is the end
 * of the last good tag.
 */
export class FLVReader {
  readonly #maxTagBytes: number;
  readonly #strict: boolean;
  readonly #parts: Buffer[] = [];
  #buffered = 0;
  #position: number;
  #tracks: FLVTracks | undefined;

  constructor(options: FLVReaderOptions = {}) {
    this.#maxTagBytes = options.maxTagBytes ?? 4 * 1024 * 1024;
    this.#strict = options.strict ?? false;
    this.#position = options.position ?? 0;
    if (this.#position > 0) this.#tracks = { hasAudio: true, hasVideo: true };
  }

  /** What the header of the file announces; undefined until it was read. */
  get tracks(): FLVTracks | undefined {
    return this.#tracks;
  }

  /** Where the last whole tag ends. */
  get position(): number {
    return this.#position;
  }

  /** Bytes of a tag that is not complete yet. */
  get buffered(): number {
    return this.#buffered;
  }

  /**
   * Takes the next bytes and gives the tags that they complete, one after the other.
   *
   * @throws ProtocolError with a code of `FLV_ERRORS`, after the tags before it
   */
  *push(bytes: Buffer): Generator<PlacedFLVTag, void, undefined> {
    this.#parts.push(bytes);
    this.#buffered += bytes.length;
    if (this.#tracks === undefined && !this.#readHeader()) return;
    for (let tag = this.#readTag(); tag !== undefined; tag = this.#readTag()) yield tag;
  }

  #readHeader(): boolean {
    const header = this.#peek(FLV_HEADER_BYTES);
    if (header === undefined) return false;
    if (header.toString('latin1', 0, 3) !== 'FLV') {
      throw flvError('FLV_BAD_HEADER', 'the file does not begin with "FLV"');
    }
    const size = header.readUInt32BE(5) + FLV_TAG_TRAILER_BYTES;
    if (size < FLV_HEADER_BYTES || size > MAX_HEADER_BYTES) {
      throw flvError('FLV_BAD_HEADER', `a header of ${size} bytes`);
    }
    if (this.#peek(size) === undefined) return false;
    const flags = header[4] as number;
    this.#take(size);
    this.#tracks = { hasAudio: (flags & 4) !== 0, hasVideo: (flags & 1) !== 0 };
    return true;
  }

  #readTag(): PlacedFLVTag | undefined {
    const header = this.#peek(FLV_TAG_HEADER_BYTES);
    if (header === undefined) return undefined;
    const code = header[0] as number;
    const type = TYPE_OF_CODE.get(code);
    if (type === undefined) {
      throw flvError('FLV_BAD_TAG', `tag type ${code} at byte ${this.#position}`);
    }
    const length = header.readUIntBE(1, 3);
    if (length > this.#maxTagBytes) {
      const message = `a tag of ${length} bytes at byte ${this.#position}; at most ${this.#maxTagBytes} are read`;
      throw flvError('FLV_TAG_TOO_LARGE', message);
    }
    const size = FLV_TAG_HEADER_BYTES + length;
    const tag = this.#peek(size + FLV_TAG_TRAILER_BYTES);
    if (tag === undefined) return undefined;
    if (this.#strict && tag.readUInt32BE(size) !== size) {
      throw flvError('FLV_BAD_TAG', `the tag at byte ${this.#position} has another size after it`);
    }
    const position = this.#position;
    this.#take(size + FLV_TAG_TRAILER_BYTES);
    return {
      type,
      timestamp: ((tag[7] as number) * 2 ** 24 + tag.readUIntBE(4, 3)) >>> 0,
      payload: tag.subarray(FLV_TAG_HEADER_BYTES, size),
      position,
    };
  }

  /** The next bytes in one piece, without taking them; undefined when there are not so many yet. */
  #peek(length: number): Buffer | undefined {
    if (this.#buffered < length) return undefined;
    const [first] = this.#parts;
    if (first !== undefined && first.length >= length) return first.subarray(0, length);
    const whole = Buffer.concat(this.#parts);
    this.#parts.length = 0;
    this.#parts.push(whole);
    return whole.subarray(0, length);
  }

  /** Takes bytes that {@link FLVReader.#peek} gave. */
  #take(length: number): void {
    const first = this.#parts[0] as Buffer;
    if (first.length === length) this.#parts.shift();
    else this.#parts[0] = first.subarray(length);
    this.#buffered -= length;
    this.#position += length;
  }
}
