import { type CodecFacts, readAudioFacts, readVideoFacts } from './mediaFacts.ts';

/** What a message of a stream carries. */
export type MediaType = 'audio' | 'video' | 'data';

/**
 * One message of a live stream or a recording, whatever protocol it came by; never changed, so everybody is given the same.
 *
 * @red5 org.red5.server.net.rtmp.event.IRTMPEvent
 */
export interface MediaMessage {
  readonly type: MediaType;
  /** Milliseconds on the time line of the stream; never starts again, also beyond 2^32. */
  readonly timestamp: number;
  /** The body of an FLV tag. For `data`: AMF0 values, the first of which is a name such as `onMetaData`. */
  readonly payload: Buffer;
  /** Video that can be decoded without what came before. */
  readonly isKeyFrame: boolean;
  /** What a decoder has to be given first: AVC's or AAC's configuration, and what replaces them in newer codecs. */
  readonly isSequenceHeader: boolean;
  /** Data that describes the stream: `onMetaData`. */
  readonly isMetadata: boolean;
  /** Codec of audio and video: `avc1`, `hvc1`, `av01`, `vp09`, `mp4a`, `Opus`, or `flv-` and the number FLV gave an older one. */
  readonly codec: string;
  /** Tells sequence headers apart that do not replace each other: tracks, and kinds of configuration. */
  readonly headerKey: string;
}

/** `onMetaData` as an AMF0 string. */
const ON_METADATA = Buffer.from([0x02, 0x00, 0x0a, ...Buffer.from('onMetaData')]);

const DATA: CodecFacts = { codec: '', isKeyFrame: false, isSequenceHeader: false, headerKey: '' };

/**
 * Makes a message of the body of an FLV tag, and looks at what it is.
 *
 * Bodies that make no sense are frames like any other: players are used to skip what they do not understand.
 *
 * @param payload - must not be changed afterwards
 */
export function createMediaMessage(
  type: MediaType,
  timestamp: number,
  payload: Buffer,
): MediaMessage {
  const { codec, isKeyFrame, isSequenceHeader, headerKey } = readFacts(type, payload);
  const isMetadata = type === 'data' && payload.subarray(0, ON_METADATA.length).equals(ON_METADATA);
  return { type, timestamp, payload, isKeyFrame, isSequenceHeader, isMetadata, codec, headerKey };
}

function readFacts(type: MediaType, payload: Buffer): CodecFacts {
  if (type === 'video') return readVideoFacts(payload);
  return type === 'audio' ? readAudioFacts(payload) : DATA;
}
