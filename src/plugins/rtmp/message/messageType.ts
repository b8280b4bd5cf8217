/** Types of RTMP messages. */
export const MESSAGE_TYPE = {
  setChunkSize: 1,
  abort: 2,
  acknowledgement: 3,
  userControl: 4,
  windowSize: 5,
  peerBandwidth: 6,
  audio: 8,
  video: 9,
  dataAMF3: 15,
  sharedObjectAMF3: 16,
  commandAMF3: 17,
  dataAMF0: 18,
  sharedObjectAMF0: 19,
  commandAMF0: 20,
  aggregate: 22,
} as const;

/** How a connection's values are written: 0 is AMF0, 3 is AMF3. */
export type ObjectEncoding = 0 | 3;

/** Chunk streams the server sends on. */
export const CHUNK_STREAM = {
  /** Messages about the connection itself. */
  control: 2,
  /** Commands and shared objects. */
  command: 3,
} as const;

/** Longest body of a message: its length has 24 bits. */
export const MAX_PAYLOAD = 0xff_ffff;
