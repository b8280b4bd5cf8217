import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import {
  type Connection,
  Context,
  RecordingSettings,
  type RemoteCallResult,
  type Scope,
  StreamRecorder,
} from '../../src/server/index.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';
import { Board } from './samples/board.ts';
import { BoardSecurity } from './samples/board-security.ts';
import { moveCard } from './samples/board-update.ts';
import { Calculator } from './samples/calls.ts';
import { Doorkeeper } from './samples/doorkeeper.ts';
import { Clockwork } from './samples/jobs.ts';
import { Notes } from './samples/notes.ts';
import { Studio as RecordingStudio } from './samples/recording.ts';
import { Lounge } from './samples/room.ts';
import { askEverybody } from './samples/server-to-client.ts';
import { Studio } from './samples/streams.ts';
import { play, publish, sendGroup, TestPlayer } from './stream/support.ts';
import { TestConnection } from './support/TestConnection.ts';
import { startTestServer } from './support/testServer.ts';

const root = new URL('../../', import.meta.url);
const guides = ['scopes-and-adapters', 'remote-calls', 'shared-objects', 'streams', 'recording'];

describe('the samples of the guides', () => {
  it('are files that are checked and run, word for word, and all of them', async () => {
    const used = new Set<string>();
    for (const guide of guides) {
      const text = await readFile(new URL(`docs/guide/${guide}.md`, root), 'utf8');
      const blocks = text.matchAll(/```ts sample=(\S+)\n([\s\S]*?)```/g);
      for (const [, name = '', code] of blocks) {
        used.add(name);
        const file = await readFile(new URL(`test/server/samples/${name}`, root), 'utf8');
        assert.equal(code, file, `${guide}: ${name}`);
      }
      assert.equal(/```ts\n/.test(text), false, `${guide} has code that is not a sample`);
    }
    assert.deepEqual(
      [...used].sort(),
      (await readdir(new URL('test/server/samples', root))).sort(),
    );
  });

  it('rooms: refuse, tell why, and remember', async () => {
    await using s = await startTestServer({ handler: new Lounge() });
    assert.equal(
      (await s.server.connect(new TestConnection('chat/private-x'), ['ann'])).accepted,
      false,
    );
    const refused = await s.server.connect(new TestConnection('chat/r'));
    assert.equal(!refused.accepted && refused.description, 'tell your name');
    for (const visit of [1, 2]) {
      const connection = await s.connect('chat/r', 'ann');
      assert.equal(connection.scope?.getAttribute('visitors'), visit);
      await s.server.disconnect(connection);
      await s.clock.advance(100);
    }
  });

  it('jobs: run at their times', async () => {
    const app = new Clockwork();
    let runs = 0;
    app.tidyUp = () => {
      runs += 1;
    };
    await using s = await startTestServer({ handler: app });
    await s.clock.advance(60_000);
    assert.equal(runs, 2);
  });

  it('streams: ask for a token, hide what is private, and say what is on air', async () => {
    const studio = new Studio();
    studio.tokens = { t1: 'ann' };
    await using s = await startTestServer({ handler: studio });
    const ann = await s.connect('chat/r');
    const room = ann.scope as Scope;
    const attempt = async (name: string, token: string): Promise<boolean> => {
      const options = { parameters: { token } };
      const result = await s.server.streams.publish(ann, room, name, options);
      if (result.accepted) result.publication.start();
      return result.accepted;
    };
    assert.deepEqual(
      [
        await attempt('ann-cam', 'bad'),
        await attempt('bob-cam', 't1'),
        await attempt('ann-cam', 't1'),
      ],
      [false, false, true],
    );
    assert.equal(ann.getAttribute('principal'), 'ann');
    assert.deepEqual(room.getAttribute('onAir'), ['ann-cam']);
    const player = new TestPlayer(await s.connect('chat/r'));
    await play(s.server, player, 'ann-cam');
    assert.equal(player.connection?.getAttribute('watches'), 'ann-cam');
    await assert.rejects(play(s.server, player, 'private-cam'), /not allowed to play/);
    await publish(s.server, undefined, 'relay', room);
    await s.server.disconnect(ann);
    assert.deepEqual(room.getAttribute('onAir'), ['relay']);
  });

  it('doorkeeper: asks for a token', async () => {
    const door = new Doorkeeper();
    door.tokens = ['secret'];
    await using s = await startTestServer();
    s.application.createChildScope('staff');
    const staff = s.application.getChildScope('staff');
    assert.ok(staff !== undefined);
    staff.securityHandlers = [door];
    assert.equal((await s.server.connect(new TestConnection('chat/staff'))).accepted, false);
    await s.connect('chat/other');
  });

  it('board: corrects, names the author, compares and sets', async () => {
    await using s = await startTestServer({ handler: new Board() });
    const a = await s.connect('chat/r', 'ann');
    await a.ask(s.server, 'board', [{ type: 'use' }]);
    a.take();
    await a.ask(s.server, 'board', [{ type: 'change', key: 'title', value: 'x'.repeat(50) }]);
    const so = a.scope && s.server.sharedObjects.getSharedObject(a.scope, 'board');
    assert.ok(so !== undefined);
    assert.equal(so.getAttribute('title'), 'x'.repeat(40));
    assert.equal(so.getAttribute('lastAuthor'), 'ann');
    assert.equal(a.take().length, 1);
    assert.equal(moveCard(so, 'card1', 'done', 0), true);
    assert.equal(moveCard(so, 'card1', 'todo', 0), false);
    so.registerSharedObjectSecurity(new BoardSecurity());
    a.take();
    await a.ask(s.server, 'board', [{ type: 'change', key: 'title', value: 'mine' }]);
    assert.match(a.take()[0] ?? '', /NoWriteAccess/);
    a.setAttribute('isOwner', true);
    await a.ask(s.server, 'board', [{ type: 'change', key: 'title', value: 'mine' }]);
    assert.equal(so.getAttribute('title'), 'mine');
  });

  it('notes: hears every room as long as somebody is there, subscribed or not', async () => {
    const heard: string[] = [];
    class Heard extends Notes {
      override noted(room: Scope, key: string, value: unknown): void {
        heard.push(`${room.fullPath} ${key}=${value}`);
      }
    }
    const handler = new Heard();
    await using s = await startTestServer({ handler });
    const a = await s.connect('chat/r');
    const room = s.application.getChildScope('r') as Scope;
    handler.note(room, 'key', 'left');
    assert.deepEqual(heard, ['/chat/r key=left']);
    await s.server.disconnect(a);
    await s.clock.advance(1_000);
    assert.equal(s.application.getChildScope('r'), undefined);
  });

  it('calls: reach what is declared', async () => {
    await using s = await startTestServer({ handler: new Calculator() });
    const a = await s.connect('chat', 'ann');
    const call = (method: string, ...args: unknown[]): Promise<RemoteCallResult> =>
      s.server.remoteCalls.invoke(a, { method, args });
    const values = await Promise.all([
      call('greet', 'bob'),
      call('slowSum', 1, 2, 3),
      call('add', 1.9, '2'),
      call('whoAmI'),
      call('add', 'x', 2),
      call('reset'),
    ]);
    assert.deepEqual(
      values.map((result) => (result.ok ? result.value : result.reason)),
      ['hello bob', 6, 3, 'ann', 'BAD_ARGUMENTS', 'METHOD_NOT_FOUND'],
    );
    a.invoke = async () => true;
    assert.equal(await askEverybody(s.application), 1);
    assert.equal((a as Connection).isConnected, true);
  });

  it('recording: what is called a show is recorded, under the day', async () => {
    await using folder = await TemporaryFolder.create();
    await using s = await startTestServer({ handler: new RecordingStudio() });
    const [application] = s.server.applications;
    assert.ok(application !== undefined);
    application.setServletContext({ name: 'chat', folder: folder.path, isPrivate: () => false });
    const recorder = Object.assign(new StreamRecorder(), { server: s.server });
    const settings = Object.assign(new RecordingSettings(), { minFreeBytes: 0 });
    const beans: Readonly<Record<string, unknown>> = {
      'stream.recorder': recorder,
      recordingSettings: settings,
    };
    const context = new Context();
    context.setApplicationContext({
      containsBean: (name) => name in beans,
      getBean: <T>(name: string) => beans[name] as T,
    });
    application.context = context;
    recorder.start();
    const publications = [];
    for (const name of ['show-1', 'rehearsal']) {
      publications.push(await publish(s.server, undefined, name, application));
    }
    const [show, rehearsal] = publications;
    assert.ok(show !== undefined && rehearsal !== undefined);
    while (show.stream.subscriptions.size === 0) await new Promise(setImmediate);
    for (const publication of publications) sendGroup(publication, 0);
    await show.close();
    await rehearsal.close();
    await recorder.stop();
    const files = await readdir(folder.path, { recursive: true });
    assert.match(files.join(), /^streams,streams\/\d{4}-\d\d-\d\d,streams\/[\d-]+\/show-1\.flv$/);
    assert.equal(application.getAttribute('lastRecorded'), 'show-1');
  });
});
