import type { Clock, Logger } from '../../../base/index.ts';
import type { PeerAddress } from '../../../server/index.ts';
import type { ChunkReader } from '../chunk/ChunkReader.ts';
import type { RTMPMessage } from '../chunk/RTMPMessage.ts';
import {
  acknowledgement,
  readControlNumber,
  readUserControl,
  USER_CONTROL,
  userControl,
} from '../message/controlMessages.ts';
import { MESSAGE_TYPE } from '../message/messageType.ts';
import { rtmpError } from '../rtmpErrors.ts';

/** Bytes after which they are acknowledged when the peer asks for nothing or for more. */
const ACKNOWLEDGE_AFTER = 128 * 1024;
/** A peer that asks for an acknowledgement more often than this is not obeyed. */
const ACKNOWLEDGE_AT_MOST_AFTER = 2500;

/** Messages of unknown types in a row that are put up with. */
const MAX_UNKNOWN_IN_A_ROW = 3;

const CONTENT_TYPES: ReadonlySet<number> = new Set([
  MESSAGE_TYPE.audio,
  MESSAGE_TYPE.video,
  MESSAGE_TYPE.dataAMF3,
  MESSAGE_TYPE.sharedObjectAMF3,
  MESSAGE_TYPE.commandAMF3,
  MESSAGE_TYPE.dataAMF0,
  MESSAGE_TYPE.sharedObjectAMF0,
  MESSAGE_TYPE.commandAMF0,
  MESSAGE_TYPE.aggregate,
]);

/** What {@link LinkControl} needs of its link. */
export interface LinkControlOptions {
  readonly peer: PeerAddress;
  readonly reader: ChunkReader;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Silence after which the peer is given up, in milliseconds. */
  readonly maxInactivityMs: number;
  readonly send: (message: RTMPMessage) => void;
}

/** What is about one link itself: bytes received and acknowledged, pings, chunk sizes. Errors that it throws end the link. */
export class LinkControl {
  readonly #options: LinkControlOptions;
  #readBytes = 0;
  #acknowledgedBytes = 0;
  #acknowledgeAfter = ACKNOWLEDGE_AFTER;
  #unknownInARow = 0;
  #lastHeard: number;
  #heardAtLastTick = 0;
  #roundTripMs = -1;

  constructor(options: LinkControlOptions) {
    this.#options = options;
    this.#lastHeard = options.clock.now();
  }

  /** Bytes received so far. */
  get readBytes(): number {
    return this.#readBytes;
  }

  /** Milliseconds the last answered ping took; -1 before the first. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** Counts bytes that came. */
  heard(bytes: number): void {
    this.#readBytes += bytes;
    this.#lastHeard = this.#options.clock.now();
  }

  /** Tells the peer what was received when it is time to. */
  acknowledge(): void {
    if (this.#readBytes - this.#acknowledgedBytes < this.#acknowledgeAfter) return;
    this.#acknowledgedBytes = this.#readBytes;
    this.#options.send(acknowledgement(this.#readBytes));
  }

  /**
   * Asks the peer for a sign of life if it gave none since the last call.
   *
   * @throws ProtocolError with code `RTMP_INACTIVE`
   */
  tick(): void {
    if (this.#readBytes !== this.#heardAtLastTick) {
      this.#heardAtLastTick = this.#readBytes;
      return;
    }
    const { clock, maxInactivityMs, send } = this.#options;
    const now = clock.now();
    const silentMs = now - this.#lastHeard;
    if (silentMs > maxInactivityMs) {
      throw rtmpError('RTMP_INACTIVE', `nothing received for ${silentMs} ms`);
    }
    send(userControl(USER_CONTROL.pingRequest, now));
  }

  /** Takes a message if it is about the link or unknown; returns false when it is for whoever uses the link. */
  take(message: RTMPMessage): boolean {
    const isContent = CONTENT_TYPES.has(message.type);
    if (isContent || this.#control(message)) this.#unknownInARow = 0;
    else this.#unknown(message.type);
    return !isContent;
  }

  /** Returns false when the type is not known. */
  #control(message: RTMPMessage): boolean {
    switch (message.type) {
      case MESSAGE_TYPE.setChunkSize:
        this.#options.reader.setChunkSize(readControlNumber(message));
        return true;
      case MESSAGE_TYPE.abort:
        this.#options.reader.abort(readControlNumber(message));
        return true;
      case MESSAGE_TYPE.userControl:
        this.#userControl(message.payload);
        return true;
      case MESSAGE_TYPE.windowSize:
        this.#acknowledgeAfter = Math.min(
          Math.max(readControlNumber(message), ACKNOWLEDGE_AT_MOST_AFTER),
          ACKNOWLEDGE_AFTER,
        );
        return true;
      case MESSAGE_TYPE.acknowledgement: // What a peer has read is seen by TCP's flow control already.
      case MESSAGE_TYPE.peerBandwidth:
        readControlNumber(message);
        return true;
      default:
        return false;
    }
  }

  #userControl(payload: Buffer): void {
    const { event, value } = readUserControl(payload);
    if (value === undefined) return;
    const { clock, maxInactivityMs, send } = this.#options;
    if (event === USER_CONTROL.pingRequest) {
      send(userControl(USER_CONTROL.pingResponse, value));
    } else if (event === USER_CONTROL.pingResponse) {
      const elapsed = (clock.now() - value) >>> 0;
      if (elapsed <= maxInactivityMs) this.#roundTripMs = elapsed;
    }
  }

  #unknown(type: number): void {
    this.#unknownInARow += 1;
    if (this.#unknownInARow >= MAX_UNKNOWN_IN_A_ROW) {
      const message = `${this.#unknownInARow} in a row, last type ${type}`;
      throw rtmpError('RTMP_UNKNOWN_MESSAGES', message);
    }
    const { logger, peer } = this.#options;
    logger.debug(`message of unknown type ${type} ignored`, { ...peer });
  }
}
