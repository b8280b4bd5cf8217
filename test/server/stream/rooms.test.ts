import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Client,
  type Connection,
  Red5,
  type Scope,
  ScopeUtils,
  StreamSettings,
} from '../../../src/server/index.ts';
import {
  makeApplication,
  RecordingAdapter,
  startTestServer,
  type TestServer,
} from '../support/testServer.ts';
import { play, publish, sendGroup, TestPlayer } from './support.ts';

/** Notes what it is asked and told of streams as well. */
class Adapter extends RecordingAdapter {
  override appStart(scope: Scope): boolean | Promise<boolean> {
    this.registerStreamPublishSecurity({
      isPublishAllowed: (at, name) => this.#decide('isPublishAllowed', at, name),
    });
    this.registerStreamPlaybackSecurity({
      isPlaybackAllowed: (at, name) => this.#decide('isPlaybackAllowed', at, name),
    });
    return super.appStart(scope);
  }

  #decide(what: string, scope: Scope, name: string): boolean | Promise<boolean> {
    this.calls.push(`${what} ${scope.fullPath} ${name}`);
    return this.answers[what]?.() ?? true;
  }

  override streamPublishStart(stream: { scope: Scope; name: string }): void {
    this.calls.push(`streamPublishStart ${stream.scope.fullPath} ${stream.name}`);
  }

  override streamBroadcastClose(stream: { scope: Scope; name: string }): void {
    this.calls.push(`streamBroadcastClose ${stream.scope.fullPath} ${stream.name}`);
  }

  override streamSubscriberClose(stream: { scope: Scope; name: string }): void {
    this.calls.push(`streamSubscriberClose ${stream.scope.fullPath} ${stream.name}`);
  }
}

/** Lets time pass until all rooms have gone, outer ones after those inside of them. */
async function allGone({ application, clock }: TestServer): Promise<void> {
  for (let rounds = 0; application.roomCount > 0; rounds += 1) {
    assert.ok(rounds < 10, `${[...application.children.keys()].join()} stays`);
    await clock.advance(1000);
  }
}

/** Ways to name `/chat/a/b cam`: the address of the connection, and the stream's name. */
const SPLITS = [
  ['chat', 'a/b/cam'],
  ['chat/a', 'b/cam'],
  ['chat/a/b', 'cam'],
] as const;

describe('rooms in the names of streams', () => {
  for (const [published, publishedAs] of SPLITS) {
    for (const [played, playedAs] of SPLITS) {
      it(`"${publishedAs}" of ${published} is "${playedAs}" of ${played}`, async () => {
        await using s = await startTestServer();
        const waiting = new TestPlayer(await s.connect(played));
        await play(s.server, waiting, playedAs);
        const publication = await publish(s.server, await s.connect(published), publishedAs);
        assert.equal(publication.stream.scope.fullPath, '/chat/a/b');
        assert.equal(publication.stream.name, 'cam');
        sendGroup(publication, 0);
        const late = new TestPlayer(await s.connect(played));
        const subscription = await play(s.server, late, playedAs);
        assert.equal(subscription.stream, publication.stream);
        assert.deepEqual(late.take(), waiting.take());
        const again = await s.server.streams.publish(await s.connect(played), s.application, 'x');
        assert.equal(again.accepted, true);
        const second = await s.connect(played);
        const taken = await s.server.streams.publish(second, second.scope as Scope, playedAs);
        assert.equal(taken.accepted ? '' : taken.code, 'NetStream.Publish.BadName');
      });
    }
  }

  it('are found by server code by the same names', async () => {
    await using s = await startTestServer();
    const publication = await publish(s.server, await s.connect('chat'), 'a/b/cam');
    const { streams } = s.server;
    const room = publication.stream.scope;
    for (const [scope, name] of [
      [s.application, 'a/b/cam'],
      [room.parent as Scope, 'b/cam'],
      [room, 'cam'],
    ] as const) {
      assert.equal(streams.getBroadcastStream(scope, name), publication.stream, name);
      assert.equal(streams.hasBroadcastStream(scope, name), true, name);
    }
    assert.equal(streams.getBroadcastStream(s.application, 'cam'), undefined);
    assert.equal(streams.getBroadcastStream(s.application, 'a/c/cam'), undefined);
    assert.deepEqual(streams.getBroadcastStreamNames(room), ['cam']);
    assert.deepEqual(streams.getBroadcastStreamNames(s.application), []);
  });

  it('are entered before anybody is asked about the stream, and left when it is over', async () => {
    const handler = new Adapter();
    await using s = await startTestServer({ handler });
    const publisher = await s.connect('chat');
    handler.take();
    const publication = await publish(s.server, publisher, 'a/b/cam');
    assert.deepEqual(handler.take(), [
      'roomStart /chat/a',
      'roomConnect',
      'roomJoin /chat/a',
      'roomStart /chat/a/b',
      'roomConnect',
      'roomJoin /chat/a/b',
      'isPublishAllowed /chat/a/b cam',
      'streamPublishStart /chat/a/b cam',
    ]);
    const room = publication.stream.scope;
    assert.equal(room.connections.has(publisher), true);
    assert.equal(room.clients.has(publisher.client as Client), true);
    assert.equal(publisher.scope, s.application);
    await publication.close();
    assert.deepEqual(handler.take(), [
      'streamBroadcastClose /chat/a/b cam',
      'roomDisconnect',
      'roomLeave /chat/a/b',
      'roomDisconnect',
      'roomLeave /chat/a',
    ]);
    assert.equal(room.connections.size, 0);
    await allGone(s);
    assert.equal(publisher.isConnected, true);
  });

  it('are entered once for several streams, and left with the last of them', async () => {
    const handler = new Adapter();
    await using s = await startTestServer({ handler });
    const connection = await s.connect('chat');
    const publication = await publish(s.server, connection, 'a/cam');
    const other = new TestPlayer(connection);
    handler.take();
    const [subscription] = await Promise.all([
      play(s.server, other, 'a/cam'),
      play(s.server, new TestPlayer(connection), 'a/b/cam').then((deeper) => deeper.close()),
    ]);
    assert.equal(handler.take().filter((call) => call.includes('roomJoin /chat/a')).length, 1);
    await publication.close();
    assert.ok(!handler.take().some((call) => call === 'roomLeave /chat/a'));
    await subscription.close();
    assert.ok(handler.take().some((call) => call === 'roomLeave /chat/a'));
    await allGone(s);
  });

  it('are left before the scope of the connection when its peer goes', async () => {
    const handler = new Adapter();
    await using s = await startTestServer({ handler });
    const connection = await s.connect('chat/a');
    await publish(s.server, connection, 'b/cam');
    await play(s.server, new TestPlayer(connection), 'b/c/other');
    handler.take();
    await s.server.disconnect(connection);
    assert.deepEqual(handler.take(), [
      'streamSubscriberClose /chat/a/b/c other',
      'streamBroadcastClose /chat/a/b cam',
      'roomDisconnect',
      'roomLeave /chat/a/b/c',
      'roomDisconnect',
      'roomLeave /chat/a/b',
      'roomDisconnect',
      'roomLeave /chat/a',
      'appDisconnect',
      'appLeave /chat',
    ]);
  });

  const refusals = ['roomStart', 'roomConnect', 'roomJoin'] as const;
  for (const callback of refusals) {
    it(`keep whom ${callback} refuses from publishing and playing there`, async () => {
      const handler = new Adapter();
      await using s = await startTestServer({ handler });
      const connection = await s.connect('chat');
      handler.take();
      handler.answers[callback] = async () => false;
      const publishing = await s.server.streams.publish(connection, s.application, 'a/b/cam');
      assert.equal(publishing.accepted ? '' : publishing.code, 'NetStream.Publish.BadName');
      const player = new TestPlayer(connection);
      const playing = await s.server.streams.play(connection, s.application, 'a/b/cam', player);
      assert.equal(playing.accepted ? '' : playing.code, 'NetStream.Failed');
      const calls = handler.take();
      assert.ok(!calls.some((call) => call.startsWith('is')), calls.join());
      assert.ok(!calls.some((call) => call.includes('/chat/a/b')), calls.join());
      assert.equal(s.application.children.size, 0);
      assert.equal(connection.isConnected, true);
      const entered = calls.filter((call) => call === 'roomDisconnect').length;
      assert.equal(entered, callback === 'roomJoin' ? 2 : 0);
    });
  }

  it('ask the security handlers of a room that exists', async () => {
    await using s = await startTestServer();
    const asked: string[] = [];
    s.application.createChildScope('a');
    const room = s.application.getChildScope('a') as Scope;
    room.securityHandlers = [
      {
        allowed: (_connection: Connection, scope: Scope) => {
          asked.push(`${scope.fullPath} ${Red5.getConnectionLocal()?.path}`);
          return false;
        },
      },
    ];
    const connection = await s.connect('chat');
    const result = await s.server.streams.publish(connection, s.application, 'a/cam');
    assert.equal(result.accepted, false);
    assert.deepEqual(asked, ['/chat/a chat']);
  });

  it('are asked about by security of streams in the room itself', async () => {
    const handler = new Adapter();
    handler.answers = { isPublishAllowed: () => false, isPlaybackAllowed: async () => false };
    await using s = await startTestServer({ handler });
    const connection = await s.connect('chat');
    handler.take();
    const published = await s.server.streams.publish(connection, s.application, 'a/cam');
    assert.equal(published.accepted, false);
    const player = new TestPlayer(connection);
    assert.equal(
      (await s.server.streams.play(connection, s.application, 'a/cam', player)).accepted,
      false,
    );
    const calls = handler.take();
    assert.ok(calls.includes('isPublishAllowed /chat/a cam'));
    assert.ok(calls.includes('isPlaybackAllowed /chat/a cam'));
    assert.equal(calls.filter((call) => call === 'roomLeave /chat/a').length, 2);
    await allGone(s);
  });

  const impossible = [
    ['too deep', 'a/b/c/d/e/f/g/h/i/cam'],
    ['with a name that rooms may not have', 'a*b/cam'],
    ['above', '../cam'],
    ['here', './cam'],
    ['without a name', 'a//cam'],
    ['at the top', '/cam'],
    ['without a stream', 'a/'],
  ] as const;
  for (const [what, name] of impossible) {
    it(`are refused when they are ${what}: ${name}`, async () => {
      await using s = await startTestServer();
      const connection = await s.connect('chat');
      const result = await s.server.streams.publish(connection, s.application, name);
      assert.equal(result.accepted, false);
      assert.equal(s.application.children.size, 0);
      assert.equal(s.application.roomCount, 0);
    });
  }

  it('are not made where clients may not make rooms', async () => {
    await using s = await startTestServer({
      configure: (application) => {
        application.clientsMakeRooms = false;
      },
    });
    const connection = await s.connect('chat');
    const refused = await s.server.streams.publish(connection, s.application, 'a/cam');
    assert.equal(refused.accepted, false);
    s.application.createChildScope('a');
    const publication = await publish(s.server, connection, 'a/cam');
    assert.equal(publication.stream.scope.fullPath, '/chat/a');
  });

  it('are parts of the name where the application wants it so', async () => {
    const streamSettings = Object.assign(new StreamSettings(), { slashesNameRooms: false });
    await using s = await startTestServer({
      configure: (application) => {
        application.streamSettings = streamSettings;
      },
    });
    const publication = await publish(s.server, await s.connect('chat'), 'a/cam');
    assert.equal(publication.stream.scope, s.application);
    assert.equal(publication.stream.name, 'a/cam');
    assert.equal(s.server.streams.hasBroadcastStream(s.application, 'a/cam'), true);
    assert.equal(s.application.children.size, 0);
  });

  it('do not lead into another application', async () => {
    await using s = await startTestServer();
    const other = makeApplication(s.server, '/chat/inner');
    await other.start();
    const connection = await s.connect('chat');
    const result = await s.server.streams.publish(connection, s.application, 'inner/cam');
    assert.equal(result.accepted, false);
    assert.equal(ScopeUtils.resolveScope(s.application, 'inner'), undefined);
  });

  it('are made by the server for what it publishes itself', async () => {
    const handler = new Adapter();
    await using s = await startTestServer({ handler });
    handler.take();
    const publication = await publish(s.server, undefined, 'a/b/cam', s.application);
    assert.equal(publication.stream.scope.fullPath, '/chat/a/b');
    assert.deepEqual(handler.take(), [
      'roomStart /chat/a',
      'roomStart /chat/a/b',
      'streamPublishStart /chat/a/b cam',
    ]);
  });

  it('end their streams and let everybody out when they are removed, and not the connections', async () => {
    const handler = new Adapter();
    await using s = await startTestServer({ handler });
    const connection = await s.connect('chat');
    const player = new TestPlayer(await s.connect('chat'));
    await publish(s.server, connection, 'a/cam');
    await play(s.server, player, 'a/cam');
    handler.take();
    await s.application.removeChildScope('a');
    const calls = handler.take();
    assert.equal(calls.at(-1), 'roomStop /chat/a');
    assert.equal(calls.filter((call) => call === 'roomLeave /chat/a').length, 2);
    assert.deepEqual(player.events, ['unpublished', 'ended closed']);
    assert.equal(connection.isConnected, true);
    const publication = await publish(s.server, connection, 'a/cam');
    assert.equal(publication.stream.scope.fullPath, '/chat/a');
  });

  const deciding = [
    ['roomStart', ['roomDisconnect']],
    ['roomConnect', ['roomDisconnect']],
    // Their yes came when nobody was there any more, and is taken back all the same.
    ['roomJoin', ['roomDisconnect', 'roomLeave /chat/a']],
    ['isPublishAllowed', ['roomDisconnect', 'roomLeave /chat/a']],
  ] as const;
  for (const [callback, undone] of deciding) {
    it(`are left when the peer goes while ${callback} decides`, async () => {
      const handler = new Adapter();
      await using s = await startTestServer({ handler });
      const connection = await s.connect('chat');
      let answer: (yes: boolean) => void = () => undefined;
      const asked = new Promise<void>((resolve) => {
        handler.answers[callback] = () => {
          resolve();
          return new Promise((decide) => {
            answer = decide;
          });
        };
      });
      const publishing = s.server.streams.publish(connection, s.application, 'a/cam');
      await asked;
      handler.take();
      const gone = s.server.disconnect(connection);
      answer(true);
      assert.equal((await publishing).accepted, false);
      await gone;
      const calls = handler.take().filter((call) => /^room(Disconnect|Leave)/.test(call));
      assert.deepEqual(calls, undone);
      await allGone(s);
    });
  }
});
