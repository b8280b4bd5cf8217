import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { RTMPTestClient } from '../support/rtmp/RTMPTestClient.ts';
import { ServerFolder, ServerProcess } from '../support/ServerProcess.ts';
import { addProbe, beanFileForms, writeChatBeans } from '../support/TestWebapps.ts';
import { UpgradeRefused, WebSocketTestClient } from '../support/WebSocketTestClient.ts';

// What Red5's clients rely on, seen from outside: the real process, clients that share no code with it. Everything must be the same
// whichever way the beans are written.
for (const form of beanFileForms) {
  describe(`with ${form.name}`, () => {
    let folder: ServerFolder;
    let server: ServerProcess;
    let rooms = 0;

    before(async () => {
      folder = await ServerFolder.create();
      await writeChatBeans(folder, form);
      await addProbe(folder, form);
      server = await ServerProcess.start({
        folder: folder.path,
        args: [`-Dprobe.file=${folder.file('probe.log')}`],
      });
    });
    after(async () => {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    });

    describe('a shared object', () => {
      it('new to the server: USE is answered with USE_SUCCESS and CLEAR', async () => {
        await using a = await join();
        const { events, persistent } = await a.sharedObject('s').use();
        assert.deepEqual(events, [{ event: 'USE_SUCCESS' }, { event: 'CLEAR' }]);
        assert.equal(persistent, false);
      });

      it('with attributes: USE brings them in one message, and nobody else hears of it', async () => {
        const [a, b] = await pair();
        await using _a = a.client;
        await using _b = b.client;
        a.so.setAll({ x: 1, y: { deep: [true, null] } });
        await b.so.changed('x', 1);
        const room = b.room;
        await using c = await RTMPTestClient.join(server.ports.rtmp, room);
        const before = [a.so.batches.items.length, b.so.batches.items.length];
        const { events } = await c.sharedObject('s').use();
        assert.deepEqual(events.slice(0, 2), [{ event: 'USE_SUCCESS' }, { event: 'CLEAR' }]);
        assert.deepEqual(
          new Set(events.slice(2)),
          new Set([
            { event: 'CHANGE', key: 'x', value: 1 },
            { event: 'CHANGE', key: 'y', value: { deep: [true, null] } },
          ]),
        );
        a.so.set('fence', 1); // what comes next shows that nothing came before
        await a.so.batches.atLeast((before[0] ?? 0) + 1);
        await b.so.batches.atLeast((before[1] ?? 0) + 1);
        assert.deepEqual(a.so.batches.items[before[0] ?? 0]?.events, [
          { event: 'SUCCESS', key: 'fence' },
        ]);
        assert.deepEqual(b.so.batches.items[before[1] ?? 0]?.events, [
          { event: 'CHANGE', key: 'fence', value: 1 },
        ]);
      });

      it('changed: SUCCESS for who did it, CHANGE for the others, one version later', async () => {
        const [a, b] = await pair();
        await using _a = a.client;
        await using _b = b.client;
        const version = b.so.batches.items.at(-1)?.version ?? 0;
        a.so.set('x', 1);
        const toB = await b.so.changed('x', 1);
        const toA = (await a.so.batches.atLeast(2))[1];
        assert.deepEqual(toA?.events, [{ event: 'SUCCESS', key: 'x' }]);
        assert.deepEqual(toB.events, [{ event: 'CHANGE', key: 'x', value: 1 }]);
        assert.deepEqual([toA?.version, toB.version], [version + 1, version + 1]);
      });

      it('set to the value it has: SUCCESS for who did it, nothing for the others', async () => {
        const [a, b] = await pair();
        await using _a = a.client;
        await using _b = b.client;
        a.so.set('x', 1);
        a.so.set('x', 1);
        a.so.set('x', 2);
        await b.so.changed('x', 2);
        await a.so.batches.atLeast(4);
        assert.deepEqual(b.so.changesOf('x'), [1, 2]);
        assert.deepEqual(
          a.so.batches.items.slice(1).map(({ events }) => events),
          [1, 2, 3].map(() => [{ event: 'SUCCESS', key: 'x' }]),
        );
      });

      it('changed three times in one message: one message with three events, in order', async () => {
        const [a, b] = await pair();
        await using _a = a.client;
        await using _b = b.client;
        a.so.setAll({ x: 1, y: 'two', z: [3] });
        const toB = await b.so.changed('z', [3]);
        const toA = (await a.so.batches.atLeast(2))[1];
        assert.deepEqual(
          toA?.events,
          ['x', 'y', 'z'].map((key) => ({ event: 'SUCCESS', key })),
        );
        assert.deepEqual(toB.events, [
          { event: 'CHANGE', key: 'x', value: 1 },
          { event: 'CHANGE', key: 'y', value: 'two' },
          { event: 'CHANGE', key: 'z', value: [3] },
        ]);
        assert.equal(toA?.version, toB.version);
      });

      it('SEND reaches everybody, who sent it included', async () => {
        const [a, b] = await pair();
        await using _a = a.client;
        await using _b = b.client;
        a.so.send('onChat', 'hello', 1, { k: 'v' });
        const wanted = [{ event: 'SEND', method: 'onChat', args: ['hello', 1, { k: 'v' }] }];
        assert.deepEqual((await a.so.batches.atLeast(2))[1]?.events, wanted);
        assert.deepEqual((await b.so.batches.atLeast(2))[1]?.events, wanted);
      });

      it('an attribute removed: REMOVE for everybody', async () => {
        const [a, b] = await pair();
        await using _a = a.client;
        await using _b = b.client;
        a.so.set('x', 1);
        await b.so.changed('x', 1);
        a.so.remove('x');
        const wanted = [{ event: 'REMOVE', key: 'x' }];
        assert.deepEqual((await a.so.batches.atLeast(3))[2]?.events, wanted);
        assert.deepEqual((await b.so.batches.atLeast(3))[2]?.events, wanted);
      });

      it('an attribute set to null: SUCCESS, REMOVE for the others, and a later guest does not see it', async () => {
        const [a, b] = await pair();
        await using _a = a.client;
        await using _b = b.client;
        a.so.setAll({ x: 1, y: 2 });
        await b.so.changed('y', 2);
        a.so.set('x', null);
        assert.deepEqual((await a.so.batches.atLeast(3))[2]?.events, [
          { event: 'SUCCESS', key: 'x' },
        ]);
        assert.deepEqual((await b.so.batches.atLeast(3))[2]?.events, [
          { event: 'REMOVE', key: 'x' },
        ]);
        await using c = await RTMPTestClient.join(server.ports.rtmp, a.room);
        const { events } = await c.sharedObject('s').use();
        assert.deepEqual(events.slice(2), [{ event: 'CHANGE', key: 'y', value: 2 }]);
      });
    });

    describe('RTMP', () => {
      it('plain handshake: S0 is 3, S1 has 1536 bytes, S2 is C1', async () => {
        await using client = await RTMPTestClient.open(server.ports.rtmp);
        const { c1, s0, s1, s2 } = client.handshake;
        assert.equal(s0, 3);
        assert.equal(s1.length, 1536);
        assert.deepEqual(s2, c1);
      });

      it('connect: window size, bandwidth, stream begin and result arrive in this order', async () => {
        await using client = await RTMPTestClient.open(server.ports.rtmp);
        const reply = await client.connect('chat');
        assert.equal(reply.accepted, true);
        assert.equal(reply.info['code'], 'NetConnection.Connect.Success');
        assert.deepEqual(
          client.messages.items.map(({ type }) => type),
          [5, 6, 4, 20],
        );
        const streamBegin = client.messages.items[2]?.payload;
        assert.equal(streamBegin?.toString('hex'), '000000000000');
        assert.equal(client.commands.items[0]?.transaction, 1);
      });

      it('the HTTP port takes RTMP as well', async () => {
        await using client = await RTMPTestClient.join(server.ports.http, 'chat/room1');
        assert.equal((await client.sharedObject('chat').use()).events[0]?.event, 'USE_SUCCESS');
      });

      it('unknown application: InvalidApp, then the connection is closed', async () => {
        await using client = await RTMPTestClient.open(server.ports.rtmp);
        const reply = await client.connect('nosuchapp');
        assert.equal(reply.accepted, false);
        assert.equal(reply.info['code'], 'NetConnection.Connect.InvalidApp');
        assert.equal(reply.info['level'], 'error');
        await client.closed;
      });

      it('unknown method: an error that tells nothing of the server inside', async () => {
        await using client = await join();
        const reply = await client.call('nosuch', 1, 'x');
        assert.equal(reply.name, '_error');
        const info = reply.args[0] as Record<string, unknown>;
        assert.equal(info['code'], 'NetConnection.Call.Failed');
        assert.doesNotMatch(JSON.stringify(info), /\.[jt]s\b|at \S+ \(|org\.red5/);
      });
    });

    describe('WebSocket', () => {
      for (const port of ['ws', 'http'] as const) {
        it(`upgrade on the ${port} port: 101 with the right accept key`, async () => {
          const answer = await upgrade(server.ports[port], '/chat');
          assert.equal(answer.status, 101);
          assert.equal(answer.accept, answer.wantedAccept);
          assert.equal(answer.protocol, 'chat');
        });
      }

      it('each listener hears of a connection once, and what it sends then arrives first, in order', async () => {
        const from = await noteCount();
        await using client = await WebSocketTestClient.open(server.wsURL('/probe/hall'));
        assert.deepEqual(await client.texts.atLeast(2), ['welcome', 'you are at probe/hall']);
        client.send('hi');
        await noted(/^onWSMessage hi/, from);
        const heard = (await notes()).slice(from).filter((line) => line.startsWith('onWSConnect'));
        assert.deepEqual(heard, ['onWSConnect probe/hall in hall']);
      });

      it('unknown application: HTTP 404 and no upgrade', async () => {
        for (const port of [server.ports.ws, server.ports.http]) {
          await assert.rejects(
            WebSocketTestClient.open(`ws://127.0.0.1:${port}/nosuchapp/room1`),
            (error) => error instanceof UpgradeRefused && error.status === 404,
          );
        }
      });

      it('a room below the application is a scope of its own with the application’s listeners', async () => {
        await using inRoom = await WebSocketTestClient.open(server.wsURL('/chat/den'));
        await using another = await WebSocketTestClient.open(server.wsURL('/chat/den'));
        await using inLobby = await WebSocketTestClient.open(server.wsURL('/chat'));
        inRoom.send('in the den');
        assert.deepEqual(await another.texts.atLeast(1), ['in the den']);
        inLobby.send('in the lobby');
        assert.deepEqual(await inLobby.texts.atLeast(1), ['in the lobby']);
        assert.deepEqual(inRoom.texts.items, ['in the den']);
      });

      it('every spelling of a path is the same room', async () => {
        const room = `r${++rooms}`;
        await using rtmp = await RTMPTestClient.join(server.ports.rtmp, `chat/${room}/inner`);
        await rtmp.sharedObject('chat').use();
        const spellings = [
          `/chat/${room}/inner`,
          `/chat?scope=${room}/inner`,
          `/chat/${room}?scope=inner`,
          `/chat/${room}/inner/`,
        ];
        for (const spelling of spellings) {
          await using client = await WebSocketTestClient.open(server.wsURL(spelling));
          client.send(`from ${spelling}`);
          await rtmp.sharedObject('chat').changed('message', `from ${spelling}`);
        }
      });

      it('the last one leaves: the room made for it goes', async () => {
        const from = await noteCount();
        await using other = await WebSocketTestClient.open(server.wsURL('/probe'));
        const client = await WebSocketTestClient.open(server.wsURL('/probe/attic'));
        other.send('list scopes');
        assert.match(await other.texts.first((text) => text.startsWith('scopes:')), /attic/);
        await client.close();
        await noted(/^roomStop attic/, from);
        const before = other.texts.items.length;
        other.send('list scopes');
        const [, after] = (await other.texts.atLeast(before + 1)).slice(-2);
        assert.doesNotMatch(after ?? '', /attic/);
        const events = (await notes()).slice(from).filter((line) => /attic/.test(line));
        assert.deepEqual(events, [
          'roomStart attic',
          'onWSConnect probe/attic in attic',
          'onWSDisconnect probe/attic',
          'roomLeave attic',
          'roomStop attic',
        ]);
      });

      it('the application stops: every connection is closed with 1001 and its listener hears of it', async () => {
        // A server of its own, as this one is needed further.
        await using own = await ServerFolder.create();
        await writeChatBeans(own, form);
        await addProbe(own, form);
        await using stopping = await ServerProcess.start({
          folder: own.path,
          args: [`-Dprobe.file=${own.file('probe.log')}`],
        });
        const clients = await Promise.all(
          ['/probe', '/probe/a', '/chat', '/chat/b'].map((path) =>
            WebSocketTestClient.open(stopping.wsURL(path)),
          ),
        );
        const stopped = stopping.stop();
        for (const client of clients) assert.equal((await client.closed).code, 1001);
        assert.equal(await stopped, 0);
        const events = (await readFile(own.file('probe.log'), 'utf8')).trim().split('\n');
        const ofInterest = events.filter((line) => /onWSDisconnect|appStop/.test(line));
        assert.deepEqual(ofInterest.toSorted(), [
          'appStop probe',
          'onWSDisconnect probe',
          'onWSDisconnect probe/a',
        ]);
        assert.equal(ofInterest.at(-1), 'appStop probe');
      });
    });

    it('the static forms of Red5’s examples mean this server, this application and the connection that acts', async () => {
      const from = await noteCount();
      await using rtmp = await RTMPTestClient.join(server.ports.rtmp, 'probe/cellar');
      await using socket = await WebSocketTestClient.open(server.wsURL('/probe'));
      await rtmp.sharedObject('s').use();
      socket.send('put cellar wine'); // ScopeUtils.resolveScope finds the room
      await rtmp.sharedObject('s').changed('x', 'wine');
      socket.send('put barn/loft hay'); // and one that is not there is made
      await noted(/^onWSMessage put barn/, from);
      await using later = await RTMPTestClient.join(server.ports.rtmp, 'probe/barn/loft');
      const { events } = await later.sharedObject('s').use();
      assert.deepEqual(events.slice(2), [{ event: 'CHANGE', key: 'x', value: 'hay' }]);
      const heard = (await notes()).slice(from).filter((line) => /^(appConnect|onWSM)/.test(line));
      assert.deepEqual(heard, [
        'appConnect rtmp rtmp',
        'appConnect websocket websocket',
        'onWSMessage put cellar wine local=undefined',
        'onWSMessage put barn/loft hay local=undefined',
        'appConnect rtmp rtmp',
      ]);
    });

    /** A client in a room nobody else uses. */
    async function join(): Promise<RTMPTestClient> {
      return RTMPTestClient.join(server.ports.rtmp, `chat/r${++rooms}`);
    }

    /** Two clients that use the shared object `s` of a room nobody else uses. */
    async function pair() {
      const room = `chat/r${++rooms}`;
      const one = async () => {
        const client = await RTMPTestClient.join(server.ports.rtmp, room);
        const so = client.sharedObject('s');
        await so.use();
        return { client, so, room };
      };
      return [await one(), await one()] as const;
    }

    async function notes(): Promise<string[]> {
      const text = await readFile(folder.file('probe.log'), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    }

    async function noteCount(): Promise<number> {
      return (await notes()).length;
    }

    /** Waits until the probe has written a line. */
    async function noted(pattern: RegExp, from: number): Promise<void> {
      for (let attempt = 0; attempt < 100; attempt++) {
        if ((await notes()).slice(from).some((line) => pattern.test(line))) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.fail(`${pattern} was not noted: ${(await notes()).slice(from).join(' | ')}`);
    }
  });
}

/** An opening handshake by hand, to see the answer's headers as they are. */
function upgrade(port: number, path: string) {
  const key = 'dGhlIHNhbXBsZSBub25jZQ==';
  const wantedAccept = createHash('sha1')
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  return new Promise<{
    status: number;
    accept: unknown;
    protocol: unknown;
    wantedAccept: string;
  }>((resolve, reject) => {
    const asked = request({
      port,
      path,
      host: '127.0.0.1',
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': 13,
        'Sec-WebSocket-Key': key,
        'Sec-WebSocket-Protocol': 'chat',
      },
    });
    asked.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({
        status: response.statusCode ?? 0,
        accept: response.headers['sec-websocket-accept'],
        protocol: response.headers['sec-websocket-protocol'],
        wantedAccept,
      });
    });
    asked.on('response', (response) => reject(new Error(`HTTP ${response.statusCode}`)));
    asked.on('error', reject);
    asked.end();
  });
}
