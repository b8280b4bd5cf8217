// Socket.IO 4, WebSocket transport only, one emit to the room per message. Its folder of modules is the first argument.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { Server } = createRequire(join(process.argv[2], 'index.js'))('socket.io');
const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });

io.on('connection', (peer) => {
  const room = peer.handshake.query.room ?? '';
  peer.join(room);
  peer.on('m', (text) => io.to(room).emit('m', text));
});

http.listen(0, '127.0.0.1', 4096, () => {
  console.log(`ready ${http.address().port}`);
});
