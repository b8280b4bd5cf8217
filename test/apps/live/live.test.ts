import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Scope, Server } from '../../../src/server/index.ts';
import { play, publish, sendGroup, TestPlayer } from '../../server/stream/support.ts';
import { TestConnection } from '../../server/support/TestConnection.ts';
import { LiveServer } from '../../support/LiveServer.ts';
import { RTMPTestClient } from '../../support/rtmp/RTMPTestClient.ts';
import { WebSocketTestClient } from '../../support/WebSocketTestClient.ts';

function browser(live: LiveServer, room = ''): Promise<WebSocketTestClient> {
  const url = `ws://127.0.0.1:${live.port('http')}/live${room}`;
  return WebSocketTestClient.open(url, { protocols: ['live'] });
}

function serverOf(live: LiveServer): { server: Server; application: Scope } {
  const server = live.bean<Server>('red5.server');
  const application = server.globalScope.getChildScope('live');
  if (application === undefined) throw new Error('the live demo is not deployed');
  return { server, application };
}

/** Streams of a frame, as `room/name viewers`. */
function listed(frame: string): string[] | undefined {
  const { streams } = JSON.parse(frame) as {
    streams?: { room: string; name: string; since: number; viewers: number }[];
  };
  return streams?.map(({ room, name, viewers }) => `${room}/${name} ${viewers}`);
}

describe('the live demo', () => {
  it('tells browsers and RTMP clients which streams there are, as they come, are watched and go', async () => {
    await using live = await LiveServer.start();
    const { server, application } = serverOf(live);
    application.createChildScope('room1');
    const room = application.getChildScope('room1') as Scope;
    await using early = await browser(live);
    await using rtmp = await RTMPTestClient.join(live.port('rtmp'), 'live');
    const streams = rtmp.sharedObject('streams');
    await streams.use();
    const publication = await publish(server, undefined, 'cam', room);
    sendGroup(publication, 0);
    await using late = await browser(live, '/elsewhere');
    const viewer = new TestConnection('live/room1');
    await server.connect(viewer);
    const subscription = await play(server, new TestPlayer(viewer), 'cam', room);
    await subscription.close();
    await publication.close();
    await early.texts.atLeast(5);
    assert.deepEqual(early.texts.items.map(listed), [
      [],
      ['room1/cam 0'],
      ['room1/cam 1'],
      ['room1/cam 0'],
      [],
    ]);
    await late.texts.atLeast(4);
    assert.deepEqual(listed(late.texts.items[0] ?? ''), ['room1/cam 0']);
    await streams.batches.first(({ events }) => events.some(({ event }) => event === 'REMOVE'));
    const viewers = streams.changesOf('room1/cam') as { viewers: number }[];
    assert.deepEqual(viewers.at(0)?.viewers, 0);
  });

  it('lets nobody else change the list', async () => {
    await using live = await LiveServer.start();
    const { server, application } = serverOf(live);
    const publication = await publish(server, undefined, 'cam', application);
    await using watching = await browser(live);
    await using rtmp = await RTMPTestClient.join(live.port('rtmp'), 'live');
    const streams = rtmp.sharedObject('streams');
    await streams.use();
    streams.set('fake', { room: '', name: 'fake', since: 0, viewers: 1 });
    streams.remove('cam');
    streams.send('clear');
    watching.send('{"streams":[]}');
    await watching.texts.first((text) => text.includes('line'));
    await rtmp.call('nothing');
    assert.deepEqual(listed(watching.texts.items[0] ?? ''), ['/cam 0']);
    assert.deepEqual(JSON.parse(watching.texts.items.at(-1) ?? ''), { line: '{"streams":[]}' });
    assert.equal(watching.texts.items.length, 2);
    await publication.close();
  });

  it('carries each line once to everybody in its room, browsers and RTMP clients', async () => {
    await using live = await LiveServer.start();
    await using ann = await browser(live, '/room1');
    await using bob = await browser(live, '/room1');
    await using other = await browser(live);
    await using rtmp = await RTMPTestClient.join(live.port('rtmp'), 'live/room1');
    const chat = rtmp.sharedObject('chat');
    await chat.use();
    ann.send('from a browser');
    await chat.changed('message', 'from a browser');
    chat.set('message', 'from RTMP');
    chat.set('message', 'from RTMP');
    chat.set('message', { no: 'text' });
    await bob.texts.atLeast(4);
    bob.send('end');
    await ann.texts.atLeast(5);
    await bob.texts.atLeast(5);
    const said = ['from a browser', 'from RTMP', 'from RTMP', 'end'].map((line) => ({ line }));
    for (const { texts } of [ann, bob]) {
      assert.deepEqual(
        texts.items.slice(1).map((text) => JSON.parse(text)),
        said,
      );
    }
    assert.equal(other.texts.items.length, 1);
  });

  it('leaves nothing behind when everybody has gone', async () => {
    await using live = await LiveServer.start();
    const { application } = serverOf(live);
    const ann = await browser(live, '/room1');
    ann.send('hello');
    await ann.texts.atLeast(2);
    await ann.close();
    while (application.getChildScope('room1') !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.equal(application.connections.size, 0);
  });
});
