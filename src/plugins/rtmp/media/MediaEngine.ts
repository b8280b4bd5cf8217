import AVPacket from 'node-media-server/src/core/avpacket.js';
import engineLogger from 'node-media-server/src/core/logger.js';
import Rtmp from 'node-media-server/src/protocol/rtmp.js';
import BroadcastServer from 'node-media-server/src/server/broadcast_server.js';
import BaseSession from 'node-media-server/src/session/base_session.js';
import type { Logger } from '../../../base/index.ts';
import type { MediaMessage } from '../../../server/index.ts';
import { MESSAGE_TYPE } from '../message/messageType.ts';

/** Size of the chunks that the engine makes; a connection has to be told of it before it is sent the first. */
export const ENGINE_CHUNK_SIZE = 65_535;

/** The message stream in the bytes that the engine makes, once they come from here: the first that clients create. */
export const ENGINE_STREAM_ID = 1;

/** Where the message stream is in a message of the engine: behind a basic header of one byte, time, length and type. */
const STREAM_ID_AT = 8;

const TYPE = {
  audio: MESSAGE_TYPE.audio,
  video: MESSAGE_TYPE.video,
  data: MESSAGE_TYPE.dataAMF0,
} as const;

/** What the engine is told about a packet, so that it need not look into what clients sent. */
const FLAGS = {
  audioHeader: 0,
  audio: 1,
  videoHeader: 2,
  keyFrame: 3,
  frame: 4,
  other: 7,
} as const;

/**
 * One live stream in node-media-server: builds its RTMP messages, keeps its group of pictures in that form, and broadcasts.
 *
 * The only file that imports the package. Nothing of it listens, reads bytes of clients, decides who may do what, or keeps time:
 * it is given packets that were looked at before, and its one subscriber is the tap that takes what it broadcasts.
 */
export class MediaEngine {
  readonly #broadcast: BroadcastServer;
  readonly #publisher = new BaseSession();
  readonly #tap = new BaseSession();
  #tapped: Buffer | undefined;

  /** @param path - of the stream; only a name */
  constructor(path: string) {
    this.#broadcast = new BroadcastServer(path);
  }

  /** Begins: from now on {@link broadcast} may be called. */
  open(): void {
    for (const session of [this.#publisher, this.#tap]) {
      session.ip = ''; // One of its own: it tells nobody and counts nothing.
      session.protocol = 'rtmp';
    }
    // The engine's sessions have this as a field of each instance.
    this.#tap.sendBuffer = (bytes) => {
      this.#tapped = bytes;
    };
    this.#broadcast.postPublish(this.#publisher);
    this.#broadcast.postPlay(this.#tap);
  }

  /** Broadcasts a message; returns its bytes for clients that play on {@link ENGINE_STREAM_ID}. Many may be given the same. */
  broadcast(message: MediaMessage): Buffer {
    this.#tapped = undefined;
    this.#broadcast.broadcastMessage(toPacket(message, flagsOf(message)));
    // The form for FLV is not used, and would double the memory.
    this.#broadcast.flvGopCache = null;
    return withStreamID(this.#tapped ?? encode(message));
  }

  /** Bytes of a message that is not broadcast. */
  encode(message: MediaMessage): Buffer {
    return withStreamID(encode(message));
  }

  /** Bytes of everything since the last key frame, message by message. */
  get gop(): readonly Buffer[] {
    return [...(this.#broadcast.rtmpGopCache ?? [])];
  }

  /** Forgets the group of pictures, up to the next key frame. */
  forgetGOP(): void {
    this.#broadcast.rtmpGopCache = null;
  }

  /** Ends. */
  close(): void {
    this.#broadcast.donePlay(this.#tap);
    this.#broadcast._finishPublish();
  }
}

/** Lets what the engine has to say come out of a logger of ours. The engine is one for the process, so the last logger counts. */
export function routeEngineLog(logger: Logger): void {
  engineLogger.log = (message, level = 'info') => {
    if (level === 'error' || level === 'warn') logger[level](message);
    else logger.debug(message);
  };
}

/** The same message for another message stream. */
export function forStream(bytes: Buffer, streamID: number): Buffer {
  if (streamID === ENGINE_STREAM_ID) return bytes;
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(streamID, STREAM_ID_AT);
  return copy;
}

function encode(message: MediaMessage): Buffer {
  return Rtmp.createMessage(toPacket(message, FLAGS.other));
}

function withStreamID(bytes: Buffer): Buffer {
  bytes[STREAM_ID_AT] = ENGINE_STREAM_ID;
  return bytes;
}

function toPacket(message: MediaMessage, flags: number): AVPacket {
  const packet = new AVPacket();
  packet.codec_type = TYPE[message.type];
  packet.flags = flags;
  // RTMP has 32 bits for the time, and goes on from zero.
  packet.dts = message.timestamp % 2 ** 32;
  packet.pts = packet.dts;
  packet.size = message.payload.length;
  packet.data = message.payload;
  return packet;
}

function flagsOf(message: MediaMessage): number {
  if (message.type === 'data') return FLAGS.other;
  if (message.type === 'audio') return message.isSequenceHeader ? FLAGS.audioHeader : FLAGS.audio;
  if (message.isSequenceHeader) return FLAGS.videoHeader;
  return message.isKeyFrame ? FLAGS.keyFrame : FLAGS.frame;
}
