// A red5-node server, as it was built, with application `live`; says its port. --flush MS gathers media, --gop BYTES limits the GOP cache.
import { parseArgs } from 'node:util';
import { RTMPHandler, RTMPPlugin } from '../../dist/plugins/rtmp/index.js';
import {
  MultiThreadedApplicationAdapter,
  Server,
  StreamSettings,
  TCPTransport,
  WebScope,
} from '../../dist/server/index.js';

const { values } = parseArgs({
  options: { flush: { type: 'string', default: '0' }, gop: { type: 'string' } },
});
const server = new Server();
const settings = new StreamSettings();
settings.flushIntervalMs = Number(values.flush);
if (values.gop !== undefined) settings.maxGOPBytes = Number(values.gop);
server.streamSettings = settings;
const plugin = new RTMPPlugin();
plugin.server = server;
const scope = new WebScope();
scope.server = server;
scope.parent = server.globalScope;
scope.contextPath = '/live';
scope.handler = new MultiThreadedApplicationAdapter();
const transport = new TCPTransport();
transport.host = '127.0.0.1';
transport.handlers = [new RTMPHandler(plugin)];
await plugin.start();
await scope.start();
await transport.start();
process.send({ port: transport.address.port });
