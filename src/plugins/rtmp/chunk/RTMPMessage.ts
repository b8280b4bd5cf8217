/** One message as chunks carry it. */
export interface RTMPMessage {
  /** A value of {@link MESSAGE_TYPE}, or one that is not known. */
  readonly type: number;
  /** The chunk stream it came on or goes out on: 2 to 65,599. */
  readonly chunkStreamID: number;
  /** The net stream it belongs to; 0 is the connection itself. */
  readonly messageStreamID: number;
  /** Milliseconds, 32 bits. */
  readonly timestamp: number;
  /** The body; when reading, a view that is valid until more bytes are pushed. */
  readonly payload: Buffer;
}
