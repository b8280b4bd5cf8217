// A server with application `bench` for the other programs here; run as a child process, it says its port and answers `usage`.
import { startRTMPServer } from '../startRTMPServer.mjs';

const { server, plugin } = await startRTMPServer('/bench');

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
