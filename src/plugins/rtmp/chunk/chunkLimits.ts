/** Largest chunk size that may be announced: 24 bits. */
export const MAX_CHUNK_SIZE = 0xff_ffff;

/** Chunk size of both directions until another is announced. */
export const INITIAL_CHUNK_SIZE = 128;

/** A time stamp field with this value says that four more bytes hold the time. */
export const EXTENDED_TIMESTAMP = 0xff_ffff;

/** What one connection may make a {@link ChunkReader} keep. */
export interface ChunkLimits {
  /** Bytes of one message. */
  readonly maxMessageBytes: number;
  /** Chunk streams in use. */
  readonly maxChunkStreams: number;
  /** Bytes of all unfinished messages together. */
  readonly maxBufferedBytes: number;
}
