import type { FLVTag } from './FLVTag.ts';

/**
 * What a decoder needs an audio or video body for: to set itself up (`header`), to begin (`keyframe`), or to go on (`frame`).
 * `other` bodies hold no media: the end of a sequence, commands, data.
 */
export type MediaRole = 'header' | 'keyframe' | 'frame' | 'other';

const AAC = 10;
const EXTENDED_AUDIO = 9;
const AVC = 7;
const HEVC = 12;
const KEYFRAME = 1;
const COMMAND_FRAME = 5;

/** Packet types of extended video bodies (Enhanced RTMP): start of a sequence; its end; metadata; start of an MPEG-2 TS sequence. */
const SEQUENCE_START = 0;
const SEQUENCE_END = 2;
const VIDEO_METADATA = 4;
const TS_SEQUENCE_START = 5;

/** Finds out what a body is for from its first two bytes; every frame of audio can be begun with, so it is a `frame`. */
export function mediaRoleOf({ type, payload }: Pick<FLVTag, 'type' | 'payload'>): MediaRole {
  if (type === 'data' || payload.length === 0) return 'other';
  const first = payload[0] as number;
  return type === 'audio' ? audioRole(first, payload) : videoRole(first, payload);
}

function audioRole(first: number, payload: Buffer): MediaRole {
  const format = first >> 4;
  if (format === AAC) return payload[1] === 0 ? 'header' : 'frame';
  if (format !== EXTENDED_AUDIO) return 'frame';
  const packet = first & 0x0f;
  if (packet === SEQUENCE_START) return 'header';
  return packet === SEQUENCE_END || packet === VIDEO_METADATA ? 'other' : 'frame';
}

function videoRole(first: number, payload: Buffer): MediaRole {
  const isExtended = (first & 0x80) !== 0;
  const frame = isExtended ? (first >> 4) & 7 : first >> 4;
  if (frame === COMMAND_FRAME) return 'other';
  if (isExtended) {
    const packet = first & 0x0f;
    if (packet === SEQUENCE_START || packet === TS_SEQUENCE_START) return 'header';
    if (packet === SEQUENCE_END || packet === VIDEO_METADATA) return 'other';
  } else if ((first & 0x0f) === AVC || (first & 0x0f) === HEVC) {
    if (payload[1] === 0) return 'header';
    if (payload[1] === 2) return 'other';
  }
  return frame === KEYFRAME ? 'keyframe' : 'frame';
}
