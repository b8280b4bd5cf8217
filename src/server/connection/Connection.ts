import type { AttributeStore } from '../AttributeStore.ts';
import type { Scope } from '../scope/Scope.ts';
import type { Client } from './Client.ts';

/**
 * One peer, whatever it speaks.
 *
 * @red5 org.red5.server.api.IConnection
 */
export interface Connection extends AttributeStore {
  /** Unique in this server; 13 random upper-case letters and digits. */
  readonly sessionID: string;
  /** Which protocol: `rtmp`, `websocket`, `sse`. */
  readonly type: string;
  /** The virtual host the peer asked for, without port. */
  readonly host: string;
  /** Application and rooms the peer asked for, without leading slash: `chat/room1`. */
  readonly path: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** True when the bytes came through TLS. */
  readonly secure: boolean;
  /** What the peer said while connecting: RTMP's command object, a WebSocket's query parameters. */
  readonly connectParams: Readonly<Record<string, unknown>>;
  /** The client this connection belongs to; undefined before it joined a scope. */
  readonly client: Client | undefined;
  /** The scope it connected to; stays set during the disconnect callbacks. */
  readonly scope: Scope | undefined;
  /** True from the first callback of its connect until either side closed. */
  readonly isConnected: boolean;
  /** Closes the connection after what was already sent; safe twice. */
  close(reason?: CloseReason): void;
}

/** Why the server closes a connection; each protocol translates it into its own words. */
export type CloseReason =
  | { readonly kind: 'normal' }
  | { readonly kind: 'shutdown'; readonly description: string }
  | { readonly kind: 'rejected'; readonly description: string }
  | { readonly kind: 'policy'; readonly description: string }
  | { readonly kind: 'protocol-error'; readonly description: string };

/**
 * A connection on which the server can call methods of the peer.
 *
 * @red5 org.red5.server.api.service.IServiceCapableConnection
 */
export interface ServiceCapableConnection extends Connection {
  /** Calls a method of the peer; rejects exactly once when the peer answers with an error or goes away. */
  invoke(method: string, args: readonly unknown[]): Promise<unknown>;
  /** Calls a method of the peer without wanting an answer. */
  notify(method: string, args: readonly unknown[]): void;
}
