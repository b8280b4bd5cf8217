import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebappFiles } from '../../src/boot/WebappFiles.ts';

describe('WebappFiles', () => {
  const files = new WebappFiles('chat', '/srv/webapps/chat', () => [
    '/srv/webapps/chat/lib/Router.js',
  ]);
  for (const file of [
    'red5-web.yaml',
    'red5-web.xml',
    'RED5-WEB.XML',
    'red5-web.properties',
    'WEB-INF/web.xml',
    'web-inf/classes/a.js',
    'Application.ts',
    'client/main.ts',
    'lib/Router.js',
    'LIB/ROUTER.JS',
    'lib/../lib/Router.js',
    'node_modules/a/index.js',
    'package.json',
    '.env',
    '.git/config',
    '../other/index.html',
    'persistence/so.json',
    'red5-web.xml~',
    'index.html\0.png',
    'sub\\..\\WEB-INF\\web.xml',
  ]) {
    it(`keeps ${JSON.stringify(file)} private`, () => assert.equal(files.isPrivate(file), true));
  }
  for (const file of ['index.html', 'chat.js', 'lib/other.js', 'a/b/c.css', '.well-known/x', '']) {
    it(`lets everybody read ${JSON.stringify(file)}`, () =>
      assert.equal(files.isPrivate(file), false));
  }
});
