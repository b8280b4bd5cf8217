/** What can be seen in the first bytes of an FLV tag without decoding it. */
export interface CodecFacts {
  readonly codec: string;
  readonly isKeyFrame: boolean;
  readonly isSequenceHeader: boolean;
  readonly headerKey: string;
}

/** Codecs with a number in FLV that have a packet type in their second byte; the others have no headers. */
const NUMBERED_VIDEO: ReadonlyMap<number, string> = new Map([
  [7, 'avc1'],
  // Not in Adobe's specification, but what encoders sent before enhanced RTMP.
  [12, 'hvc1'],
  [13, 'av01'],
]);
const AAC = 10;
/** The audio format that says that enhanced RTMP follows. */
const ENHANCED_AUDIO = 9;
/** The bit of a video tag that says so. */
const ENHANCED_VIDEO = 0x80;

const FRAME_KEY = 1;
const FRAME_GENERATED_KEY = 4;

/** Packet types of enhanced RTMP that mean the same for audio and video. */
const PACKET = { sequenceStart: 0, multitrack: { audio: 5, video: 6 }, modEx: 7 } as const;
const CODED_FRAMES: ReadonlySet<number> = new Set([1, 3]);
/** Packet types that describe what follows, besides `sequenceStart`. */
const DESCRIBES = {
  /** HDR's metadata; MPEG-2 TS sequence start. */
  video: new Set([4, 5]),
  /** Which channel is which loudspeaker. */
  audio: new Set([4]),
} as const;

/** Reads the head of a video tag. */
export function readVideoFacts(payload: Buffer): CodecFacts {
  const head = payload[0] ?? 0;
  const frameType = (head >> 4) & 7;
  const isKey = frameType === FRAME_KEY || frameType === FRAME_GENERATED_KEY;
  if ((head & ENHANCED_VIDEO) !== 0) return readEnhanced('video', payload, isKey);
  const number = head & 0x0f;
  const codec = NUMBERED_VIDEO.get(number);
  if (codec === undefined) return facts(`flv-${number}`, isKey && payload.length > 1);
  const packetType = payload[1];
  if (packetType === 0) return header('video', codec, '0', 0);
  return facts(codec, isKey && packetType === 1);
}

/** Reads the head of an audio tag. */
export function readAudioFacts(payload: Buffer): CodecFacts {
  const format = (payload[0] ?? 0) >> 4;
  if (format === ENHANCED_AUDIO) return readEnhanced('audio', payload, false);
  if (format !== AAC) return facts(`flv-${format}`, false);
  return payload[1] === 0 ? header('audio', 'mp4a', '0', 0) : facts('mp4a', false);
}

/** Enhanced RTMP v2, "ExVideoTagHeader" and "ExAudioTagHeader". */
function readEnhanced(kind: 'audio' | 'video', payload: Buffer, isKey: boolean): CodecFacts {
  let packetType = (payload[0] ?? 0) & 0x0f;
  let at = 1;
  while (packetType === PACKET.modEx && at < payload.length) {
    let size = (payload[at] ?? 0) + 1;
    at += 1;
    if (size === 256) {
      size = at + 2 <= payload.length ? payload.readUInt16BE(at) + 1 : payload.length;
      at += 2;
    }
    at += size;
    packetType = (payload[at] ?? 0) & 0x0f;
    at += 1;
  }
  let manyCodecs = false;
  let isMultitrack = false;
  if (packetType === PACKET.multitrack[kind]) {
    const tracks = payload[at] ?? 0;
    isMultitrack = true;
    manyCodecs = tracks >> 4 === 2;
    packetType = tracks & 0x0f;
    at += 1;
  }
  const codec = manyCodecs ? 'many' : payload.toString('latin1', at, at + 4);
  const track = isMultitrack ? String(payload[at + (manyCodecs ? 0 : 4)] ?? 0) : '0';
  if (packetType === PACKET.sequenceStart || DESCRIBES[kind].has(packetType)) {
    return header(kind, codec, track, packetType);
  }
  // The first track leads: a joiner begins with its key frame.
  return facts(codec, isKey && track === '0' && CODED_FRAMES.has(packetType));
}

function facts(codec: string, isKeyFrame: boolean): CodecFacts {
  return { codec, isKeyFrame, isSequenceHeader: false, headerKey: '' };
}

function header(kind: string, codec: string, track: string, packetType: number): CodecFacts {
  const headerKey = `${kind}/${track}/${packetType}`;
  return { codec, isKeyFrame: false, isSequenceHeader: true, headerKey };
}
