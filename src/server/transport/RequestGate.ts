import type { IncomingMessage } from 'node:http';
import type { BaseConnection } from '../connection/BaseConnection.ts';
import type { PeerAddress, StreamHandler } from './StreamHandler.ts';

/** What a request says once it was let in. */
export interface AdmittedRequest {
  readonly peer: PeerAddress;
  /** Host name without port, as virtual hosts are compared. */
  readonly host: string;
  /** Decoded, without slashes at its ends: `live/room1/cam.flv`. */
  readonly path: string;
  /** Query parameters, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Why a request is not answered as it would like. */
export interface RequestRefusal {
  /** HTTP status. */
  readonly status: number;
  /** For the peer: one line of plain text. */
  readonly description: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that was admitted and is counted. */
export interface CountedRequest extends AdmittedRequest {
  /** Ends the count; safe twice. */
  release(): void;
}

/**
 * Decides which requests of browsers come in, for all protocols that begin with one: by the page's origin, through which proxies, and
 * how many from one address.
 */
export interface RequestGate {
  /**
   * Makes the checks and counts the request as a connection, until `release` is called.
   *
   * @param owner - whose connections are counted together
   */
  admitRequest(request: IncomingMessage, owner: object): CountedRequest | RequestRefusal;
  /** Takes a connection into its scope, within the time there is for that; the application's refusal, or undefined when it accepted. */
  connect(connection: BaseConnection): Promise<RequestRefusal | undefined>;
  /** Adds a protocol that WebSocket clients can speak inside. */
  addStreamHandler(handler: StreamHandler): void;
  /** Removes what `addStreamHandler` added. */
  removeStreamHandler(handler: StreamHandler): void;
}
