import type { Logger } from '../../../base/index.ts';
import type { Server } from '../../../server/index.ts';
import type { WebSocketConnectionOptions } from '../WebSocketConnection.ts';
import type { WebSocketScopeManager } from '../WebSocketScopeManager.ts';
import type { WebSocketSettings } from '../WebSocketSettings.ts';
import { JSONConnection } from './JSONConnection.ts';
import { JSON_PROTOCOL, type JSONProtocol } from './JSONProtocol.ts';
import { Sessions } from './Sessions.ts';

/** What the JSON clients of a server share. */
export class JSONServer {
  readonly server: Server;
  readonly logger: Logger;
  readonly settings: WebSocketSettings;
  readonly protocol: JSONProtocol;
  readonly sessions: Sessions;

  constructor(options: {
    readonly settings: WebSocketSettings;
    readonly server: Server;
    readonly logger: Logger;
  }) {
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

  /** Makes the connection of a client that offered {@link JSON_PROTOCOL}. */
  createConnection(options: WebSocketConnectionOptions): JSONConnection {
    return new JSONConnection({ ...options, protocol: JSON_PROTOCOL }, this);
  }

  /** Forgets all sessions. */
  stop(): void {
    this.sessions.stop();
  }
}
