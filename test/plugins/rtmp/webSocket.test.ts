import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { RTMPHandler } from '../../../src/plugins/rtmp/index.ts';
import { WebSocketPlugin } from '../../../src/plugins/websocket/index.ts';
import { TCPTransport } from '../../../src/server/index.ts';
import { RawClient, set, USE } from './RawClient.ts';
import { startRTMP } from './startRTMP.ts';

/** A client's WebSocket as a stream that sends its bytes in messages of any size. */
class ClientStream extends Duplex {
  readonly #socket: WebSocket;
  readonly #pieces: number;

  constructor(socket: WebSocket, pieces: number) {
    super();
    this.#socket = socket;
    this.#pieces = pieces;
    socket.on('message', (data: Buffer) => this.push(data));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (let at = 0; at < chunk.length; at += this.#pieces) {
      this.#socket.send(chunk.subarray(at, at + this.#pieces));
    }
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.terminate();
    done(error);
  }
}

describe('RTMP inside WebSocket', () => {
  for (const pieces of [1, 7, 1000, 100_000]) {
    it(`lands in the same scopes, in messages of ${pieces} bytes`, async () => {
      await using rtmp = await startRTMP();
      const webSockets = new WebSocketPlugin();
      webSockets.server = rtmp.server;
      webSockets.maxMessagesPerSecond = 0;
      webSockets.streamHandlers = [new RTMPHandler(rtmp.plugin)];
      const transport = new TCPTransport();
      transport.host = '127.0.0.1';
      transport.logger = rtmp.log;
      transport.handlers = [webSockets];
      await webSockets.start();
      await transport.start();
      const socket = new WebSocket(`ws://127.0.0.1:${transport.address?.port}/`, 'rtmp');
      await once(socket, 'open');
      const inside = new RawClient(new ClientStream(socket, pieces));
      inside.shake();
      inside.connect('chat/room1', { objectEncoding: 3 });
      assert.equal((await inside.command())[0], '_result');
      const plain = await RawClient.connected(rtmp.port, 'chat/room1');
      plain.so('s', USE);
      await plain.sharedObject();
      inside.so('s', USE, set('x', { a: 1 }));
      assert.deepEqual((await plain.sharedObject()).events, [[4, 'x', { a: 1 }]]);
      assert.deepEqual((await inside.sharedObject()).events, [[11], [8], [5, 'x']]);
      await inside.close();
      await plain.close();
      await transport.stop();
      await webSockets.stop();
    });
  }
});
