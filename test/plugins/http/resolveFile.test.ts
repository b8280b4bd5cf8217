import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { resolveFile, type ServedFolder } from '../../../src/plugins/http/resolveFile.ts';

describe('resolveFile', () => {
  let root = '';
  let served: ServedFolder;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'red5-http-'));
    const folder = join(root, 'chat');
    const files = [
      'index.html',
      'style.css',
      'docs/index.html',
      'docs/a.txt',
      'bare/a.txt',
      '.well-known/security.txt',
      '.env',
      '.git/config',
      'docs/.hidden',
      'red5-web.yaml',
      'red5-web.xml',
      'red5-web.properties',
      'WEB-INF/red5-web.xml',
      'META-INF/MANIFEST.MF',
      'node_modules/x/index.js',
      'package.json',
      'tsconfig.json',
      'Application.ts',
      'server.mts',
      'persistence/chat.db',
      'secret.html',
    ];
    for (const file of files) {
      await mkdir(join(folder, file, '..'), { recursive: true });
      await writeFile(join(folder, file), file);
    }
    await writeFile(join(root, 'outside.html'), 'outside');
    await mkdir(join(root, 'chat-other'));
    await writeFile(join(root, 'chat-other', 'a.html'), 'other');
    await symlink(join(root, 'outside.html'), join(folder, 'link.html'));
    await symlink(join(root, 'chat-other'), join(folder, 'linked'));
    await symlink(join(folder, 'style.css'), join(folder, 'inside.css'));
    await symlink(join(folder, 'WEB-INF', 'red5-web.xml'), join(folder, 'innocent.html'));
    await symlink(join(folder, '..', 'nowhere'), join(folder, 'dangling.html'));
    served = { folder, isPrivate: (path) => path === 'secret.html' };
  });

  after(() => rm(root, { recursive: true }));

  const served200 = ['style.css', 'docs/a.txt', '.well-known/security.txt', 'inside.css'];
  for (const path of served200) {
    it(`finds ${path}`, async () => {
      assert.equal((await resolveFile(served, path.split('/'), false)).kind, 'file');
    });
  }

  const missing = [
    '.env',
    '.git/config',
    'docs/.hidden',
    'red5-web.yaml',
    'RED5-WEB.YAML',
    'red5-web.xml',
    'red5-web.properties',
    'WEB-INF/red5-web.xml',
    'web-inf/red5-web.xml',
    'META-INF/MANIFEST.MF',
    'node_modules/x/index.js',
    'package.json',
    'tsconfig.json',
    'Application.ts',
    'server.mts',
    'persistence/chat.db',
    'secret.html',
    'link.html',
    'linked/a.html',
    'innocent.html',
    'dangling.html',
    'nothing.html',
    'bare',
    'style.css/more',
    '../outside.html',
    '..',
    './style.css',
    'docs/../style.css',
    'style.css.',
    'style.css ',
    'style.css::$DATA',
    'docs\\a.txt',
    'style.css\u0000.html',
    'style.css\n',
  ];
  for (const path of missing) {
    it(`does not find ${JSON.stringify(path)}`, async () => {
      assert.deepEqual(await resolveFile(served, path.split('/'), false), { kind: 'missing' });
    });
  }

  it('does not take an encoded slash inside a name for a separator', async () => {
    assert.deepEqual(await resolveFile(served, ['docs/a.txt'], false), { kind: 'missing' });
    assert.deepEqual(await resolveFile(served, ['../outside.html'], false), { kind: 'missing' });
  });

  it('finds the index page of a folder that was asked for with its slash', async () => {
    for (const names of [[], ['docs']]) {
      const found = await resolveFile(served, names, true);
      assert.ok(found.kind === 'file' && found.path.endsWith('index.html'));
    }
  });

  it('tells a folder with an index page that lacks its slash, and a folder without one', async () => {
    assert.deepEqual(await resolveFile(served, ['docs'], false), { kind: 'folder' });
    assert.deepEqual(await resolveFile(served, [], false), { kind: 'folder' });
    assert.deepEqual(await resolveFile(served, ['bare'], true), { kind: 'missing' });
  });

  it('finds no file behind a trailing slash', async () => {
    assert.deepEqual(await resolveFile(served, ['style.css'], true), { kind: 'missing' });
  });
});
