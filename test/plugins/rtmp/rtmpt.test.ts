import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { RTMPTHandler } from '../../../src/plugins/rtmp/index.ts';
import { TCPTransport } from '../../../src/server/index.ts';
import { ManualClock } from './ManualClock.ts';
import { message, readSharedObject, set, USE } from './RawClient.ts';
import { type RunningRTMP, type StartOptions, startRTMP } from './startRTMP.ts';
import { WireChunks } from './WireChunks.ts';
import { amf0, readAll, utf } from './wireValues.ts';

interface Tunnel extends AsyncDisposable {
  readonly rtmp: RunningRTMP;
  readonly handler: RTMPTHandler;
  readonly port: number;
}

async function startTunnel(
  properties: Partial<RTMPTHandler> = {},
  options: StartOptions = {},
): Promise<Tunnel> {
  const rtmp = await startRTMP(options);
  const handler = Object.assign(new RTMPTHandler(rtmp.plugin), properties);
  const transport = new TCPTransport();
  transport.host = '127.0.0.1';
  transport.logger = rtmp.log;
  transport.handlers = [handler];
  handler.start();
  await transport.start();
  return {
    rtmp,
    handler,
    port: transport.address?.port ?? 0,
    async [Symbol.asyncDispose]() {
      await transport.stop();
      handler.stop();
      await rtmp[Symbol.asyncDispose]();
    },
  };
}

async function post(
  port: number,
  path: string,
  body: Buffer = Buffer.of(0),
): Promise<{ status: number; body: Buffer; type: string | undefined }> {
  const sent = request({ port, host: '127.0.0.1', path, method: 'POST' });
  sent.end(body);
  const [response] = await once(sent, 'response');
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  return {
    status: response.statusCode,
    body: Buffer.concat(parts),
    type: response.headers['content-type'],
  };
}

async function open(port: number): Promise<string> {
  const { status, body, type } = await post(port, '/open/1');
  assert.deepEqual([status, type], [200, 'application/x-fcs']);
  return body.toString().trimEnd();
}

const handshake = Buffer.concat([Buffer.of(3), Buffer.alloc(2 * 1536)]);
const connectCommand = message(
  20,
  amf0('connect', 1, { app: 'chat/room1', tcUrl: 'rtmpt://localhost/chat/room1' }),
);
const useSharedObject = message(19, Buffer.concat([utf('s'), Buffer.alloc(12), USE, set('x', 1)]));

describe('RTMPT', () => {
  it('tunnels a whole conversation through requests', async () => {
    await using tunnel = await startTunnel();
    const id = await open(tunnel.port);
    assert.match(id, /^[0-9a-f]{32}$/);
    const first = await post(tunnel.port, `/send/${id}/0`, handshake);
    assert.equal(first.body[0], 1);
    assert.equal(first.body.length, 1 + 1 + 2 * 1536);
    const chunks = new WireChunks();
    const received = chunks.push(
      (await post(tunnel.port, `/send/${id}/1`, connectCommand)).body.subarray(1),
    );
    for (let sequence = 2; !received.some((m) => m.type === 20); sequence++) {
      received.push(
        ...chunks.push((await post(tunnel.port, `/idle/${id}/${sequence}`)).body.subarray(1)),
      );
    }
    const result = received.find((m) => m.type === 20);
    assert.equal(readAll(result?.payload ?? Buffer.alloc(0))[0], '_result');
  });

  it('does not leave a request without answer when what came before it is missing', async () => {
    const clock = new ManualClock();
    await using tunnel = await startTunnel({}, { clock });
    const id = await open(tunnel.port);
    await post(tunnel.port, `/idle/${id}/0`);
    const early = post(tunnel.port, `/idle/${id}/2`);
    await new Promise((r) => setTimeout(r, 50));
    clock.advance(30_000);
    assert.equal((await early).status, 404);
  });

  it('answers empty polls with a delay that grows', async () => {
    await using tunnel = await startTunnel();
    const id = await open(tunnel.port);
    const delays: number[] = [];
    for (let i = 0; i < 80; i++) {
      delays.push((await post(tunnel.port, `/idle/${id}/${i}`)).body[0] as number);
    }
    assert.deepEqual([...new Set(delays)], [1, 2, 4, 8, 16, 32]);
  });

  it('puts requests that overtake each other into order', async () => {
    await using tunnel = await startTunnel();
    const id = await open(tunnel.port);
    const bytes = Buffer.concat([handshake, connectCommand, useSharedObject]);
    await post(tunnel.port, `/send/${id}/0`, bytes.subarray(0, 100));
    const late = post(tunnel.port, `/send/${id}/2`, bytes.subarray(200));
    await new Promise((r) => setTimeout(r, 30));
    const early = post(tunnel.port, `/send/${id}/1`, bytes.subarray(100, 200));
    const bodies = [(await early).body, (await late).body].map((body) => body.subarray(1));
    for (let i = 3; i < 6; i++) {
      bodies.push((await post(tunnel.port, `/idle/${id}/${i}`)).body.subarray(1));
    }
    const messages = new WireChunks().push(Buffer.concat(bodies).subarray(1 + 2 * 1536));
    const so = messages.filter((m) => m.type === 19).flatMap((m) => readSharedObject(m).events);
    assert.deepEqual(so, [[11], [8], [5, 'x']]);
  });

  it('answers a request that comes again with the same response, and takes its bytes once', async () => {
    await using tunnel = await startTunnel();
    const id = await open(tunnel.port);
    const first = await post(tunnel.port, `/send/${id}/7`, handshake);
    const again = await post(tunnel.port, `/send/${id}/7`, handshake);
    assert.deepEqual(again.body, first.body);
    const next = await post(tunnel.port, `/send/${id}/8`, connectCommand);
    assert.equal(next.status, 200);
    assert.deepEqual(tunnel.rtmp.log.lines, []);
  });

  it('ends a session whose requests make no sequence', async () => {
    await using tunnel = await startTunnel();
    const id = await open(tunnel.port);
    await post(tunnel.port, `/idle/${id}/5`);
    await post(tunnel.port, `/idle/${id}/6`);
    assert.equal((await post(tunnel.port, `/idle/${id}/3`)).status, 400);
    assert.equal((await post(tunnel.port, `/idle/${id}/7`)).status, 404);
    assert.equal(tunnel.handler.sessionCount, 0);
  });

  for (const [what, path, status] of [
    ['an unknown session', '/send/00000000000000000000000000000000/1', 404],
    ['an identity question', '/fcs/ident2', 404],
    ['another path', '/', 404],
    ['a session number that is none', '/idle/../1', 404],
  ] as const) {
    it(`answers ${what} with ${status}`, async () => {
      await using tunnel = await startTunnel();
      assert.equal((await post(tunnel.port, path)).status, status);
    });
  }

  it('refuses sessions above the limit and bodies that are too long', async () => {
    await using tunnel = await startTunnel({ maxSessions: 1, maxBodyBytes: 100 });
    const id = await open(tunnel.port);
    assert.equal((await post(tunnel.port, '/open/1')).status, 503);
    assert.equal((await post(tunnel.port, `/send/${id}/0`, Buffer.alloc(101))).status, 413);
    await post(tunnel.port, `/close/${id}/1`);
    assert.equal((await post(tunnel.port, '/open/1')).status, 200);
  });

  it('drops a client that sends no request for too long', async () => {
    const clock = new ManualClock();
    await using tunnel = await startTunnel({ sessionTimeoutMs: 20_000 }, { clock });
    const id = await open(tunnel.port);
    await post(tunnel.port, `/send/${id}/0`, handshake);
    clock.advance(15_000);
    await post(tunnel.port, `/idle/${id}/1`);
    clock.advance(15_000);
    assert.equal(tunnel.handler.sessionCount, 1);
    clock.advance(10_000);
    await new Promise((r) => setTimeout(r, 20));
    assert.equal(tunnel.handler.sessionCount, 0);
    assert.equal(tunnel.rtmp.plugin.connectionCount, 0);
  });

  it('drops a request that does not end in time', async () => {
    await using tunnel = await startTunnel({ requestTimeoutMs: 100 });
    const socket = connect(tunnel.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST /open/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n');
    socket.resume();
    await new Promise((resolve) => socket.on('close', resolve));
    assert.equal(tunnel.handler.sessionCount, 0);
  });

  const ffmpeg = spawnSync('ffmpeg', ['-version']).error === undefined;
  it('lets ffmpeg connect through the tunnel', { skip: !ffmpeg }, async () => {
    await using tunnel = await startTunnel();
    const child = spawn('ffmpeg', ['-i', `rtmpt://127.0.0.1:${tunnel.port}/nosuchapp/cam`], {
      timeout: 20_000,
    });
    let text = '';
    child.stderr.on('data', (part) => {
      text += part;
    });
    await once(child, 'close');
    assert.match(text, /No scope 'nosuchapp' on this server/);
  });
});
