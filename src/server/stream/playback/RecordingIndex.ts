import type { FileHandle } from 'node:fs/promises';
import { FLVIndex, FLVReader, type FLVTag, readFLVMetadata } from '../../../io/index.ts';
import { HEADER_POSITIONS } from '../record/RecordingMetadata.ts';
import { scanRecording } from '../record/scanRecording.ts';

/** The beginning of a file is read in one piece: its header and the tag that describes it. */
const HEAD_BYTES = 64 * 1024;

/** What has to be known of a file to play it from any place. */
export interface RecordingIndex {
  readonly durationMs: number;
  readonly keyframes: FLVIndex;
  /** Where the tags are that decoders have to be given first. */
  readonly headers: readonly number[];
  /** What the file says of itself, without what is only for seeking in it. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Where the last whole tag ends. */
  readonly end: number;
}

/**
 * Finds out what is in a file: from what it says itself if this server has completed it, else by reading it from front to back.
 *
 * @throws ProtocolError when it is no FLV file
 */
export async function readRecordingIndex(file: FileHandle, size: number): Promise<RecordingIndex> {
  const described = readDescribed(await readMetadata(file), size);
  if (described !== undefined) return described;
  const { end, lastTimestamp, index, headers, metadata } = await scanRecording(file);
  return {
    durationMs: lastTimestamp,
    keyframes: index,
    headers,
    metadata: withoutPlaces(metadata?.values ?? {}),
    end,
  };
}

async function readMetadata(file: FileHandle): Promise<Readonly<Record<string, unknown>>> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  const reader = new FLVReader({ maxTagBytes: Number.POSITIVE_INFINITY });
  const first: FLVTag | undefined =
    reader.push(buffer.subarray(0, bytesRead)).next().value ?? undefined;
  return (first?.type === 'data' && readFLVMetadata(first.payload)) || {};
}

/** Only a file that was completed has the size that it says it has. */
function readDescribed(
  values: Readonly<Record<string, unknown>>,
  size: number,
): RecordingIndex | undefined {
  const { filesize, duration, keyframes, [HEADER_POSITIONS]: headers } = values;
  if (filesize !== size || typeof duration !== 'number' || !isNumbers(headers)) return undefined;
  const { times, filepositions } = (keyframes ?? {}) as Readonly<Record<string, unknown>>;
  if (!isNumbers(times) || !isNumbers(filepositions) || times.length !== filepositions.length) {
    return undefined;
  }
  const index = new FLVIndex(Math.max(1, times.length));
  // The first is no key frame, but where the codec is described.
  for (let i = 1; i < times.length; i += 1) {
    const timestamp = Math.round((times[i] as number) * 1000);
    index.add({ timestamp, position: filepositions[i] as number });
  }
  const metadata = withoutPlaces(values);
  return { durationMs: duration * 1000, keyframes: index, headers, metadata, end: size };
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isFinite(item));
}

/** Places in a file mean nothing to somebody who is not given the file. */
function withoutPlaces(
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const {
    keyframes: _keyframes,
    padding: _padding,
    filesize: _filesize,
    [HEADER_POSITIONS]: _headers,
    ...rest
  } = values;
  return rest;
}
