import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Red5Error } from '../../../../src/base/index.ts';
import {
  Context,
  GlobalScope,
  type Scope,
  Server,
  WebScope,
} from '../../../../src/server/index.ts';
import { DefaultStreamFilenameGenerator } from '../../../../src/server/stream/record/DefaultStreamFilenameGenerator.ts';
import { locateRecording } from '../../../../src/server/stream/record/locateRecording.ts';

/** An application in `/srv/live`, and a room in it. */
function makeScopes(generator?: unknown): { application: WebScope; room: Scope } {
  const server = new Server();
  server.globalScope = new GlobalScope();
  server.globalScope.server = server;
  const application = new WebScope();
  application.server = server;
  application.parent = server.globalScope;
  application.contextPath = '/live';
  const context = new Context();
  context.setApplicationContext({
    containsBean: (name) => name === 'streamFilenameGenerator' && generator !== undefined,
    getBean: <T>() => generator as T,
  });
  application.context = context;
  application.setServletContext({ name: 'live', folder: '/srv/live', isPrivate: () => false });
  const room = { type: 'ROOM', name: 'a room', parent: application, application, context };
  return { application, room: room as unknown as Scope };
}

describe('locateRecording', () => {
  const names: readonly [name: string, path: string][] = [
    ['cam', '/srv/live/streams/cam.flv'],
    ['cam.flv', '/srv/live/streams/cam.flv'],
    ['flv:cam', '/srv/live/streams/cam.flv'],
    ['flv:cam.FLV', '/srv/live/streams/cam.flv'],
    ['2026/cam', '/srv/live/streams/2026/cam.flv'],
    ['Küche 1', '/srv/live/streams/Küche 1.flv'],
    ['a.b', '/srv/live/streams/a.b.flv'],
  ];
  for (const [name, path] of names) {
    it(`puts "${name}" at ${path}`, () => {
      assert.equal(locateRecording(makeScopes().application, name, 'RECORD'), path);
      assert.equal(locateRecording(makeScopes().application, name, 'PLAYBACK'), path);
    });
  }

  it('puts streams of a room into a folder of its name', () => {
    const { room } = makeScopes();
    assert.equal(locateRecording(room, 'cam', 'RECORD'), '/srv/live/streams/a room/cam.flv');
  });

  const tricks = [
    ...[
      '',
      '..',
      '../secret',
      'a/../../b',
      'a//b',
      '/etc/passwd',
      'a/',
      '.hidden',
      'a/.git/config',
    ],
    ...['C:x', 'x:$DATA', 'a\0b', 'a\\b', '..\\b', 'a\nb', 'x.', 'x ', '.flv', 'flv:', 'mp4:x'],
    ...['a/b/c/d/e/f/g/h/i', 'x'.repeat(300), '\ud800', '..%2fx/..'],
  ];
  for (const name of tricks) {
    it(`refuses ${JSON.stringify(name.slice(0, 20))}`, () => {
      assert.throws(
        () => locateRecording(makeScopes().application, name, 'RECORD'),
        (error) => error instanceof Red5Error && error.code === 'NAME_NOT_ALLOWED',
      );
    });
  }

  it('has a generator of the application say where, within its folder', () => {
    const generator = {
      resolvesToAbsolutePath: false,
      generateFilename: (scope: Scope, name: string, extension: string, type: string) =>
        name === 'out' ? '../../etc/x' : `${type}/${scope.name}/${name}${extension}`,
    };
    const { application } = makeScopes(generator);
    assert.equal(locateRecording(application, 'a', 'RECORD'), '/srv/live/RECORD/live/a.flv');
    assert.throws(() => locateRecording(application, 'out', 'RECORD'));
  });

  it('has absolute paths of a generator as they are', () => {
    const generator = new DefaultStreamFilenameGenerator();
    generator.recordPath = '/data/rec';
    generator.playbackPath = 'old';
    const { application } = makeScopes(generator);
    assert.equal(locateRecording(application, 'a', 'RECORD'), '/data/rec/a.flv');
    assert.equal(locateRecording(application, 'a', 'PLAYBACK'), '/srv/live/old/a.flv');
  });
});
