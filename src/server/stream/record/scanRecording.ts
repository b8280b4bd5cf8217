import type { FileHandle } from 'node:fs/promises';
import { ProtocolError } from '../../../base/index.ts';
import {
  type FLVErrorCode,
  FLVIndex,
  FLVReader,
  type FLVTracks,
  type PlacedFLVTag,
  readFLVMetadata,
} from '../../../io/index.ts';
import { createMediaMessage } from '../MediaMessage.ts';

const READ_BYTES = 1024 * 1024;

/** More changes of codecs than any recording has; what decoders are set up with after that is not known when seeking. */
const MAX_HEADERS = 1024;

/** A tag that describes a recording, at the beginning of its file. */
export interface RecordedMetadata {
  /** Of the tag's first byte. */
  readonly position: number;
  /** Bytes of the tag's body. */
  readonly size: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What is in the file of a recording. */
export interface ScannedRecording {
  /** Where the last whole tag ends; what is after it was cut off. */
  readonly end: number;
  /** Milliseconds, of the last audio or video. */
  readonly lastTimestamp: number;
  /** The media that was found, whatever the header says. */
  readonly tracks: FLVTracks;
  readonly index: FLVIndex;
  /** Where the tags are that decoders have to be given first. */
  readonly headers: readonly number[];
  readonly metadata: RecordedMetadata | undefined;
}

/** Options of {@link scanRecording}. */
export interface ScanOptions {
  /** Whether sizes after tags have to be right. */
  readonly strict?: boolean;
  /** The most entries of the index. */
  readonly maxIndexEntries?: number;
}

/**
 * Reads a file from front to back, up to the first tag that is not whole.
 *
 * @throws ProtocolError with code `FLV_BAD_HEADER` when it is no FLV file
 */
export async function scanRecording(
  file: FileHandle,
  options: ScanOptions = {},
): Promise<ScannedRecording> {
  const reader = new FLVReader({
    strict: options.strict ?? false,
    maxTagBytes: Number.POSITIVE_INFINITY,
  });
  const found = new Findings(options.maxIndexEntries);
  const chunk = Buffer.alloc(READ_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, READ_BYTES, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    // A copy: the reader keeps what is left over while the chunk is filled again.
    if (!found.take(reader, Buffer.from(chunk.subarray(0, bytesRead)))) break;
  }
  if (reader.tracks === undefined) {
    const code: FLVErrorCode = 'FLV_BAD_HEADER';
    throw new ProtocolError(code, 'the file ends before its header does');
  }
  return found.result(reader.position);
}

class Findings {
  readonly #index: FLVIndex;
  #lastTimestamp = 0;
  #hasAudio = false;
  #hasVideo = false;
  readonly #headers: number[] = [];
  #metadata: RecordedMetadata | undefined;

  constructor(maxIndexEntries: number | undefined) {
    this.#index = new FLVIndex(maxIndexEntries);
  }

  /** Takes bytes; false when nothing after them can be read. */
  take(reader: FLVReader, bytes: Buffer): boolean {
    try {
      for (const tag of reader.push(bytes)) this.#add(tag);
      return true;
    } catch (error) {
      if (reader.tracks === undefined) throw error;
      return false; // The rest is no whole tags: zeros after a power failure, say.
    }
  }

  result(end: number): ScannedRecording {
    return {
      end,
      lastTimestamp: this.#lastTimestamp,
      tracks: { hasAudio: this.#hasAudio, hasVideo: this.#hasVideo },
      index: this.#index,
      headers: this.#headers,
      metadata: this.#metadata,
    };
  }

  #add(tag: PlacedFLVTag): void {
    if (tag.type === 'data') {
      this.#addData(tag);
      return;
    }
    const { type, timestamp, position, payload } = tag;
    this.#lastTimestamp = Math.max(this.#lastTimestamp, timestamp);
    if (type === 'audio') this.#hasAudio = true;
    else this.#hasVideo = true;
    const { isKeyFrame, isSequenceHeader } = createMediaMessage(type, timestamp, payload);
    if (isKeyFrame) this.#index.add({ timestamp, position });
    if (isSequenceHeader && this.#headers.length < MAX_HEADERS) this.#headers.push(position);
  }

  #addData({ payload, position }: PlacedFLVTag): void {
    if (this.#metadata !== undefined || this.#hasAudio || this.#hasVideo) return;
    const values = readFLVMetadata(payload);
    if (values !== undefined) this.#metadata = { position, size: payload.length, values };
  }
}
