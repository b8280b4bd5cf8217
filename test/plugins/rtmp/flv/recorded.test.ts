import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { FLVReader } from '../../../../src/io/index.ts';
import {
  createMediaMessage,
  MultiThreadedApplicationAdapter,
  type WebScope,
} from '../../../../src/server/index.ts';
import { RecordingFile } from '../../../../src/server/stream/record/RecordingFile.ts';
import { sendGroup } from '../../../server/stream/support.ts';
import { makeFLV, probe } from '../../../support/media.ts';
import { TemporaryFolder } from '../../../support/TemporaryFolder.ts';
import { type FLVServer, publishFor, readTags, startFLV } from './startFLV.ts';

interface RecordedServer extends AsyncDisposable {
  readonly flv: FLVServer;
  readonly application: WebScope;
  readonly adapter: MultiThreadedApplicationAdapter;
  readonly bytes: Buffer;
}

/** A server whose application has a recording of four seconds, once of its own and once in a room. */
async function startRecorded(): Promise<RecordedServer> {
  const folder = await TemporaryFolder.create({ 'streams/room1/x': '', 'streams/text.flv': 'no' });
  await makeFLV(folder.file('source.flv'), 4);
  for (const name of ['streams/film.flv', 'streams/room1/film.flv']) {
    const file = await RecordingFile.open({ path: folder.file(name), append: false });
    for (const { type, timestamp, payload } of await readTags(folder.file('source.flv'))) {
      file.add(createMediaMessage(type, timestamp, payload), timestamp);
    }
    await file.close();
  }
  const flv = await startFLV();
  const adapter = new MultiThreadedApplicationAdapter();
  const application = await flv.deploy('live', { adapter, folder: folder.path });
  return {
    flv,
    application,
    adapter,
    bytes: await readFile(folder.file('streams/film.flv')),
    async [Symbol.asyncDispose]() {
      await flv.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('a recording by HTTP', () => {
  it('is a file with ranges', async () => {
    await using server = await startRecorded();
    const { flv, bytes } = server;
    const url = flv.url('/live/film.flv');
    const whole = await fetch(url);
    assert.equal(whole.status, 200);
    assert.equal(whole.headers.get('content-type'), 'video/x-flv');
    assert.equal(whole.headers.get('accept-ranges'), 'bytes');
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(bytes));
    const cases = [
      { range: 'bytes=0-99', status: 206, from: 0, to: 100 },
      { range: 'bytes=1000-', status: 206, from: 1000, to: bytes.length },
      { range: 'bytes=-500', status: 206, from: bytes.length - 500, to: bytes.length },
      { range: `bytes=${bytes.length}-`, status: 416, from: 0, to: 0 },
    ];
    for (const { range, status, from, to } of cases) {
      const response = await fetch(url, { headers: { Range: range } });
      assert.equal(response.status, status, range);
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(from, to)), range);
    }
    const head = await fetch(url, { method: 'HEAD' });
    assert.equal(head.headers.get('content-length'), String(bytes.length));
    const tag = whole.headers.get('etag') ?? '';
    assert.equal((await fetch(url, { headers: { 'If-None-Match': tag } })).status, 304);
  });

  it('is found in its room, though nobody is there, and its address is no way to the folder', async () => {
    await using server = await startRecorded();
    const cases = {
      '/live/room1/film.flv': 200,
      '/live/none.flv': 404,
      '/live/text.flv': 404,
      '/live/streams/film.flv': 404,
      '/live/room2/film.flv': 404,
    };
    for (const [path, status] of Object.entries(cases)) {
      const response = await fetch(server.flv.url(path));
      assert.equal(response.status, status, path);
      await response.arrayBuffer();
    }
  });

  it('is what ffprobe seeks in and plays', async () => {
    await using server = await startRecorded();
    const { packets, duration } = await probe(server.flv.url('/live/film.flv'));
    assert.equal(packets['video'], 100);
    assert.ok(Math.abs(duration - 4) < 0.1);
  });

  it('is only for those who may play it, and its pages', async () => {
    await using server = await startRecorded();
    server.adapter.registerStreamPlaybackSecurity({
      isPlaybackAllowed: async (_scope, _name, _start, _length, _flush, parameters) =>
        parameters?.['token'] === 'good',
    });
    const url = server.flv.url('/live/film.flv');
    assert.equal((await fetch(url)).status, 403);
    assert.equal((await fetch(url, { headers: { Range: 'bytes=0-9' } })).status, 403);
    assert.equal((await fetch(`${url}?token=good`, { method: 'HEAD' })).status, 200);
    const headers = { Origin: 'https://evil.example' };
    assert.equal((await fetch(`${url}?token=good`, { headers })).status, 403);
    assert.equal(server.application.connections.size, 0);
  });

  it('gives way to a live stream of its name', async () => {
    await using server = await startRecorded();
    const publication = await publishFor(server.flv.server, server.application, 'film');
    sendGroup(publication, 0);
    const response = await fetch(server.flv.url('/live/film.flv'));
    await publication.close();
    const tags = [...new FLVReader().push(Buffer.from(await response.arrayBuffer()))];
    assert.equal(tags.length, 6);
  });
});

describe('a recording by WebSocket', () => {
  it('is sent at its pace, and then the socket is closed', async () => {
    await using server = await startRecorded();
    const webSocket = new WebSocket(server.flv.webSocketURL('/live/film.flv'));
    const parts: Buffer[] = [];
    webSocket.on('message', (data: Buffer) => parts.push(data));
    const [code] = await once(webSocket, 'close');
    assert.equal(code, 1000);
    const tags = [...new FLVReader({ strict: true }).push(Buffer.concat(parts))];
    const frames = tags.filter(({ type, payload }) => type === 'video' && payload[1] === 1);
    assert.equal(frames.length, 100);
  });
});
