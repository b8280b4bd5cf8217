// A server with one application and an RTMP port, as `npm run build` made it, for the programs that measure it as a child process.
import { RTMPHandler, RTMPPlugin } from '../dist/plugins/rtmp/index.js';
import {
  MultiThreadedApplicationAdapter,
  Server,
  StreamSettings,
  TCPTransport,
  WebScope,
} from '../dist/server/index.js';

/** Starts it, and tells the parent process its port. */
export async function startRTMPServer(contextPath, settings = {}) {
  const server = new Server();
  server.streamSettings = Object.assign(new StreamSettings(), settings);
  const plugin = new RTMPPlugin();
  plugin.server = server;
  const scope = new WebScope();
  scope.server = server;
  scope.parent = server.globalScope;
  scope.contextPath = contextPath;
  scope.handler = new MultiThreadedApplicationAdapter();
  const transport = new TCPTransport();
  transport.host = '127.0.0.1';
  transport.handlers = [new RTMPHandler(plugin)];
  await plugin.start();
  await scope.start();
  await transport.start();
  process.send({ port: transport.address.port });
  return { server, plugin };
}
