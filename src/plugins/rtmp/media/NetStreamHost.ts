import type { Clock, Logger } from '../../../base/index.ts';
import type { AMFReadOptions } from '../../../io/index.ts';
import type { Connection, Server } from '../../../server/index.ts';
import type { RTMPMessage } from '../chunk/RTMPMessage.ts';
import type { StatusInfo } from '../message/statusInfo.ts';
import type { RTMPBroadcasts } from './RTMPBroadcasts.ts';

/** What a {@link NetStream} needs of the connection it is in. */
export interface NetStreamHost {
  readonly connection: Connection;
  readonly server: Server;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly amf: AMFReadOptions;
  readonly broadcasts: RTMPBroadcasts;
  /** Bytes that wait because the client takes them too slowly; 0 as long as it keeps up. */
  readonly waitingBytes: number;
  /** Whether anything can still be sent. */
  readonly isOpen: boolean;
  /** Sends `onStatus` on a message stream. */
  status(messageStreamID: number, info: StatusInfo): void;
  /** Sends a message as it is. */
  send(message: RTMPMessage): void;
  /** Sends encoded media; to be preceded once by {@link useMediaChunks}. */
  sendMedia(bytes: readonly Buffer[]): void;
  /** Announces the chunk size of encoded media, unless that was done. */
  useMediaChunks(): void;
  /** Closes the connection because of what the client does. */
  fail(error: Error): void;
}
