/** What a tag carries: the three message types of RTMP that FLV knows. */
export type FLVTagType = 'audio' | 'video' | 'data';

/** One tag of an FLV file. */
export interface FLVTag {
  readonly type: FLVTagType;
  /** Milliseconds. Files hold the low 32 bits. */
  readonly timestamp: number;
  /** The body, which is the payload of the RTMP message of the same type. */
  readonly payload: Buffer;
}

/** Which kinds of media a file announces. */
export interface FLVTracks {
  readonly hasAudio: boolean;
  readonly hasVideo: boolean;
}

/** First byte of a tag, by its type. */
export const FLV_TAG_CODE: Readonly<Record<FLVTagType, number>> = { audio: 8, video: 9, data: 18 };

/** Bytes of a file before its first tag: the header, and the size of the tag before the first, which is 0. */
export const FLV_HEADER_BYTES = 13;

/** Bytes of a tag before its body. */
export const FLV_TAG_HEADER_BYTES = 11;

/** Bytes after a body: the size of the tag. */
export const FLV_TAG_TRAILER_BYTES = 4;

/** The longest body that a tag can announce. */
export const MAX_FLV_PAYLOAD_BYTES = 0xff_ff_ff;
