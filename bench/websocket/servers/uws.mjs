// uWebSockets.js: native code, one publish to the room per message. Its folder of modules is the first argument.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const load = createRequire(join(process.argv[2], 'index.js'));
const { App, us_listen_socket_port, us_socket_local_port } = load('uwebsockets');
const portOf = us_socket_local_port ?? us_listen_socket_port;
const app = App();

app.ws('/*', {
  idleTimeout: 120,
  maxBackpressure: 64 * 1024 * 1024,
  upgrade(response, request, context) {
    response.upgrade(
      { room: request.getUrl() },
      request.getHeader('sec-websocket-key'),
      request.getHeader('sec-websocket-protocol'),
      request.getHeader('sec-websocket-extensions'),
      context,
    );
  },
  open(socket) {
    socket.subscribe(socket.getUserData().room);
  },
  message(socket, message, isBinary) {
    app.publish(socket.getUserData().room, message, isBinary);
  },
});

app.listen('127.0.0.1', 0, (socket) => {
  console.log(`ready ${portOf(socket)}`);
});
