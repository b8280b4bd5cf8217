import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type BroadcastStream,
  type Connection,
  MultiThreadedApplicationAdapter,
  type OnDemandProvider,
  Red5,
  type Scope,
  type StreamListener,
  StreamSettings,
  type SubscriberStream,
} from '../../../src/server/index.ts';
import { startTestServer } from '../support/testServer.ts';
import { play, publish, sendGroup, TAG, TestPlayer } from './support.ts';

function settings(values: Partial<StreamSettings>): StreamSettings {
  return Object.assign(new StreamSettings(), values);
}

describe('Streams', () => {
  it('delivers what is published to everybody who plays, in every scope of its own', async () => {
    await using s = await startTestServer();
    const publication = await publish(s.server, await s.connect('chat/a/b'));
    const near = new TestPlayer(await s.connect('chat/a/b'));
    const far = new TestPlayer(await s.connect('chat/a'));
    await play(s.server, near);
    await play(s.server, far);
    sendGroup(publication, 0);
    assert.deepEqual(near.take(), [
      'metadata@0',
      'videoHeader@0',
      'audioHeader@0',
      'key@0',
      'audio@10',
      'inter@40',
    ]);
    assert.deepEqual(far.take(), []);
    const scope = near.connection?.scope as Scope;
    assert.deepEqual(s.server.streams.getBroadcastStreamNames(scope), ['cam']);
    assert.equal(s.server.streams.hasBroadcastStream(s.application, 'cam'), false);
  });

  it('gives whoever joins late the metadata, the headers and the group of pictures', async () => {
    await using s = await startTestServer();
    const publication = await publish(s.server, await s.connect());
    sendGroup(publication, 0);
    sendGroup(publication, 1000);
    const player = new TestPlayer(await s.connect());
    await play(s.server, player);
    publication.publish('video', 1080, TAG.inter);
    assert.deepEqual(player.take(), [
      'metadata@1000',
      'videoHeader@1000',
      'audioHeader@1000',
      'key@1000',
      'audio@1010',
      'inter@1040',
      'inter@1080',
    ]);
  });

  it('begins with the next key frame when the GOP cache is off or has overflowed', async () => {
    for (const maxGOPBytes of [0, 14]) {
      await using s = await startTestServer({
        configure: (application) => {
          application.streamSettings = settings({ maxGOPBytes });
        },
      });
      const publication = await publish(s.server, await s.connect());
      sendGroup(publication, 0);
      const player = new TestPlayer(await s.connect());
      await play(s.server, player);
      player.take();
      publication.publish('video', 80, TAG.inter);
      publication.publish('audio', 90, TAG.audio);
      publication.publish('video', 120, TAG.key);
      publication.publish('video', 160, TAG.inter);
      assert.deepEqual(player.take(), ['audio@90', 'key@120', 'inter@160'], `${maxGOPBytes}`);
    }
  });

  it('lets players wait, tells them who comes and goes, and keeps one time line', async () => {
    await using s = await startTestServer();
    const player = new TestPlayer(await s.connect());
    await play(s.server, player);
    assert.deepEqual(player.events, []);
    assert.deepEqual(s.server.streams.getBroadcastStreamNames(s.application), []);
    const first = await publish(s.server, await s.connect());
    first.publish('video', 5000, TAG.key);
    first.publish('video', 5040, TAG.inter);
    void first.close();
    await s.clock.advance(2000);
    const second = await publish(s.server, await s.connect());
    second.publish('video', 0, TAG.key);
    second.publish('video', 40, TAG.inter);
    assert.deepEqual(player.events, ['published', 'unpublished', 'published']);
    assert.deepEqual(player.take(), ['key@5000', 'inter@5040', 'key@7040', 'inter@7080']);
  });

  it('refuses a name that nobody publishes when it does not let players wait', async () => {
    await using s = await startTestServer({
      configure: (application) => {
        application.streamSettings = settings({ waitForPublisher: false });
      },
    });
    const player = new TestPlayer(await s.connect());
    const result = await s.server.streams.play(player.connection, s.application, 'cam', player);
    assert.deepEqual(result, {
      accepted: false,
      code: 'NetStream.Play.StreamNotFound',
      description: 'cam',
    });
  });

  it('counts on beyond 2^32 and goes on where it was when a publisher begins again', async () => {
    await using s = await startTestServer();
    const player = new TestPlayer(await s.connect());
    await play(s.server, player);
    const publication = await publish(s.server, await s.connect());
    publication.publish('video', 0xffff_ffd8, TAG.key);
    publication.publish('video', 0, TAG.inter);
    publication.publish('audio', 0xffff_fff0, TAG.audio);
    publication.publish('video', 40, TAG.inter);
    publication.publish('video', 0x1000_0000, TAG.inter);
    publication.publish('video', 7, TAG.key);
    const jump = 2 ** 32 + 0x1000_0000;
    assert.deepEqual(player.take(), [
      `key@${2 ** 32 - 40}`,
      `inter@${2 ** 32}`,
      `audio@${2 ** 32 - 16}`,
      `inter@${2 ** 32 + 40}`,
      `inter@${jump}`,
      `key@${jump + 100}`,
    ]);
  });

  it('counts on where encoders that know 31 bits begin again', async () => {
    await using s = await startTestServer();
    const player = new TestPlayer(await s.connect());
    await play(s.server, player);
    const publication = await publish(s.server, await s.connect());
    publication.publish('video', 2 ** 31 - 20, TAG.key);
    publication.publish('video', 20, TAG.inter);
    publication.publish('audio', 2 ** 31 - 5, TAG.audio);
    publication.publish('video', 60, TAG.inter);
    assert.deepEqual(player.take(), [
      `key@${2 ** 31 - 20}`,
      `inter@${2 ** 31 + 20}`,
      `audio@${2 ** 31 - 5}`,
      `inter@${2 ** 31 + 60}`,
    ]);
  });

  it('sends live what is recorded only when asked for it, and finds recordings by its providers', async () => {
    await using s = await startTestServer();
    const begun: number[][] = [];
    const provider: OnDemandProvider = {
      getOnDemandStream: async (_scope, name) =>
        name !== 'film'
          ? undefined
          : {
              durationMs: 60_000,
              play: (_subscriber, startMs, lengthMs) => {
                begun.push([startMs, lengthMs ?? -1]);
                return {
                  positionMs: startMs,
                  pause() {},
                  resume() {},
                  seek: (ms) => ms,
                  close() {},
                };
              },
            },
    };
    s.server.streams.addOnDemandProvider(provider);
    const player = new TestPlayer(await s.connect());
    const options = { start: 10, length: 5 };
    const result = await s.server.streams.play(
      player.connection,
      s.application,
      'film',
      player,
      options,
    );
    assert.ok(result.accepted);
    result.subscription.start();
    assert.deepEqual(begun, [[10_000, 5000]]);
    assert.equal(result.subscription.isLive, false);
    assert.equal(result.subscription.durationMs, 60_000);
    assert.equal(await result.subscription.seek(20_000), 20_000);
    const live = await s.server.streams.play(
      player.connection,
      s.application,
      'film',
      new TestPlayer(player.connection),
      { start: -1 },
    );
    assert.ok(live.accepted);
    assert.equal(live.subscription.isLive, true);
  });

  const badNames = ['', 'a\u0000b', 'a\\b', '../up', 'a//b', 'x'.repeat(257), '\ud800', 'a?b'];
  for (const name of badNames) {
    it(`refuses the name ${JSON.stringify(name.slice(0, 20))}`, async () => {
      await using s = await startTestServer();
      const connection = await s.connect();
      const player = new TestPlayer(connection);
      const answers = [
        await s.server.streams.publish(connection, s.application, name),
        await s.server.streams.play(connection, s.application, name, player),
      ];
      for (const answer of answers) {
        assert.ok(!answer.accepted);
        assert.equal(answer.code, 'NetStream.Failed');
      }
    });
  }

  it('does not publish under a name that is in use, and two at once do not both get it', async () => {
    await using s = await startTestServer();
    const [a, b] = [await s.connect(), await s.connect()];
    const results = await Promise.all(
      [a, b].map((connection) => s.server.streams.publish(connection, s.application, 'cam')),
    );
    assert.deepEqual(
      results.map((result) => result.accepted),
      [true, false],
    );
    assert.deepEqual(results[1], {
      accepted: false,
      code: 'NetStream.Publish.BadName',
      description: 'cam',
    });
  });

  it('limits streams of a connection, an application and the server', async () => {
    const cases = [
      { values: { maxStreamsPerConnection: 1 }, says: 'No more than 1 streams of one connection.' },
      {
        values: { maxStreamsPerApplication: 1 },
        says: 'No more than 1 streams in this application.',
      },
      { values: { maxStreams: 1 }, says: 'No more than 1 streams on this server.' },
    ];
    for (const { values, says } of cases) {
      await using s = await startTestServer({
        configure: (_application, server) => {
          server.streamSettings = settings(values);
        },
      });
      const connection = await s.connect();
      const first = await publish(s.server, connection, 'one');
      const second = await s.server.streams.publish(connection, s.application, 'two');
      assert.deepEqual(second, { accepted: false, code: 'NetStream.Failed', description: says });
      await first.close();
      assert.ok((await s.server.streams.publish(connection, s.application, 'two')).accepted);
    }
  });

  it('ends a publisher whose message is larger than the limit', async () => {
    await using s = await startTestServer({
      configure: (application) => {
        application.streamSettings = settings({ maxMessageBytes: 10 });
      },
    });
    const ends: string[] = [];
    const connection = await s.connect();
    const publication = await publish(s.server, connection, 'cam', s.application, (reason) =>
      ends.push(reason),
    );
    publication.publish('video', 0, Buffer.alloc(11, 0x27));
    assert.deepEqual(ends, ['message-too-large']);
    assert.equal(s.server.streams.count, 0);
  });

  it('goes when nobody publishes and nobody waits, and keeps the room until then', async () => {
    await using s = await startTestServer();
    const connection = await s.connect('chat/room');
    const room = connection.scope as Scope;
    const publication = await publish(s.server, undefined, 'cam', room);
    await s.server.disconnect(connection);
    await s.clock.advance(60_000);
    assert.equal(room.state, 'open');
    await publication.close();
    await s.clock.advance(1000);
    assert.equal(room.state, 'gone');
  });

  it('ends publishers and players of an application that stops', async () => {
    await using s = await startTestServer();
    const ends: string[] = [];
    await publish(s.server, undefined, 'cam', s.application, (reason) => ends.push(reason));
    const recorder = new TestPlayer();
    s.server.streams.getBroadcastStream(s.application, 'cam')?.subscribe(recorder);
    await s.application.stop();
    assert.deepEqual(ends, ['closed']);
    assert.deepEqual(recorder.events, ['unpublished', 'ended closed']);
  });

  it('ends the subscription of a subscriber that throws, and no other', async () => {
    await using s = await startTestServer();
    const publication = await publish(s.server, await s.connect());
    const good = new TestPlayer(await s.connect());
    const bad = new TestPlayer(await s.connect());
    bad.deliver = () => {
      throw new Error('broken player');
    };
    await play(s.server, bad);
    await play(s.server, good);
    sendGroup(publication, 0);
    assert.deepEqual(bad.events, ['ended failed']);
    assert.equal(good.take().length, 6);
    assert.match(s.logger.lines.join('\n'), /broken player/);
  });

  it('tells its statistics', async () => {
    await using s = await startTestServer();
    const publication = await publish(s.server, await s.connect());
    await play(s.server, new TestPlayer(await s.connect()));
    const second = await play(s.server, new TestPlayer(await s.connect()));
    publication.stream.subscribe(new TestPlayer());
    sendGroup(publication, 100);
    await second.close();
    const { creationTime, ...rest } = publication.stream.statistics;
    assert.equal(creationTime, s.clock.now());
    assert.deepEqual(rest, {
      currentTimestamp: 140,
      bytesReceived: 39,
      messagesReceived: 6,
      activeSubscribers: 1,
      maxSubscribers: 2,
      totalSubscribers: 2,
      audioCodec: 'mp4a',
      videoCodec: 'avc1',
    });
    assert.equal(s.server.statistics.server.streams, 1);
    assert.deepEqual(s.server.statistics.getBroadcastStreams('/chat'), [
      {
        scope: '/chat',
        name: 'cam',
        publisher: publication.connection?.sessionID,
        statistics: publication.stream.statistics,
      },
    ]);
    assert.deepEqual(s.server.statistics.getBroadcastStreams('/nowhere'), []);
  });
});

describe('a player', () => {
  it('gets nothing while paused and goes on with a key frame', async () => {
    await using s = await startTestServer();
    const publication = await publish(s.server, await s.connect());
    const player = new TestPlayer(await s.connect());
    const subscription = await play(s.server, player);
    sendGroup(publication, 0);
    player.take();
    subscription.pause();
    assert.equal(subscription.isClear, false);
    publication.publish('video', 80, TAG.inter);
    publication.publish('video', 120, TAG.videoHeader);
    subscription.resume();
    publication.publish('video', 160, TAG.inter);
    publication.publish('audio', 170, TAG.audio);
    publication.publish('video', 200, TAG.key);
    assert.deepEqual(player.take(), ['videoHeader@120', 'audio@170', 'key@200']);
    assert.equal(subscription.isClear, true);
  });

  it('gets no audio or no video when it wants none', async () => {
    await using s = await startTestServer();
    const publication = await publish(s.server, await s.connect());
    const player = new TestPlayer(await s.connect());
    const subscription = await play(s.server, player);
    subscription.receivesVideo = false;
    sendGroup(publication, 0);
    assert.deepEqual(player.take(), ['metadata@0', 'videoHeader@0', 'audioHeader@0', 'audio@10']);
    subscription.receivesVideo = true;
    subscription.receivesAudio = false;
    publication.publish('video', 80, TAG.inter);
    publication.publish('audio', 90, TAG.audio);
    publication.publish('video', 120, TAG.key);
    assert.deepEqual(player.take(), ['key@120']);
  });

  it('that is too slow misses frames up to the next key frame', async () => {
    await using s = await startTestServer({
      configure: (application) => {
        application.streamSettings = settings({ maxPlayerQueueBytes: 100 });
      },
    });
    const publication = await publish(s.server, await s.connect());
    const player = new TestPlayer(await s.connect());
    const subscription = await play(s.server, player);
    sendGroup(publication, 0);
    player.take();
    player.queuedBytes = 101;
    publication.publish('video', 80, TAG.inter);
    player.queuedBytes = 60; // Less than the limit, but it has not caught up.
    publication.publish('audio', 90, TAG.audio);
    player.queuedBytes = 50;
    publication.publish('audio', 110, TAG.audio);
    publication.publish('video', 120, TAG.inter);
    publication.publish('video', 160, TAG.key);
    assert.deepEqual(player.take(), ['audio@110', 'key@160']);
    assert.deepEqual(player.events, ['fellBehind']);
    assert.equal(subscription.droppedMessages, 2);
  });

  it('that does not catch up is ended', async () => {
    await using s = await startTestServer({
      configure: (application) => {
        application.streamSettings = settings({
          maxPlayerQueueBytes: 100,
          maxPlayerBacklogBytes: 120,
        });
      },
    });
    const publication = await publish(s.server, await s.connect());
    const player = new TestPlayer(await s.connect());
    await play(s.server, player);
    player.queuedBytes = 101;
    for (let i = 0; i < 10; i++) publication.publish('video', i * 40, TAG.key);
    assert.deepEqual(player.events, ['fellBehind', 'ended too-slow']);
    assert.equal(publication.stream.subscriberCount, 0);
  });
});

describe('a publisher that comes back', () => {
  interface Case {
    readonly policy: StreamSettings['publisherPolicy'];
    readonly principals: readonly (string | undefined)[];
    readonly accepted: boolean;
  }
  const cases: readonly Case[] = [
    { policy: 'refuse', principals: ['ann', 'ann'], accepted: false },
    { policy: 'same-principal', principals: ['ann', 'ann'], accepted: true },
    { policy: 'same-principal', principals: ['ann', 'bob'], accepted: false },
    { policy: 'same-principal', principals: [undefined, undefined], accepted: false },
    { policy: 'anyone', principals: ['ann', 'bob'], accepted: true },
  ];
  for (const { policy, principals, accepted } of cases) {
    it(`${accepted ? 'takes over' : 'is refused'}: ${policy}, ${principals.join(' then ')}`, async () => {
      await using s = await startTestServer({
        configure: (application) => {
          application.streamSettings = settings({ publisherPolicy: policy });
        },
      });
      const [a, b] = [await s.connect(), await s.connect()];
      a.setAttribute('principal', principals[0]);
      b.setAttribute('principal', principals[1]);
      const ends: string[] = [];
      const first = await publish(s.server, a, 'cam', s.application, (why) => ends.push(why));
      const player = new TestPlayer(await s.connect());
      await play(s.server, player);
      first.publish('video', 1000, TAG.key);
      const result = await s.server.streams.publish(b, s.application, 'cam');
      assert.equal(result.accepted, accepted);
      if (!result.accepted) {
        first.publish('video', 1040, TAG.inter);
        assert.deepEqual(player.take(), ['key@1000', 'inter@1040']);
        return;
      }
      result.publication.start();
      await s.clock.advance(40);
      first.publish('video', 1040, TAG.key);
      result.publication.publish('video', 9, TAG.inter);
      result.publication.publish('video', 49, TAG.key);
      assert.deepEqual(player.take(), ['key@1000', 'key@1140']);
      assert.deepEqual(player.events, []);
      assert.deepEqual(ends, ['taken-over']);
      assert.equal(first.stream.publisher, b);
    });
  }

  it('within the time of grace finds its players, who never heard that it was away', async () => {
    await using s = await startTestServer({
      configure: (application) => {
        application.streamSettings = settings({ publisherGraceMs: 5000 });
      },
    });
    const stops: string[] = [];
    const listener: StreamListener = {
      streamStarted: ({ name }) => stops.push(`started ${name}`),
      streamStopped: ({ name }) => stops.push(`stopped ${name}`),
    };
    s.server.streams.addStreamListener(listener);
    const a = await s.connect();
    const first = await publish(s.server, a);
    const player = new TestPlayer(await s.connect());
    await play(s.server, player);
    first.publish('video', 100, TAG.key);
    await s.server.disconnect(a);
    await s.clock.advance(4000);
    const b = await s.connect();
    const second = await publish(s.server, b);
    second.publish('video', 0, TAG.key);
    assert.deepEqual(player.take(), ['key@100', 'key@4100']);
    assert.deepEqual(player.events, []);
    assert.deepEqual(stops, ['started cam']);
    await s.server.disconnect(b);
    await s.clock.advance(5000);
    assert.deepEqual(player.events, ['unpublished']);
    assert.deepEqual(stops, ['started cam', 'stopped cam']);
    s.server.streams.removeStreamListener(listener);
  });

  it('is ended when it sends nothing for too long', async () => {
    await using s = await startTestServer({
      configure: (application) => {
        application.streamSettings = settings({ publisherIdleTimeoutMs: 1000 });
      },
    });
    const ends: string[] = [];
    const publication = await publish(s.server, await s.connect(), 'cam', s.application, (reason) =>
      ends.push(reason),
    );
    for (let i = 0; i < 4; i++) {
      await s.clock.advance(900);
      publication.publish('audio', i, TAG.audio);
    }
    assert.deepEqual(ends, []);
    await s.clock.advance(1250);
    assert.deepEqual(ends, ['idle']);
    assert.equal(publication.isEnded, true);
    assert.equal(s.clock.pending, 0);
  });
});

describe('StreamSettings', () => {
  it('names a policy that does not exist', () => {
    assert.deepEqual(StreamSettings.validate(new Map([['publisherPolicy', 'same']])), [
      'publisherPolicy is "same"; expected refuse, same-principal, anyone',
    ]);
    assert.deepEqual(StreamSettings.validate(new Map([['publisherPolicy', 'anyone']])), []);
    assert.deepEqual(StreamSettings.validate(new Map()), []);
  });
});

describe('the callbacks of streams', () => {
  class App extends MultiThreadedApplicationAdapter {
    readonly calls: string[] = [];
    publishStart: ((stream: BroadcastStream) => void | Promise<void>) | undefined;

    #note(what: string, stream: BroadcastStream | SubscriberStream): void {
      const local = Red5.getConnectionLocal() as Connection;
      this.calls.push(`${what} ${stream.name} by ${local.getAttribute('who')}`);
    }

    override async streamPublishStart(stream: BroadcastStream): Promise<void> {
      await this.publishStart?.(stream);
      this.#note('publishStart', stream);
    }
    override streamBroadcastStart(stream: BroadcastStream): void {
      this.#note('broadcastStart', stream);
    }
    override streamBroadcastClose(stream: BroadcastStream): void {
      this.#note(`broadcastClose of ${stream.publisher?.getAttribute('who')}`, stream);
    }
    override streamSubscriberStart(stream: SubscriberStream): void {
      this.#note('subscriberStart', stream);
    }
    override streamSubscriberClose(stream: SubscriberStream): void {
      this.#note('subscriberClose', stream);
    }
    override streamPlayItemPlay(stream: SubscriberStream, item: { name: string }, live: boolean) {
      this.#note(`play ${item.name} ${live ? 'live' : 'recorded'}`, stream);
    }
    override streamPlayItemStop(stream: SubscriberStream): void {
      this.#note('stop', stream);
    }
    override streamPlayItemPause(stream: SubscriberStream, _item: unknown, position: number): void {
      this.#note(`pause at ${position}`, stream);
    }
    override streamPlayItemResume(stream: SubscriberStream): void {
      this.#note('resume', stream);
      throw new Error('a callback that fails');
    }
  }

  it('come in order, on behalf of whoever causes them', async () => {
    const handler = new App();
    await using s = await startTestServer({ handler });
    const [a, b] = [await s.connect(), await s.connect()];
    a.setAttribute('who', 'A');
    b.setAttribute('who', 'B');
    const publication = await publish(s.server, a);
    const subscription = await play(s.server, new TestPlayer(b));
    publication.publish('video', 70, TAG.key);
    subscription.pause();
    subscription.resume();
    await s.server.disconnect(b);
    await s.server.disconnect(a);
    assert.deepEqual(handler.calls, [
      'publishStart cam by A',
      'broadcastStart cam by A',
      'subscriberStart cam by B',
      'play cam live cam by B',
      'pause at 70 cam by B',
      'resume cam by B',
      'stop cam by B',
      'subscriberClose cam by B',
      'broadcastClose of A cam by A',
    ]);
    assert.match(s.logger.lines.join('\n'), /a callback that fails/);
  });

  it('refuse a publisher by throwing, by closing it, and by every handler that does not say true', async () => {
    const handler = new App();
    await using s = await startTestServer({ handler });
    const refuse = async (): Promise<string> => {
      const result = await s.server.streams.publish(await s.connect(), s.application, 'cam');
      assert.ok(!result.accepted);
      assert.equal(s.server.streams.count, 0);
      assert.deepEqual(handler.getBroadcastStreamNames(s.application), []);
      return `${result.code} ${result.description}`;
    };
    const notAllowed = 'NetStream.Publish.BadName You are not allowed to publish the stream.';
    handler.publishStart = () => {
      throw new Error('not you');
    };
    assert.equal(await refuse(), notAllowed);
    handler.publishStart = async ({ publisher }) => {
      await s.server.disconnect(publisher as never);
    };
    assert.equal(await refuse(), 'NetStream.Failed The stream was closed.');
    handler.publishStart = undefined;
    const answers = [false, Promise.resolve(false), Promise.reject(new Error('no')), 'yes', 1];
    for (const answer of answers) {
      const security = { isPublishAllowed: () => answer as boolean };
      handler.registerStreamPublishSecurity({ isPublishAllowed: () => true });
      handler.registerStreamPublishSecurity(security);
      assert.equal(await refuse(), notAllowed);
      handler.unregisterStreamPublishSecurity(security);
    }
    assert.equal(handler.calls.filter((call) => call.startsWith('broadcast')).length, 2);
  });

  it('refuse a player, and are asked with all that it said', async () => {
    const handler = new App();
    await using s = await startTestServer({ handler });
    const asked: unknown[] = [];
    handler.registerStreamPlaybackSecurity({
      isPlaybackAllowed: async (scope, name, start, length, flush, parameters) => {
        asked.push([scope.fullPath, name, start, length, flush, parameters]);
        return parameters['token'] === 'good';
      },
    });
    const player = new TestPlayer(await s.connect());
    for (const token of ['bad', 'good']) {
      const result = await s.server.streams.play(player.connection, s.application, 'cam', player, {
        start: -1,
        length: 10,
        reset: false,
        parameters: { token },
      });
      assert.equal(result.accepted, token === 'good');
    }
    assert.deepEqual(asked[0], ['/chat', 'cam', -1, 10, false, { token: 'bad' }]);
    assert.equal(s.server.statistics.server.refusals.STREAM, 1);
    assert.deepEqual(handler.calls, []);
  });
});
