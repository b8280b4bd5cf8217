// red5-node as it is deployed: transport, plugin, scopes, and a listener that hands each line to a router, which sends it to the room.
import { createLogger } from '../../../src/base/index.ts';
import {
  WebSocketDataListener,
  WebSocketPlugin,
  WebSocketScope,
  type WSMessage,
} from '../../../src/plugins/websocket/index.ts';
import {
  MultiThreadedApplicationAdapter,
  Server,
  TCPTransport,
  WebScope,
} from '../../../src/server/index.ts';

class Router {
  route(path: string, text: string): void {
    plugin.getManager(scope).getScope(path)?.send(text);
  }
}

class BenchListener extends WebSocketDataListener {
  readonly #router = new Router();

  override onWSConnect(): void {}

  override onWSMessage(message: WSMessage): void {
    const { fullPath = '' } = message.connection.scope ?? {};
    this.#router.route(fullPath, message.messageAsString);
  }

  override onWSDisconnect(): void {}
}

const server = new Server();
server.logger = createLogger({ level: 'warn', format: 'json' });
const plugin = Object.assign(new WebSocketPlugin(), {
  server,
  maxMessagesPerSecond: 0,
  maxBytesPerSecond: 0,
});
const transport = Object.assign(new TCPTransport(), {
  name: 'bench',
  host: '127.0.0.1',
  backlog: 4096,
  handlers: [plugin],
  logger: server.logger,
});
const scope = new WebScope();
scope.server = server;
scope.parent = server.globalScope;
scope.contextPath = '/bench';
scope.handler = new MultiThreadedApplicationAdapter();

await plugin.start();
await scope.start();
const webSocketScope = new WebSocketScope(scope);
webSocketScope.addListener(new BenchListener());
webSocketScope.register();
await transport.start();
console.log(`ready ${transport.address?.port}`);
