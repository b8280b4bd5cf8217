import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { RTMPTestClient } from '../support/rtmp/RTMPTestClient.ts';
import { ServerFolder, ServerProcess } from '../support/ServerProcess.ts';
import { WebSocketTestClient } from '../support/WebSocketTestClient.ts';

const tlsHello = Buffer.concat([Buffer.from('16030100c8010000c40303', 'hex'), randomBytes(194)]);
const http = Buffer.from('GET /chat/ HTTP/1.1\r\nHost: localhost\r\n\r\n');
const noise = Buffer.concat([Buffer.of(0xee), randomBytes(500)]);
const halfHandshake = Buffer.concat([Buffer.of(3), randomBytes(700)]);
const halfRequest = Buffer.from('GET /chat HTTP/1.1\r\nHost: local');
const letters = Buffer.from('HELLO, is anybody there?\r\n\r\n');
const silence = Buffer.alloc(0);

/** What is sent where; each must be closed within its time-out, with at most one line in the log. */
const cases = [
  { name: 'an HTTP request', port: 'rtmp', bytes: http, withinMs: 2000 },
  { name: 'a TLS hello', port: 'rtmp', bytes: tlsHello, withinMs: 2000 },
  { name: 'noise', port: 'rtmp', bytes: noise, withinMs: 2000 },
  { name: 'half a handshake', port: 'rtmp', bytes: halfHandshake, withinMs: 8000 },
  { name: 'silence', port: 'rtmp', bytes: silence, withinMs: 8000 },
  { name: 'a TLS hello', port: 'ws', bytes: tlsHello, withinMs: 2000 },
  { name: 'noise', port: 'ws', bytes: noise, withinMs: 2000 },
  { name: 'letters', port: 'ws', bytes: letters, withinMs: 2000 },
  { name: 'half a request', port: 'ws', bytes: halfRequest, withinMs: 12_000 },
  { name: 'silence', port: 'ws', bytes: silence, withinMs: 8000 },
  { name: 'a TLS hello', port: 'http', bytes: tlsHello, withinMs: 2000 },
  { name: 'noise', port: 'http', bytes: noise, withinMs: 2000 },
  { name: 'letters', port: 'http', bytes: letters, withinMs: 2000 },
  { name: 'half a handshake', port: 'http', bytes: halfHandshake, withinMs: 8000 },
  { name: 'half a request', port: 'http', bytes: halfRequest, withinMs: 20_000 },
  { name: 'silence', port: 'http', bytes: silence, withinMs: 8000 },
] as const;

describe('rubbish', () => {
  let folder: ServerFolder;
  let server: ServerProcess;

  before(async () => {
    folder = await ServerFolder.create();
    server = await ServerProcess.start({ folder: folder.path });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  it('on any port is closed within its time-out, with one log line, and nobody else notices', async () => {
    await using rtmp = await RTMPTestClient.join(server.ports.rtmp, 'chat/calm');
    await using socket = await WebSocketTestClient.open(server.wsURL('/chat/calm'));
    const so = rtmp.sharedObject('chat');
    await so.use();
    const linesBefore = logLines().length;

    let said = 0;
    const talk = setInterval(() => socket.send(`line ${said++}`), 20);
    const took = await Promise.all(
      cases.map(async ({ name, port, bytes, withinMs }) => {
        const start = Date.now();
        const sender = connect(server.ports[port], '127.0.0.1');
        await once(sender, 'connect');
        const from = (sender.address() as { port: number }).port;
        sender.write(bytes);
        await closed(sender, withinMs, `${name} on the ${port} port`);
        return { name, port, from, ms: Date.now() - start };
      }),
    );
    clearInterval(talk);

    // Nobody else noticed: every line arrived everywhere, once, in order.
    socket.send('end');
    await so.changed('message', 'end');
    await socket.texts.first((text) => text === 'end');
    const wanted = [...Array.from({ length: said }, (_, number) => `line ${number}`), 'end'];
    assert.deepEqual(so.changesOf('message'), wanted);
    assert.deepEqual(socket.texts.items, wanted);

    const lines = logLines().slice(linesBefore);
    for (const { name, port, from, ms } of took) {
      const about = lines.filter((line) => new RegExp(`\\b${from}\\b`).test(line));
      assert.equal(
        about.length,
        1,
        `${name} on ${port} (${ms} ms): ${about.join('\n')}\n${lines.join('\n')}`,
      );
    }
    assert.equal(lines.length, cases.length, lines.join('\n'));
  });

  it('inside RTMP or WebSocket ends that connection only', async () => {
    await using calm = await WebSocketTestClient.open(server.wsURL('/chat/calm2'));
    await using rtmp = await RTMPTestClient.join(server.ports.rtmp, 'chat/calm2');
    rtmp.sendBytes(Buffer.concat([Buffer.of(0x43), randomBytes(400)])); // a header, then nonsense
    rtmp.sendBytes(Buffer.alloc(3000, 0xff));
    await rtmp.closed;
    await using framed = await WebSocketTestClient.open(server.wsURL('/chat/calm2'));
    framed.sendRaw(Buffer.of(0x81, 0x02, 0x68, 0x69)); // a frame that is not masked
    assert.equal((await framed.closed).code, 1002);
    calm.send('still here');
    assert.deepEqual(await calm.texts.atLeast(1), ['still here']);
  });

  function logLines(): string[] {
    return server.log.split('\n').filter((line) => line.trim() !== '');
  }
});

/** Waits until the other side has closed the connection; what it says before does not matter. */
async function closed(socket: Socket, withinMs: number, what: string): Promise<void> {
  socket.on('error', () => {});
  socket.resume();
  const timer = setTimeout(() => socket.destroy(new Error('late')), withinMs);
  let isLate = false;
  socket.on('error', (error) => {
    isLate = error.message === 'late';
  });
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  clearTimeout(timer);
  assert.equal(isLate, false, `${what} was not closed within ${withinMs} ms`);
}
