// node-media-server as it comes, without its log.

import NodeMediaServer from 'node-media-server';
import logger from 'node-media-server/src/core/logger.js';

logger.log = () => {};
const port = Number(process.argv[2]);
const server = new NodeMediaServer({
  bind: '127.0.0.1',
  rtmp: { port },
  webadmin: { enable: false },
  store: { path: process.argv[3] },
});
server.run();
setTimeout(() => process.send({ port }), 300);
