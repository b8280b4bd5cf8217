import type { Clock, Logger } from '../../../base/index.ts';
import type { AMFReadOptions } from '../../../io/index.ts';
import type { Connection, Server } from '../../../server/index.ts';
import type { RTMPMessage } from '../chunk/RTMPMessage.ts';
import type { RTMPLink } from '../link/RTMPLink.ts';
import type { StatusInfo } from '../message/statusInfo.ts';
import { ENGINE_CHUNK_SIZE } from './MediaEngine.ts';
import type { RTMPBroadcasts } from './RTMPBroadcasts.ts';

/** What a {@link NetStreamHost} is made of. */
export interface NetStreamHostOptions {
  readonly connection: Connection;
  readonly link: RTMPLink;
  readonly server: Server;
  readonly logger: Logger;
  readonly amf: AMFReadOptions;
  readonly broadcasts: RTMPBroadcasts;
  /** Sends `onStatus` on a message stream. */
  readonly status: (messageStreamID: number, info: StatusInfo) => void;
}

/** What net streams see of the connection they are in. */
export class NetStreamHost {
  readonly connection: Connection;
  readonly server: Server;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly amf: AMFReadOptions;
  readonly broadcasts: RTMPBroadcasts;
  readonly #link: RTMPLink;
  readonly #status: (messageStreamID: number, info: StatusInfo) => void;

  constructor(options: NetStreamHostOptions) {
    this.connection = options.connection;
    this.server = options.server;
    this.logger = options.logger;
    this.clock = options.server.clock;
    this.amf = options.amf;
    this.broadcasts = options.broadcasts;
    this.#link = options.link;
    this.#status = options.status;
  }

  /** Bytes that wait because the client takes them too slowly; 0 as long as it keeps up. */
  get waitingBytes(): number {
    return this.#link.isStalled ? this.#link.queuedBytes : 0;
  }

  /** Whether anything can still be sent. */
  get isOpen(): boolean {
    return this.#link.isOpen;
  }

  /** Sends `onStatus` on a message stream. */
  status(messageStreamID: number, info: StatusInfo): void {
    this.#status(messageStreamID, info);
  }

  /** Sends a message as it is. */
  send(message: RTMPMessage): void {
    this.#link.send(message);
  }

  /** Sends encoded media; to be preceded once by {@link useMediaChunks}. */
  sendMedia(bytes: readonly Buffer[]): void {
    this.#link.sendMedia(bytes);
  }

  /** The same for bytes that many are given, as long as nothing goes before them; returns false when something does. */
  writeMedia(bytes: Buffer): boolean {
    return this.#link.writeMedia(bytes);
  }

  /** Announces the chunk size of encoded media, unless that was done. */
  useMediaChunks(): void {
    this.#link.changeOutChunkSize(ENGINE_CHUNK_SIZE);
  }

  /** Closes the connection because of what the client does. */
  fail(error: Error): void {
    this.#link.fail(error);
  }
}
