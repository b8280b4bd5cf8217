import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import {
  FLV_HEADER_BYTES,
  FLVIndex,
  flvTrackFlags,
  readFLVMetadata,
  writeFLVHeader,
  writeFLVTag,
} from '../../../io/index.ts';
import type { MediaMessage } from '../MediaMessage.ts';
import {
  MAX_LISTED_KEYFRAMES,
  type RecordingExtent,
  RecordingMetadata,
} from './RecordingMetadata.ts';
import { RecordingTimeline } from './RecordingTimeline.ts';
import { scanRecording } from './scanRecording.ts';

/** Options of {@link RecordingFile.open}. */
export interface RecordingFileOptions {
  /** Absolute; its folder exists. */
  readonly path: string;
  /** Go on with the file that is there, instead of beginning anew. */
  readonly append: boolean;
}

const FLAGS_POSITION = 4;

/**
 * The file of one recording. Everything in it up to the last {@link RecordingFile.flush} can be played, whatever happens to the process.
 *
 * Calls must not overlap, except {@link RecordingFile.add}.
 */
export class RecordingFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #timeline: RecordingTimeline;
  readonly #index: FLVIndex;
  readonly #headers: number[];
  #metadata: RecordingMetadata | undefined;
  #isBegun: boolean;
  #described: Readonly<Record<string, unknown>> = {};
  #hasAudio: boolean;
  #hasVideo: boolean;
  #waitsForKeyframe = true;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes of the file, what is pending included. */
  #size: number;

  private constructor(path: string, file: FileHandle, begun: BegunRecording | undefined) {
    this.path = path;
    this.#file = file;
    this.#timeline = new RecordingTimeline(begun?.extent.lastTimestamp);
    this.#index = begun?.extent.index ?? new FLVIndex(MAX_LISTED_KEYFRAMES);
    this.#headers = [...(begun?.extent.headers ?? [])];
    this.#metadata = begun?.metadata;
    this.#isBegun = begun !== undefined;
    this.#hasAudio = begun?.extent.tracks.hasAudio ?? false;
    this.#hasVideo = begun?.extent.tracks.hasVideo ?? false;
    this.#size = begun?.extent.bytes ?? 0;
  }

  /**
   * Makes a new file, or opens the one that is there and cuts off what is not whole at its end.
   *
   * A file that is replaced is not written over: who is reading it keeps it.
   */
  static async open({ path, append }: RecordingFileOptions): Promise<RecordingFile> {
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
    if (!append) await rm(path, { force: true });
    const flags = append ? O_RDWR | O_CREAT | O_NOFOLLOW : O_RDWR | O_CREAT | O_EXCL;
    const file = await open(path, flags, 0o644);
    try {
      return new RecordingFile(path, file, append ? await repair(file) : undefined);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes of the file, with what is not written yet. */
  get bytes(): number {
    return this.#size;
  }

  /** Bytes that are not written yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Milliseconds from the beginning of the file to its last audio or video. */
  get durationMs(): number {
    return this.#timeline.lastTimestamp;
  }

  /**
   * Adds a message of the stream. Video before the first key frame is left out, since it cannot be shown.
   *
   * @param now - when it came, in milliseconds
   */
  add(message: MediaMessage, now: number): void {
    if (message.payload.length === 0) return;
    const { type, isKeyFrame, isSequenceHeader, isMetadata } = message;
    const isFrame = type === 'video' && !isKeyFrame && !isSequenceHeader;
    if (isFrame && this.#waitsForKeyframe) return;
    if (type === 'data') {
      // What describes the stream goes into the beginning of the file; later on it would contradict it, as to the duration for one.
      // Other data before the first media has no time yet.
      if (isMetadata) this.#described = readFLVMetadata(message.payload) ?? {};
      if (isMetadata || !this.#isBegun) return;
    } else {
      this.#begin();
      if (type === 'audio') this.#hasAudio = true;
      else this.#hasVideo = true;
    }
    const timestamp = this.#timeline.place(message.timestamp, now);
    if (isKeyFrame) {
      this.#waitsForKeyframe = false;
      this.#index.add({ timestamp, position: this.#size });
    }
    if (isSequenceHeader) this.#headers.push(this.#size);
    this.#push(writeFLVTag({ type, timestamp, payload: message.payload }));
  }

  /** Writes what is pending. */
  async flush(): Promise<void> {
    while (this.#pendingBytes > 0) {
      const bytes = Buffer.concat(this.#pending);
      const position = this.#size - this.#pendingBytes;
      this.#pending = [];
      this.#pendingBytes = 0;
      try {
        await writeAll(this.#file, bytes, position);
      } catch (error) {
        await this.#giveUp(position);
        throw error;
      }
    }
  }

  /** Leaves the file as it was before a write that failed: what came later would stand behind a hole. */
  async #giveUp(position: number): Promise<void> {
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#size = position;
    if (position === 0) this.#isBegun = false;
    await this.#file.truncate(position);
  }

  /** Writes over, at the beginning of the file, how long it is and where its key frames are. */
  async describe(): Promise<void> {
    if (!this.#isBegun) return;
    const extent = this.#extent(this.#size - this.#pendingBytes);
    await writeAll(this.#file, Buffer.of(flvTrackFlags(extent.tracks)), FLAGS_POSITION);
    const metadata = this.#metadata;
    if (metadata !== undefined)
      await writeAll(this.#file, metadata.toTag(extent), metadata.position);
  }

  /** Writes everything and closes the file. A file into which nothing was recorded is removed. Safe twice. */
  async close(): Promise<void> {
    try {
      try {
        await this.flush();
      } finally {
        // Also when the rest cannot be written: what is in the file is to be described.
        await this.describe();
      }
      await this.#file.datasync();
    } finally {
      await this.#file.close();
      if (!this.#isBegun) await rm(this.path, { force: true });
    }
  }

  #begin(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#metadata = new RecordingMetadata(FLV_HEADER_BYTES, this.#described);
    this.#push(writeFLVHeader({ hasAudio: true, hasVideo: true }));
    this.#push(this.#metadata.toTag(this.#extent(0)));
  }

  #extent(bytes: number): RecordingExtent {
    return {
      tracks: { hasAudio: this.#hasAudio, hasVideo: this.#hasVideo },
      index: this.#index,
      headers: this.#headers,
      lastTimestamp: this.#timeline.lastTimestamp,
      bytes,
    };
  }

  #push(bytes: Buffer): void {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    this.#size += bytes.length;
  }
}

interface BegunRecording {
  readonly extent: RecordingExtent;
  readonly metadata: RecordingMetadata | undefined;
}

/** Cuts off what is not whole at the end of a file; undefined when it has nothing to go on with. */
async function repair(file: FileHandle): Promise<BegunRecording | undefined> {
  const { size } = await file.stat();
  if (size < FLV_HEADER_BYTES) {
    await file.truncate(0);
    return undefined;
  }
  const scanned = await scanRecording(file, {
    strict: true,
    maxIndexEntries: MAX_LISTED_KEYFRAMES,
  });
  const { end, lastTimestamp, tracks, index, headers, metadata } = scanned;
  if (!tracks.hasAudio && !tracks.hasVideo) {
    await file.truncate(0);
    return undefined;
  }
  await file.truncate(end);
  return {
    extent: { tracks, index, headers, lastTimestamp, bytes: end },
    metadata: metadata && RecordingMetadata.of(metadata),
  };
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
