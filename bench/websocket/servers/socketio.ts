// Socket.IO 4, WebSocket transport only, one emit to the room per message. Its folder of modules is the first argument.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** The part of Socket.IO that is used here. */
interface Peer {
  readonly handshake: { readonly query: Readonly<Record<string, string>> };
  join(room: string): void;
  on(event: string, listener: (text: string) => void): void;
}
interface SocketIO {
  on(event: 'connection', listener: (peer: Peer) => void): void;
  to(room: string): { emit(event: string, text: string): void };
}
type Module = { readonly Server: new (http: object, options: object) => SocketIO };

const load = createRequire(join(process.argv[2] ?? '.', 'index.js'));
const { Server } = load('socket.io') as Module;
const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });

io.on('connection', (peer) => {
  const room = peer.handshake.query['room'] ?? '';
  peer.join(room);
  peer.on('m', (text) => io.to(room).emit('m', text));
});

http.listen(0, '127.0.0.1', 4096, () => {
  console.log(`ready ${(http.address() as AddressInfo).port}`);
});
