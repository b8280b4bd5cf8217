import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, it } from 'node:test';
import { encodeTextFrame } from '../../../../src/plugins/websocket/frame/encodeFrame.ts';
import {
  DefaultWebSocketDataListener,
  WebSocketScope,
} from '../../../../src/plugins/websocket/index.ts';
import { EventHistory } from '../../../../src/plugins/websocket/sse/EventHistory.ts';
import { encodeEvent } from '../../../../src/plugins/websocket/sse/encodeEvent.ts';
import { MultiThreadedApplicationAdapter } from '../../../../src/server/index.ts';
import { RawClient, startServer, TestClient, until } from '../support.ts';

interface Event {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** Reads a stream as the HTML standard says browsers do. */
class EventReader {
  readonly events: Event[] = [];
  readonly #changed = new EventEmitter();
  #text = '';
  #lastID = '';
  comments = 0;
  isEnded = false;

  constructor(readonlyResponse: IncomingMessage) {
    readonlyResponse.setEncoding('utf8');
    readonlyResponse.on('data', (chunk: string) => this.#read(chunk));
    const ended = () => {
      this.isEnded = true;
      this.#changed.emit('change');
    };
    readonlyResponse.on('end', ended);
    readonlyResponse.on('error', ended);
  }

  async received(count: number): Promise<Event[]> {
    while (this.events.length < count && !this.isEnded) await once(this.#changed, 'change');
    return this.events;
  }

  #read(chunk: string): void {
    this.#text += chunk;
    for (let end = this.#text.indexOf('\n\n'); end >= 0; end = this.#text.indexOf('\n\n')) {
      this.#dispatch(this.#text.slice(0, end).split(/\r\n|\r|\n/));
      this.#text = this.#text.slice(end + 2);
    }
    this.#changed.emit('change');
  }

  #dispatch(lines: readonly string[]): void {
    const data: string[] = [];
    let event = 'message';
    for (const line of lines) {
      const colon = line.indexOf(':');
      if (colon === 0) this.comments += 1;
      const value = line.slice(colon + 1).replace(/^ /, '');
      const field = line.slice(0, colon);
      if (field === 'data') data.push(value);
      if (field === 'event') event = value;
      if (field === 'id') this.#lastID = value;
    }
    if (data.length > 0) this.events.push({ event, id: this.#lastID, data: data.join('\n') });
  }
}

async function open(port: number, path: string, headers: Record<string, string> = {}) {
  const asked = request({
    host: '127.0.0.1',
    port,
    path,
    headers: { Accept: 'text/event-stream', ...headers },
    agent: false,
  });
  asked.on('error', () => undefined);
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.on('error', () => undefined);
  return { response, reader: new EventReader(response), close: () => asked.destroy() };
}

const on = { serverSentEvents: true } as const;

describe('encodeEvent', () => {
  it('writes each line of data as one, whatever ends it', () => {
    assert.equal(
      encodeEvent({ data: 'a\r\nb\rc\nd\n' }),
      'data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n',
    );
  });

  it('lets neither name nor id begin a field or event of its own', () => {
    assert.equal(
      encodeEvent({ event: 'x\ndata: evil', id: '1\r\n\r\ndata: evil', data: '' }),
      'id: 1 data: evil\nevent: x data: evil\ndata: \n\n',
    );
  });
});

describe('EventHistory', () => {
  it('gives what came after an id, and nothing for ids that it cannot know', () => {
    const history = new EventHistory({ maxEvents: 3, maxBytes: 1000 });
    const frames = ['1', '2', '3', '4', '5'].map(encodeTextFrame);
    const ids: string[] = [history.lastID];
    for (const frame of frames) {
      history.add(frame);
      ids.push(history.lastID);
    }
    assert.equal(history.idOf(frames[4] as Buffer), ids[5]);
    assert.deepEqual(history.since(ids[5] ?? ''), []);
    assert.deepEqual(history.since(ids[3] ?? ''), frames.slice(3));
    assert.deepEqual(history.since(ids[2] ?? ''), frames.slice(2));
    assert.equal(history.since(ids[1] ?? ''), undefined);
    for (const id of ['', 'x', 'x.1', `${ids[5]}0`, `${ids[5]?.split('.')[0]}.-1`]) {
      assert.equal(history.since(id), undefined);
    }
    assert.equal(new EventHistory({ maxEvents: 3, maxBytes: 9 }).since(ids[5] ?? ''), undefined);
  });

  it('keeps no more bytes than allowed', () => {
    const history = new EventHistory({ maxEvents: 100, maxBytes: 250 });
    const before = history.lastID;
    for (let n = 0; n < 3; n++) history.add(encodeTextFrame('x'.repeat(98)));
    assert.equal(history.since(before), undefined);
  });
});

describe('event streams', () => {
  it('are off by default', async () => {
    await using server = await startServer();
    await server.deployWith('chat', new DefaultWebSocketDataListener());
    const { response, close } = await open(server.port, '/chat/events');
    assert.equal(response.statusCode, 426);
    close();
  });

  it('begin with the event connection, and get what the room gets, with ids', async () => {
    await using server = await startServer(on);
    const chat = await server.deployWith('chat', new DefaultWebSocketDataListener());
    const { response, reader, close } = await open(server.port, '/chat/room1/events');
    assert.equal(response.statusCode, 200);
    assert.equal(response.headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.equal(response.headers['cache-control'], 'no-store');
    const writer = await TestClient.open(`${server.url}/chat/room1`);
    const elsewhere = await TestClient.open(`${server.url}/chat/room2`);
    elsewhere.send('not here');
    await elsewhere.received(1);
    writer.send('one\r\nid: 7\r\n\r\ndata: evil');
    writer.send(Buffer.from([1, 2, 3]));
    server.plugin.getManager(chat).send('to all');
    const events = await reader.received(4);
    assert.equal(events[0]?.event, 'connection');
    const [connection] = chat.getChildScope('room1')?.connections ?? [];
    assert.deepEqual(JSON.parse(events[0]?.data ?? ''), {
      id: [...(chat.getChildScope('room1')?.connections ?? [])].find(({ type }) => type === 'sse')
        ?.sessionID,
      missed: false,
    });
    assert.ok(connection);
    assert.deepEqual(
      events
        .slice(1)
        .map(({ event, data }) => [event, data])
        .sort(),
      [
        ['binary', 'AQID'],
        ['message', 'one\nid: 7\n\ndata: evil'],
        ['message', 'to all'],
      ],
    );
    assert.equal(new Set(events.map(({ id }) => id)).size, 4);
    close();
    await writer.close();
    await elsewhere.close();
  });

  it('leave at once when the client closes, and their room goes', async () => {
    await using server = await startServer(on);
    const chat = await server.deployWith('chat');
    const { reader, close } = await open(server.port, '/chat/room1/events');
    await reader.received(1);
    const manager = server.plugin.getManager(chat);
    assert.equal(manager.getScope('room1')?.eventStreams.size, 1);
    close();
    await until(() => manager.getScope('room1') === undefined);
    await until(() => chat.getScopeNames().length === 0);
    assert.equal(server.plugin.connectionCount, 0);
  });

  it('get what they missed after Last-Event-ID, and are told when that is not known any more', async () => {
    await using server = await startServer({ ...on, maxHistoryEvents: 3 });
    const chat = await server.deployWith('chat', new DefaultWebSocketDataListener());
    const stays = await TestClient.open(`${server.url}/chat`);
    const first = await open(server.port, '/chat/events');
    await first.reader.received(1);
    stays.send('1');
    const lastID = (await first.reader.received(2))[1]?.id ?? '';
    first.close();
    const scope = server.plugin.getManager(chat).getScope('/chat');
    await until(() => scope?.eventStreams.size === 0);
    stays.send('2');
    stays.send('3');
    await stays.received(3);
    const second = await open(server.port, '/chat/events', { 'Last-Event-ID': lastID });
    const events = await second.reader.received(3);
    assert.deepEqual(events.map(({ data }) => data).slice(1), ['2', '3']);
    assert.equal(JSON.parse(events[0]?.data ?? '').missed, false);
    second.close();
    for (const text of ['4', '5', '6']) stays.send(text);
    await stays.received(6);
    const third = await open(server.port, `/chat/events?lastEventId=${lastID}`);
    const [told] = await third.reader.received(1);
    assert.equal(JSON.parse(told?.data ?? '').missed, true);
    third.close();
    await stays.close();
  });

  it('are decided on by the application and its limits like any connection', async () => {
    await using server = await startServer({
      ...on,
      maxConnections: 1,
      allowedOrigins: ['https://a.example'],
    });
    const application = new MultiThreadedApplicationAdapter();
    application.appConnect = (connection) => connection.connectParams['who'] !== 'mallory';
    new WebSocketScope(await server.deploy('chat', application)).register();
    const origin = { Origin: 'https://a.example' };
    const cases: readonly (readonly [
      path: string,
      headers: Record<string, string>,
      status: number,
    ])[] = [
      ['/chat/events?who=mallory', origin, 403],
      ['/nothing/events', origin, 404],
      ['/chat/events', {}, 403],
      ['/chat/events', { Origin: 'https://evil.example' }, 403],
      ['/chat/events', { ...origin, Accept: 'text/html' }, 426],
      ['/events', origin, 426],
    ];
    for (const [path, headers, status] of cases) {
      const { response, close } = await open(server.port, path, headers);
      assert.equal(response.statusCode, status);
      close();
    }
    const one = await open(server.port, '/chat/events', origin);
    assert.equal(one.response.headers['access-control-allow-origin'], 'https://a.example');
    const more = await open(server.port, '/chat/events', { 'Sec-Fetch-Site': 'same-origin' });
    assert.equal(more.response.statusCode, 503);
    one.close();
    more.close();
  });

  it('take nothing from clients', async () => {
    await using server = await startServer(on);
    await server.deployWith('chat');
    const asked = request({
      port: server.port,
      host: '127.0.0.1',
      path: '/chat/events',
      method: 'POST',
    });
    asked.end('{"event":"x","data":"y"}');
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    assert.equal(response.statusCode, 403);
    response.resume();
  });

  it('are kept alive with comments', async () => {
    await using server = await startServer({ ...on, pingIntervalMs: 20 });
    await server.deployWith('chat');
    const { reader, close } = await open(server.port, '/chat/events');
    await until(() => reader.comments >= 2);
    close();
  });

  it('end with an event that says why when the application stops', async () => {
    await using server = await startServer(on);
    const chat = await server.deployWith('chat');
    const { reader } = await open(server.port, '/chat/events');
    await reader.received(1);
    await chat.stop();
    const events = await reader.received(2);
    assert.equal(events[1]?.event, 'close');
    assert.match(events[1]?.data ?? '', /shutting down/);
    await until(() => reader.isEnded);
  });

  it('do not hold up others when one does not read', async () => {
    await using server = await startServer({
      ...on,
      maxQueueBytes: 100_000,
      maxMessagesPerSecond: 0,
      maxBytesPerSecond: 0,
    });
    const chat = await server.deployWith('chat', new DefaultWebSocketDataListener());
    const stalled = new RawClient(server.port);
    stalled.write('GET /chat/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n');
    await stalled.readUntil('event: connection');
    stalled.socket.pause();
    const quick = await open(server.port, '/chat/events');
    const writer = await TestClient.open(`${server.url}/chat`);
    const scope = server.plugin.getManager(chat).getScope('/chat');
    let sent = 0;
    while (scope?.eventStreams.size === 2) {
      writer.send('x'.repeat(60_000));
      sent += 1;
      await quick.reader.received(sent + 1);
    }
    assert.equal(quick.reader.events.length, sent + 1);
    stalled.destroy();
    quick.close();
    await writer.close();
  });
});
