import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { FLVReader, type FLVTag } from '../../../../src/io/index.ts';
import {
  type Connection,
  type MediaType,
  MultiThreadedApplicationAdapter,
  type Publication,
  type Scope,
} from '../../../../src/server/index.ts';
import { sendGroup, TAG } from '../../../server/stream/support.ts';
import { makeFLV, probe } from '../../../support/media.ts';
import { TemporaryFolder } from '../../../support/TemporaryFolder.ts';
import { publishFor, publishTags, readTags, startFLV } from './startFLV.ts';

/** Four seconds of real media. */
let media: FLVTag[];

before(async () => {
  await using folder = await TemporaryFolder.create();
  await makeFLV(folder.file('a.flv'), 4);
  media = await readTags(folder.file('a.flv'));
});

/** What an answer has, up to its end. */
async function tagsOf(response: Response): Promise<FLVTag[]> {
  return [...new FLVReader({ strict: true }).push(Buffer.from(await response.arrayBuffer()))];
}

const short = ({ type, payload, timestamp }: FLVTag): string =>
  `${type} ${payload.subarray(0, 2).toString('hex')}@${timestamp}`;

/** An answer's tags as they come. */
async function* liveTags(response: Response): AsyncGenerator<FLVTag, void, undefined> {
  const reader = new FLVReader();
  for await (const bytes of response.body ?? []) yield* reader.push(Buffer.from(bytes));
}

async function take(tags: AsyncGenerator<FLVTag>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const { value, done } = await tags.next();
    if (done === true) break;
    taken.push(short(value));
  }
  return taken;
}

describe('GET of a live stream', () => {
  it('begins with what the stream is, how to decode it and the last group of pictures, and goes on live', async () => {
    await using flv = await startFLV();
    const publication = await publishFor(flv.server, await flv.deploy('live'), 'cam');
    sendGroup(publication, 0);
    sendGroup(publication, 1000);
    const response = await fetch(flv.url('/live/cam.flv'));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'video/x-flv');
    assert.equal(response.headers.get('cache-control'), 'no-store');
    const tags = liveTags(response);
    assert.deepEqual(await take(tags, 6), [
      'data 0200@0',
      'video 1700@1000',
      'audio af00@1000',
      'video 1701@1000',
      'audio af01@1010',
      'video 2701@1040',
    ]);
    publication.publish('video', 1080, TAG.inter);
    assert.deepEqual(await take(tags, 1), ['video 2701@1080']);
    await publication.close();
    assert.deepEqual(await take(tags, 1), [], 'ends when the publisher stops');
  });

  it('is what ffprobe can play', async () => {
    await using flv = await startFLV();
    const publication = await publishFor(flv.server, await flv.deploy('live'), 'cam');
    const probing = probe(flv.url('/live/cam.flv'));
    await until(() => publication.stream.subscriberCount === 1);
    const publishing = publishTags(publication, media, 2);
    await until(() => publication.stream.statistics.messagesReceived > 250);
    publishing.stop();
    await publication.close();
    const { packets, codecs } = await probing;
    assert.deepEqual(codecs, ['aac', 'h264']);
    assert.ok((packets['video'] ?? 0) > 60, `${packets['video']} frames`);
    assert.ok((packets['audio'] ?? 0) > 100, `${packets['audio']} packets`);
  });

  it('finds streams of rooms inside rooms, and names with spaces', async () => {
    await using flv = await startFLV();
    const application = await flv.deploy('live');
    application.createChildScope('room1');
    const room = application.getChildScope('room1') as Scope;
    room.createChildScope('inner');
    const inner = room.getChildScope('inner') as Scope;
    for (const [scope, name] of [
      [room, 'cam'],
      [inner, 'my cam'],
    ] as const) {
      sendGroup(await publishFor(flv.server, scope, name), 0);
    }
    for (const path of ['/live/room1/cam.flv', '/live/room1/inner/my%20cam.flv?x=1']) {
      const response = await fetch(flv.url(path));
      assert.equal(response.status, 200, path);
      await response.body?.cancel();
    }
    assert.equal((await fetch(flv.url('/live/cam.flv'))).status, 404);
  });

  const announced: readonly [name: string, send: readonly [MediaType, Buffer][], flags: number][] =
    [
      [
        'video and audio',
        [
          ['video', TAG.key],
          ['audio', TAG.audio],
        ],
        5,
      ],
      [
        'audio alone',
        [
          ['audio', TAG.audioHeader],
          ['audio', TAG.audio],
        ],
        4,
      ],
      [
        'video alone',
        [
          ['video', TAG.videoHeader],
          ['video', TAG.key],
        ],
        1,
      ],
    ];
  for (const [name, send, flags] of announced) {
    it(`announces ${name}, also to who was there before`, async () => {
      await using flv = await startFLV();
      const publication = await publishFor(flv.server, await flv.deploy('live'), 'cam');
      const early = await fetch(flv.url('/live/cam.flv'));
      for (const [type, body] of send) publication.publish(type, 0, body);
      const late = await fetch(flv.url('/live/cam.flv'));
      publication.publish('audio', 10, name.includes('audio') ? TAG.audio : Buffer.alloc(0));
      publication.publish('video', 40, name.includes('video') ? TAG.key : Buffer.alloc(0));
      await publication.close();
      assert.equal(Buffer.from(await late.arrayBuffer())[4], flags);
      const first = Buffer.from(await early.arrayBuffer());
      assert.equal(first.subarray(0, 3).toString(), 'FLV');
    });
  }

  it('has times that players can read on a stream that has run for two months', async () => {
    await using flv = await startFLV();
    const application = await flv.deploy('live');
    const publication = await publishFor(flv.server, application, 'cam');
    const month = 30 * 24 * 3_600_000;
    for (let time = 0; time < 2 * month; time += 2 ** 30) {
      publication.publish('video', time % 2 ** 32, TAG.key);
    }
    const response = await fetch(flv.url('/live/cam.flv'));
    publication.publish('video', (2 * month) % 2 ** 32, TAG.key);
    await publication.close();
    const times = (await tagsOf(response)).map((tag) => tag.timestamp);
    assert.ok(times.length >= 2);
    assert.ok(times.every((time) => time < 2 ** 31));
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });

  const gathering = [
    { name: 'in the time that media may be gathered', flushIntervalMs: 200, pieces: 1 },
    { name: 'in one turn', flushIntervalMs: 0, pieces: 3 },
  ];
  for (const { name, flushIntervalMs, pieces } of gathering) {
    it(`is written in one piece as far as it comes ${name}`, async () => {
      await using flv = await startFLV();
      const publication = await publishFor(flv.server, await flv.deploy('live'), 'cam');
      publication.stream.settings.flushIntervalMs = flushIntervalMs;
      sendGroup(publication, 0);
      const socket = connect(flv.port, '127.0.0.1');
      socket.write('GET /live/cam.flv HTTP/1.1\r\nHost: x\r\n\r\n');
      let answer = '';
      socket.on('data', (bytes: Buffer) => {
        answer += bytes.toString('latin1');
      });
      await until(() => answer.includes('FLV'));
      for (const time of [80, 120, 160]) {
        publication.publish('video', time, TAG.inter);
        publication.publish('audio', time, TAG.audio);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await publication.close();
      await until(() => answer.endsWith('0\r\n\r\n'));
      socket.destroy();
      // A frame and what comes with it are 21 + 18 bytes.
      const sizes = [...answer.matchAll(/\r\n([0-9a-f]{2,3})\r\n/g)].map(([, size]) => size);
      assert.deepEqual(sizes.slice(1), Array(pieces).fill(((21 + 18) * (3 / pieces)).toString(16)));
    });
  }

  it('leaves the scope when the player goes', async () => {
    const seen: string[] = [];
    class Adapter extends MultiThreadedApplicationAdapter {
      override appConnect(connection: Connection): boolean {
        seen.push(`connect ${connection.type} ${JSON.stringify(connection.connectParams)}`);
        return true;
      }
      override appDisconnect(): void {
        seen.push('disconnect');
      }
      override streamSubscriberStart(): void {
        seen.push('start');
      }
      override streamSubscriberClose(): void {
        seen.push('close');
      }
    }
    await using flv = await startFLV();
    const application = await flv.deploy('live', { adapter: new Adapter() });
    const publication = await publishFor(flv.server, application, 'cam');
    sendGroup(publication, 0);
    const response = await fetch(flv.url('/live/cam.flv?token=a%20b'));
    await response.body?.getReader().read();
    assert.equal(flv.handler.playerCount, 1);
    assert.equal(publication.stream.subscriberCount, 1);
    const socket = connect(flv.port, '127.0.0.1');
    socket.write('GET /live/cam.flv HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await publication.close();
    await until(() => flv.handler.playerCount === 0);
    assert.deepEqual(seen.toSorted(), [
      ...['close', 'close', 'connect flv {"token":"a b"}', 'connect flv {}'],
      ...['disconnect', 'disconnect', 'start', 'start'],
    ]);
    assert.equal(application.connections.size, 0);
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a request for a stream', () => {
  const answers = [
    { name: 'that nobody publishes', path: '/live/none.flv', status: 404 },
    { name: 'of a room that is not there', path: '/live/nowhere/cam.flv', status: 404 },
    { name: 'of an application that is not there', path: '/nothing/cam.flv', status: 404 },
    { name: 'with a name that leads out', path: '/live/..%2f..%2fetc.flv', status: 400 },
    { name: 'with half a percent sign', path: '/live/%E0%A4.flv', status: 400 },
    { name: 'with no name', path: '/live/.flv', status: 404 },
    { name: 'by HEAD', path: '/live/cam.flv', method: 'HEAD', status: 200 },
    { name: 'by POST', path: '/live/cam.flv', method: 'POST', status: 405 },
    { name: 'by PUT', path: '/live/cam.flv', method: 'PUT', status: 405 },
    { name: 'by DELETE', path: '/live/cam.flv', method: 'DELETE', status: 405 },
    { name: 'by OPTIONS', path: '/live/cam.flv', method: 'OPTIONS', status: 204 },
  ] as const;
  for (const { name, path, status, ...options } of answers) {
    it(`${name} is answered with ${status}`, async () => {
      await using flv = await startFLV();
      sendGroup(await publishFor(flv.server, await flv.deploy('live'), 'cam'), 0);
      const response = await fetch(flv.url(path), options);
      assert.equal(response.status, status);
      if (status === 405) assert.equal(response.headers.get('allow'), 'GET, HEAD, OPTIONS');
      if (status === 200) assert.equal(response.headers.get('content-type'), 'video/x-flv');
      await response.text();
      await until(() => flv.handler.playerCount === 0);
    });
  }

  it('waits for a publisher where that is wanted', async () => {
    await using flv = await startFLV({ waitMs: 5_000 });
    const application = await flv.deploy('live');
    const asked = fetch(flv.url('/live/cam.flv'));
    await until(() => flv.handler.playerCount === 1);
    const publication = await publishFor(flv.server, application, 'cam');
    sendGroup(publication, 0);
    const response = await asked;
    assert.equal(response.status, 200);
    await publication.close();
    assert.equal((await tagsOf(response)).length, 6);
  });

  it('waits no longer than it may', async () => {
    await using flv = await startFLV({ waitMs: 50 });
    await flv.deploy('live');
    assert.equal((await fetch(flv.url('/live/cam.flv'))).status, 404);
    assert.equal(flv.handler.playerCount, 0);
  });

  it('goes to a file of the webapp of that name, whatever is published, but to no private one', async () => {
    await using folder = await TemporaryFolder.create({
      'intro.flv': 'a film',
      'streams/cam.flv': 'a recording',
    });
    await using flv = await startFLV();
    const application = await flv.deploy('live', { folder: folder.path });
    await publishFor(flv.server, application, 'intro');
    assert.equal(await (await fetch(flv.url('/live/intro.flv'))).text(), 'a film');
    assert.equal((await fetch(flv.url('/live/streams/cam.flv'))).status, 404);
  });

  const origins = [
    { name: 'of this host', origin: 'http://127.0.0.1:9999', status: 200 },
    { name: 'of another host', origin: 'https://evil.example', status: 403 },
    {
      name: 'of another host, asking first',
      origin: 'https://evil.example',
      method: 'OPTIONS',
      status: 403,
    },
    {
      name: 'of this host, asking first',
      origin: 'http://127.0.0.1:9999',
      method: 'OPTIONS',
      status: 204,
    },
  ] as const;
  for (const { name, origin, status, ...options } of origins) {
    it(`by a page ${name} is answered with ${status}`, async () => {
      await using flv = await startFLV();
      sendGroup(await publishFor(flv.server, await flv.deploy('live'), 'cam'), 0);
      const response = await fetch(flv.url('/live/cam.flv'), {
        ...options,
        headers: { Origin: origin },
      });
      assert.equal(response.status, status);
      const allowed = response.headers.get('access-control-allow-origin');
      assert.equal(allowed, status === 403 ? null : origin);
      if (status !== 403) assert.match(response.headers.get('vary') ?? '', /Origin/);
      await response.body?.cancel();
    });
  }

  it('is asked about: playback security, synchronous or not, before the answer', async () => {
    await using flv = await startFLV();
    const adapter = new MultiThreadedApplicationAdapter();
    const application = await flv.deploy('live', { adapter });
    sendGroup(await publishFor(flv.server, application, 'cam'), 0);
    sendGroup(await publishFor(flv.server, application, 'secret'), 0);
    adapter.registerStreamPlaybackSecurity({
      isPlaybackAllowed: (_scope, name) => name !== 'secret',
    });
    adapter.registerStreamPlaybackSecurity({
      isPlaybackAllowed: async (_scope, _name, _start, _length, _flush, parameters) => {
        await new Promise((resolve) => setImmediate(resolve));
        return parameters?.['token'] === 'good';
      },
    });
    const status = async (path: string) => {
      const response = await fetch(flv.url(path));
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await status('/live/cam.flv'), 403);
    assert.equal(await status('/live/cam.flv?token=good'), 200);
    assert.equal(await status('/live/secret.flv?token=good'), 403);
    assert.equal(await refusedUpgrade(flv.webSocketURL('/live/cam.flv')), 403);
  });

  it('is refused with the words of the application', async () => {
    class Adapter extends MultiThreadedApplicationAdapter {
      override appConnect(connection: Connection): boolean {
        if (connection.type === 'flv') this.rejectClient({ status: 401, description: 'log in' });
        return true;
      }
    }
    await using flv = await startFLV();
    await publishFor(flv.server, await flv.deploy('live', { adapter: new Adapter() }), 'cam');
    const response = await fetch(flv.url('/live/cam.flv'));
    assert.equal(response.status, 401);
    assert.equal(await response.text(), 'log in\n');
  });

  it('that the client gives up while it is decided leaves nothing behind', async () => {
    await using flv = await startFLV();
    const adapter = new MultiThreadedApplicationAdapter();
    const application = await flv.deploy('live', { adapter });
    await publishFor(flv.server, application, 'cam');
    const decision = new EventEmitter();
    adapter.registerStreamPlaybackSecurity({
      isPlaybackAllowed: async () => {
        setImmediate(() => decision.emit('asked'));
        const [yes] = await once(decision, 'answer');
        return yes;
      },
    });
    const abort = new AbortController();
    const response = fetch(flv.url('/live/cam.flv'), { signal: abort.signal });
    await once(decision, 'asked');
    abort.abort();
    await assert.rejects(response);
    await until(() => application.connections.size === 0);
    decision.emit('answer', true);
    await until(() => flv.handler.playerCount === 0);
  });
});

/** Publishes frames of 100 KB as fast as nothing stops it. */
function flood(publication: Publication, frames: number, from: number): void {
  const body = (key: boolean) =>
    Buffer.concat([Buffer.from([key ? 0x17 : 0x27, 1, 0, 0, 0]), Buffer.alloc(100_000)]);
  for (let i = 0; i < frames; i += 1) {
    publication.publish('video', (from + i) * 40, body(i % 25 === 0));
  }
}

describe('a player that is too slow', () => {
  it('misses frames up to a key frame, then is cut off, and costs others nothing', async () => {
    await using flv = await startFLV();
    const application = await flv.deploy('live');
    const publication = await publishFor(flv.server, application, 'cam');
    publication.stream.settings.maxPlayerQueueBytes = 1_000_000;
    publication.stream.settings.maxPlayerBacklogBytes = 40_000_000;
    const slow = connect(flv.port, '127.0.0.1');
    slow.write('GET /live/cam.flv HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(slow, 'data');
    slow.pause();
    const fast = liveTags(await fetch(flv.url('/live/cam.flv')));
    let received = 0;
    const reading = (async () => {
      for await (const tag of fast) if (tag.type === 'video') received += 1;
    })();
    let highest = 0;
    let sent = 0;
    while (publication.stream.subscriberCount === 2 && sent < 5_000) {
      flood(publication, 5, sent);
      sent += 5;
      for (const { subscriber } of publication.stream.subscriptions) {
        highest = Math.max(highest, subscriber.queuedBytes ?? 0);
      }
      await until(() => received === sent);
    }
    assert.ok(sent < 5_000, 'the slow player was cut off');
    assert.ok(highest < 2_000_000, `${highest} bytes waited`);
    assert.equal(received, sent);
    slow.destroy();
    await publication.close();
    await reading;
  });

  it('begins again with a key frame', async () => {
    await using flv = await startFLV();
    const publication = await publishFor(flv.server, await flv.deploy('live'), 'cam');
    publication.stream.settings.maxPlayerQueueBytes = 1_000_000;
    publication.stream.settings.maxPlayerBacklogBytes = 1_000_000_000;
    const response = await fetch(flv.url('/live/cam.flv'));
    flood(publication, 400, 0);
    const tags = liveTags(response);
    let last = -40;
    let jumps = 0;
    let position = 400;
    for await (const { payload, timestamp } of tags) {
      if (timestamp !== last + 40) {
        jumps += 1;
        assert.equal(payload[0], 0x17, `at ${timestamp}`);
        break;
      }
      last = timestamp;
      if (position > 2_000) break;
      flood(publication, 25, position);
      position += 25;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(jumps, 1);
    await publication.close();
  });
});

/** HTTP status of an upgrade that is refused. */
async function refusedUpgrade(url: string, headers: Record<string, string> = {}): Promise<number> {
  const webSocket = new WebSocket(url, { headers });
  const [, response] = await once(webSocket, 'unexpected-response');
  webSocket.on('error', () => undefined);
  webSocket.terminate();
  return response.statusCode;
}

describe('a WebSocket at the address of a stream', () => {
  it('gets the same bytes in binary messages, and is closed when the publisher stops', async () => {
    await using flv = await startFLV();
    const publication = await publishFor(flv.server, await flv.deploy('live'), 'cam');
    sendGroup(publication, 0);
    const webSocket = new WebSocket(flv.webSocketURL('/live/cam.flv'));
    const parts: Buffer[] = [];
    webSocket.on('message', (data: Buffer, isBinary) => {
      assert.ok(isBinary);
      parts.push(data);
    });
    await once(webSocket, 'open');
    publication.publish('video', 80, TAG.inter);
    webSocket.send('hello');
    await publication.close();
    const [code] = await once(webSocket, 'close');
    const tags = [...new FLVReader({ strict: true }).push(Buffer.concat(parts))];
    assert.equal(tags.length, 7);
    assert.equal(code, 1000);
    await until(() => flv.handler.playerCount === 0);
  });

  it('is refused with an HTTP status when there is no such stream, or the page may not', async () => {
    await using flv = await startFLV();
    await publishFor(flv.server, await flv.deploy('live'), 'cam');
    const at = flv.webSocketURL;
    assert.equal(await refusedUpgrade(at('/live/none.flv')), 404);
    assert.equal(await refusedUpgrade(at('/nothing/cam.flv')), 404);
    assert.equal(
      await refusedUpgrade(at('/live/cam.flv'), { Origin: 'https://evil.example' }),
      403,
    );
    assert.equal(flv.handler.playerCount, 0);
  });

  it('leaves the scope when the player goes', async () => {
    await using flv = await startFLV();
    const application = await flv.deploy('live');
    sendGroup(await publishFor(flv.server, application, 'cam'), 0);
    for (const leave of ['close', 'terminate'] as const) {
      const webSocket = new WebSocket(flv.webSocketURL('/live/cam.flv'));
      await once(webSocket, 'message');
      assert.equal(application.connections.size, 1);
      webSocket[leave]();
      await until(() => application.connections.size === 0);
    }
  });
});

describe('players', () => {
  it('are let go when the application stops', async () => {
    const flv = await startFLV();
    const application = await flv.deploy('live');
    sendGroup(await publishFor(flv.server, application, 'cam'), 0);
    const response = await fetch(flv.url('/live/cam.flv'));
    const webSocket = new WebSocket(flv.webSocketURL('/live/cam.flv'));
    await once(webSocket, 'message');
    const closed = once(webSocket, 'close');
    const began = performance.now();
    await flv.stop();
    assert.equal((await tagsOf(response)).length, 6);
    await closed;
    assert.ok(performance.now() - began < 10_000);
  });

  it('count as connections of their address', async () => {
    await using flv = await startFLV({ webSocket: { maxConnections: 2 } });
    sendGroup(await publishFor(flv.server, await flv.deploy('live'), 'cam'), 0);
    const playing = [await fetch(flv.url('/live/cam.flv')), await fetch(flv.url('/live/cam.flv'))];
    assert.equal((await fetch(flv.url('/live/cam.flv'))).status, 503);
    await playing[0]?.body?.cancel();
    await until(() => flv.handler.playerCount === 1);
    const again = await fetch(flv.url('/live/cam.flv'));
    assert.equal(again.status, 200);
    await again.body?.cancel();
    await playing[1]?.body?.cancel();
  });
});
