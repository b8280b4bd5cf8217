// A server with application `bench` for the other programs here; run as a child process, it says its port and answers `usage`.
import { RTMPHandler, RTMPPlugin } from '../../src/plugins/rtmp/index.ts';
import {
  MultiThreadedApplicationAdapter,
  Server,
  TCPTransport,
  WebScope,
} from '../../src/server/index.ts';

const server = new Server();
const plugin = new RTMPPlugin();
plugin.server = server;
const scope = new WebScope();
scope.server = server;
scope.parent = server.globalScope;
scope.contextPath = '/bench';
scope.handler = new MultiThreadedApplicationAdapter();
const transport = new TCPTransport();
transport.host = '127.0.0.1';
transport.handlers = [new RTMPHandler(plugin)];
await plugin.start();
await scope.start();
await transport.start();

process.on('message', (message) => {
  if (message !== 'usage') return;
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  process.send({
    ...process.cpuUsage(),
    rss,
    heapUsed,
    links: plugin.connectionCount,
    connections: server.connections.size,
    handles: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length,
  });
});
process.on('disconnect', () => process.exit());
process.send({ port: transport.address.port });
