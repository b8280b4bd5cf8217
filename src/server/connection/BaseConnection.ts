import { AttributeStore } from '../AttributeStore.ts';
import { randomID } from '../randomID.ts';
import type { Server } from '../Server.ts';
import type { Scope } from '../scope/Scope.ts';
import type { Client } from './Client.ts';
import type { CloseReason, Connection } from './Connection.ts';

/** What a protocol knows of a peer before the application is asked. */
export interface ConnectionOptions {
  readonly type: string;
  readonly host: string;
  readonly path: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly secure?: boolean;
  readonly connectParams?: Readonly<Record<string, unknown>>;
  /** Default: made here. */
  readonly sessionID?: string;
}

/**
 * What every protocol's connection extends: identity, attributes, and the place in the scope tree.
 *
 * The protocol makes one as soon as it knows the path, passes it to {@link Server.connect}, and calls {@link Server.disconnect} when the
 * peer has gone, whatever the reason. It implements {@link Connection.close}.
 *
 * @red5 org.red5.server.BaseConnection
 */
export abstract class BaseConnection extends AttributeStore implements Connection {
  readonly sessionID: string;
  readonly type: string;
  readonly host: string;
  readonly path: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly secure: boolean;
  readonly connectParams: Readonly<Record<string, unknown>>;
  #server: Server | undefined;
  #client: Client | undefined;
  #scope: Scope | undefined;
  #isConnected = false;

  constructor(options: ConnectionOptions) {
    super();
    this.sessionID = options.sessionID ?? randomID();
    this.type = options.type;
    this.host = options.host;
    this.path = options.path;
    this.remoteAddress = options.remoteAddress;
    this.remotePort = options.remotePort;
    this.secure = options.secure ?? false;
    this.connectParams = options.connectParams ?? {};
  }

  /** The server it connected to; undefined before. */
  get server(): Server | undefined {
    return this.#server;
  }

  get client(): Client | undefined {
    return this.#client;
  }

  get scope(): Scope | undefined {
    return this.#scope;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /**
   * Whether the peer has gone without a word, by what the protocol knows of pings and traffic. Default false.
   *
   * @param _now - milliseconds since the epoch
   */
  isGhost(_now: number): boolean {
    return false;
  }

  abstract close(reason?: CloseReason): void;

  /** Whether it can go over to a new version of its application without the peer noticing. Default false: it is closed instead. */
  get canMove(): boolean {
    return false;
  }

  /** Holds back what the peer sends, until {@link BaseConnection.resume}; nothing of it is lost. */
  suspend(): void {}

  /** Takes what the peer sends again, beginning with what arrived since `suspend`. */
  resume(): void {}

  /**
   * Leaves what the protocol keeps of the old version of its application.
   *
   * @param _silent - whether the application's listeners are not to hear of it
   */
  beginMove(_silent: boolean): void {}

  /**
   * Enters what the protocol keeps of the new version; the scope is the new one already.
   *
   * @param _silent - whether the application's listeners are not to hear of it
   * @returns false when the new version does not take such connections
   */
  endMove(_silent: boolean): boolean {
    return true;
  }

  /**
   * Called by the server before the application is asked.
   *
   * @internal
   */
  attach(server: Server, client: Client, scope: Scope): void {
    this.#server = server;
    this.#client = client;
    this.#scope = scope;
    this.#isConnected = true;
    client.addConnection(this);
  }

  /**
   * Called by the server when a new version of the application takes the connection over.
   *
   * @internal
   */
  moveTo(scope: Scope): void {
    this.#scope = scope;
  }

  /**
   * Called by the server when the peer has gone, before the disconnect callbacks.
   *
   * @internal
   */
  markClosed(): void {
    this.#isConnected = false;
  }

  /**
   * Called by the server after the disconnect callbacks.
   *
   * @internal
   */
  detach(): void {
    this.#client?.removeConnection(this);
  }
}
