import type { Logger } from '../../../base/index.ts';
import type { Server, SharedObject } from '../../../server/index.ts';
import type { FanOut } from '../frame/FanOut.ts';
import type { WebSocketConnectionOptions } from '../WebSocketConnection.ts';
import type { WebSocketScopeManager } from '../WebSocketScopeManager.ts';
import type { WebSocketSettings } from '../WebSocketSettings.ts';
import { JSONConnection } from './JSONConnection.ts';
import type { JSONProtocol } from './JSONProtocol.ts';
import { Sessions } from './Sessions.ts';
import { SharedObjectFeed } from './SharedObjectFeed.ts';

/** What the JSON clients of a server share. */
export class JSONServer {
  readonly server: Server;
  readonly logger: Logger;
  readonly settings: WebSocketSettings;
  readonly protocol: JSONProtocol;
  readonly sessions: Sessions;
  readonly #fanOut: FanOut;
  readonly #feeds = new WeakMap<SharedObject, SharedObjectFeed>();

  constructor(options: {
    readonly settings: WebSocketSettings;
    readonly server: Server;
    readonly logger: Logger;
    readonly fanOut: FanOut;
  }) {
    this.#fanOut = options.fanOut;
    this.server = options.server;
    this.logger = options.logger;
    this.settings = options.settings;
    this.protocol = options.settings.json;
    this.sessions = new Sessions(this.protocol, options.server.clock);
  }

  /** Whether a client may speak the protocol on a path, if it offers it. */
  isAllowed(manager: WebSocketScopeManager, fullPath: string): boolean {
    return this.protocol.enabled && manager.allowsJSONClients(fullPath);
  }

  /** Makes the connection of a client that offered the protocol. */
  createConnection(options: WebSocketConnectionOptions): JSONConnection {
    return new JSONConnection(options, this);
  }

  /** What carries the steps of a shared object to all JSON clients. */
  feedOf(so: SharedObject): SharedObjectFeed {
    let feed = this.#feeds.get(so);
    if (feed === undefined) {
      feed = new SharedObjectFeed(so, this.#fanOut);
      this.#feeds.set(so, feed);
    }
    return feed;
  }

  /** Forgets all sessions. */
  stop(): void {
    this.sessions.stop();
  }
}
