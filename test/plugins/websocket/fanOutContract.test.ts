import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  type WebSocketConnection,
  WebSocketDataListener,
} from '../../../src/plugins/websocket/index.ts';
import { clientFrame, RawClient, startServer, until } from './support.ts';

/** One thing a room does: a message to all, or to one of its members. */
type Act =
  | { readonly to: 'all'; readonly data: string | Buffer }
  | { readonly to: number; readonly data: string | Buffer };

const MEMBERS = 3;

/** The same room twice: through `ws` with a loop, and through the plugin. */
interface Room {
  readonly clients: readonly RawClient[];
  act(act: Act): void;
  close(code: number, reason: string): void;
  dispose(): Promise<void>;
}

async function roomOfWs(): Promise<Room> {
  const server = new WebSocketServer({ port: 0 });
  await once(server, 'listening');
  const sockets: WebSocket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const clients = await connect((server.address() as AddressInfo).port);
  await until(() => sockets.length === MEMBERS);
  return {
    clients,
    act({ to, data }) {
      for (const socket of to === 'all' ? sockets : [sockets[to]]) socket?.send(data);
    },
    close(code, reason) {
      for (const socket of sockets) socket.close(code, reason);
    },
    async dispose() {
      for (const client of clients) client.destroy();
      server.close();
    },
  };
}

class Silent extends WebSocketDataListener {
  readonly connections: WebSocketConnection[] = [];
  override onWSConnect(connection: WebSocketConnection): void {
    this.connections.push(connection);
  }
  override onWSMessage(): void {}
  override onWSDisconnect(): void {}
}

async function roomOfPlugin(): Promise<Room> {
  const server = await startServer();
  const listener = new Silent();
  await server.deployWith('room', listener);
  const clients = await connect(server.port);
  const { connections } = listener;
  await until(() => connections.length === MEMBERS);
  return {
    clients,
    act({ to, data }) {
      if (to === 'all') connections[0]?.webSocketScope?.send(data);
      else connections[to]?.send(data);
    },
    close(code, reason) {
      for (const connection of connections) connection.close(code, reason);
    },
    async dispose() {
      for (const client of clients) client.destroy();
      await server.stop();
    },
  };
}

/** One after the other, so that both rooms count their members alike. */
async function connect(port: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let n = 0; n < MEMBERS; n++) clients.push(await RawClient.upgrade(port, '/room'));
  return clients;
}

/** All bytes each client gets until the server has closed. */
async function bytesOf(room: Room, acts: readonly (Act | 'turn')[]): Promise<Buffer[]> {
  for (const act of acts) {
    if (act === 'turn') await new Promise(setImmediate);
    else room.act(act);
  }
  room.close(4000, 'enough');
  const close = Buffer.from([0x0f, 0xa0]);
  for (const client of room.clients) client.write(clientFrame(8, close));
  const bytes = await Promise.all(room.clients.map((client) => client.readToEnd()));
  await room.dispose();
  return bytes;
}

const data = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom('', 'a'.repeat(125), 'a'.repeat(126), 'é'.repeat(40_000), '\ud800'),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const act: fc.Arbitrary<Act | 'turn'> = fc.oneof(
  fc.record({ to: fc.constant('all' as const), data }),
  fc.record({ to: fc.nat(MEMBERS - 1), data }),
  fc.constant('turn' as const),
);

describe('fan-out', () => {
  it('gives each client bit for bit what a loop over ws sockets would have given it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
        const expected = await bytesOf(await roomOfWs(), acts);
        const actual = await bytesOf(await roomOfPlugin(), acts);
        for (const [at, bytes] of expected.entries()) {
          assert.ok(actual[at]?.equals(bytes), `client ${at} got other bytes`);
        }
      }),
      { numRuns: 40 },
    );
  });
});
