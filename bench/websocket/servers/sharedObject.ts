// What bench/websocket/sharedObjects.ts measures: red5-node with one shared object, or a loop over `ws` sockets that does the least of it.
import { WebSocketServer } from 'ws';
import { createLogger } from '../../../src/base/index.ts';
import { WebSocketPlugin, WebSocketScope } from '../../../src/plugins/websocket/index.ts';
import {
  MultiThreadedApplicationAdapter,
  Server,
  TCPTransport,
  WebScope,
} from '../../../src/server/index.ts';

const port = process.argv[2] === 'naive' ? await startNaive() : await startOurs();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
process.send?.({ port });

async function startOurs(): Promise<number> {
  const server = new Server();
  server.logger = createLogger({ level: 'warn', format: 'json' });
  const unlimited = { maxMessagesPerSecond: 0, maxBytesPerSecond: 0 };
  const plugin = Object.assign(new WebSocketPlugin(), { server, ...unlimited });
  const handlers = [plugin];
  const transport = Object.assign(new TCPTransport(), {
    host: '127.0.0.1',
    backlog: 4096,
    handlers,
    logger: server.logger,
  });
  const scope = new WebScope();
  Object.assign(scope, { server, parent: server.globalScope, contextPath: '/bench' });
  scope.handler = new MultiThreadedApplicationAdapter();
  await plugin.start();
  await scope.start();
  new WebSocketScope(scope).register();
  await transport.start();
  return transport.address?.port ?? 0;
}

/** Encodes for each client anew, keeps one value, and answers: no versions, no conditions, no history, no order across clients. */
async function startNaive(): Promise<number> {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096 });
  let version = 1;
  const values = new Map<string, unknown>();
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { type, id, ops } = JSON.parse(String(data));
      if (type === 'join') socket.send('{"type":"joined"}');
      else if (type === 'use') socket.send(JSON.stringify({ type: 'snapshot', id }));
      else {
        version += 1;
        values.set(ops[0].key, ops[0].value);
        for (const other of sockets.clients) {
          other.send(JSON.stringify({ type: 'changes', name: 's', version, ops }));
        }
        socket.send(JSON.stringify({ type: 'done', id, version }));
      }
    });
  });
  await new Promise((resolve) => sockets.once('listening', resolve));
  return (sockets.address() as { port: number }).port;
}
