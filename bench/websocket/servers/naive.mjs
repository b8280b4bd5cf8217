// What most people write with `ws`: a loop over the room with one send per client.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const rooms = new Map();
const http = createServer();
const server = new WebSocketServer({ server: http });

server.on('connection', (socket, request) => {
  const path = request.url ?? '/';
  const room = rooms.get(path) ?? new Set();
  rooms.set(path, room);
  room.add(socket);
  socket.on('message', (data) => {
    const text = String(data);
    for (const member of room) member.send(text);
  });
  socket.on('close', () => room.delete(socket));
  socket.on('error', () => socket.terminate());
});

http.listen(0, '127.0.0.1', 4096, () => {
  console.log(`ready ${http.address().port}`);
});
