import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { type SocketHandler, TCPTransport } from '../../../src/server/index.ts';
import { ManualClock } from '../support/ManualClock.ts';
import { RecordingLogger } from '../support/RecordingLogger.ts';

/** A protocol that answers everything it gets with its name and the bytes. */
class Echo implements SocketHandler {
  readonly protocolName: string;
  readonly #byte: number;
  readonly sockets: Socket[] = [];

  constructor(protocolName: string, byte: number) {
    this.protocolName = protocolName;
    this.#byte = byte;
  }

  acceptsFirstByte(byte: number): boolean {
    return byte === this.#byte;
  }

  handleSocket(socket: Socket, head: Buffer): void {
    this.sockets.push(socket);
    const answer = (data: Buffer): void => {
      socket.write(`${this.protocolName}:${data.toString('latin1')};`);
    };
    socket.on('error', () => {});
    socket.on('data', answer);
    answer(head);
  }
}

interface Started extends AsyncDisposable {
  readonly transport: TCPTransport;
  readonly clock: ManualClock;
  readonly logger: RecordingLogger;
  dial(): Promise<Socket>;
}

async function start(...handlers: SocketHandler[]): Promise<Started> {
  const transport = new TCPTransport();
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  Object.assign(transport, { host: '127.0.0.1', handlers, clock, logger });
  await transport.start();
  const sockets: Socket[] = [];
  return {
    transport,
    clock,
    logger,
    async dial() {
      const socket = connect(transport.address?.port ?? 0, '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => {});
      await once(socket, 'connect');
      return socket;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await transport.stop();
    },
  };
}

async function read(socket: Socket, until: string): Promise<string> {
  let text = '';
  for await (const data of socket.iterator({ destroyOnReturn: false })) {
    text += String(data);
    if (text.includes(until)) break;
  }
  return text;
}

describe('TCPTransport', () => {
  it('gives a connection to the protocol of its first byte, with all bytes in order', async () => {
    await using t = await start(new Echo('rtmp', 3), new Echo('http', 0x47));
    const http = await t.dial();
    http.write('G');
    assert.equal(await read(http, ';'), 'http:G;');
    http.write('ET');
    assert.equal(await read(http, ';'), 'http:ET;');
    const rtmp = await t.dial();
    rtmp.write(Buffer.from([3, 0x41, 0x42]));
    assert.equal(await read(rtmp, ';'), 'rtmp:\x03AB;');
  });

  it('closes what no protocol begins with, with one log line', async () => {
    await using t = await start(new Echo('rtmp', 3));
    const socket = await t.dial();
    socket.write(Buffer.from([0x16, 3, 1]));
    await once(socket, 'close');
    assert.deepEqual(t.logger.lines, ['info: connection closed: no protocol begins like this']);
  });

  it('lives on when a protocol fails to take a connection, with one log line', async () => {
    const faulty = new Echo('faulty', 4);
    faulty.handleSocket = () => {
      throw new Error('out of order');
    };
    await using t = await start(faulty, new Echo('rtmp', 3));
    const refused = await t.dial();
    refused.write(Buffer.from([4]));
    await once(refused, 'close');
    assert.deepEqual(t.logger.lines, ['error: faulty could not take a connection: out of order']);
    const served = await t.dial();
    served.write(Buffer.from([3]));
    assert.equal(await read(served, ';'), 'rtmp:\x03;');
  });

  it('closes who says nothing in time', async () => {
    await using t = await start(new Echo('rtmp', 3));
    const socket = await t.dial();
    while (t.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    const closed = once(socket, 'close');
    await t.clock.advance(5000);
    await closed;
    assert.deepEqual(t.logger.lines, ['info: connection closed: it sent nothing']);
  });

  it('forgets who hangs up before a first byte', async () => {
    await using t = await start(new Echo('rtmp', 3));
    const socket = await t.dial();
    while (t.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    socket.end();
    await once(socket, 'close');
    while (t.clock.pending > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(t.logger.lines, []);
  });

  it('refuses a port that is in use, and can be started after that', async () => {
    await using t = await start();
    const other = new TCPTransport();
    Object.assign(other, { name: 'rtmp', host: '127.0.0.1', port: t.transport.address?.port });
    await assert.rejects(other.start(), {
      name: 'LifecycleError',
      code: 'PORT_IN_USE',
      phase: 'start',
    });
    await other.stop();
    other.port = 0;
    await other.start();
    assert.ok((other.address?.port ?? 0) > 0);
    await other.stop();
    const nowhere = new TCPTransport();
    nowhere.host = '203.0.113.1';
    await assert.rejects(nowhere.start(), { code: 'PORT_NOT_OPENED' });
  });

  it('stops accepting, drops who has not spoken, and leaves the others to their protocol', async () => {
    const echo = new Echo('rtmp', 3);
    await using t = await start(echo);
    const spoken = await t.dial();
    spoken.write(Buffer.from([3]));
    await read(spoken, ';');
    const silent = await t.dial();
    while (t.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    const closed = once(silent, 'close');
    await t.transport.stop();
    await t.transport.stop();
    await closed;
    spoken.write('still here');
    assert.equal(await read(spoken, ';'), 'rtmp:still here;');
    assert.equal(t.transport.address, undefined);
    assert.equal(echo.sockets[0]?.destroyed, false);
  });

  it('closes connections beyond maxConnections', async () => {
    await using t = await start(new Echo('rtmp', 3));
    await t.transport.stop();
    t.transport.maxConnections = 1;
    await t.transport.start();
    await t.dial();
    const second = await t.dial();
    await once(second, 'close');
    assert.deepEqual(t.logger.lines, ['warn: connection refused: too many connections']);
  });
});
