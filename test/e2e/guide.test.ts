import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { TestBrowser } from '../support/Browser.ts';
import { RTMPTestClient } from '../support/rtmp/RTMPTestClient.ts';
import { ServerFolder, ServerProcess } from '../support/ServerProcess.ts';
import { WebSocketTestClient } from '../support/WebSocketTestClient.ts';

const guide = path.resolve(import.meta.dirname, '../../docs/guide/first-app.md');

describe('the guide to a first application', () => {
  it('is true: its files, as they are printed, are two applications that do what it says', async () => {
    await using folder = await ServerFolder.create();
    const files = filesIn(await readFile(guide, 'utf8'));
    assert.equal(files.length, 6);
    for (const { name, content } of files) {
      await mkdir(path.dirname(folder.file(name)), { recursive: true });
      await writeFile(folder.file(name), content);
    }
    await using server = await ServerProcess.start({ folder: folder.path });

    await using browser = await TestBrowser.launch();
    const { page } = await browser.open(server.httpURL('/hello/'));
    await page.getByText('Welcome to hall, visitor 1').waitFor();
    await using rtmp = await RTMPTestClient.join(server.ports.rtmp, 'hello/hall');
    await using second = await WebSocketTestClient.open(server.wsURL('/hello/hall'));
    assert.deepEqual(await second.texts.atLeast(1), ['Welcome to hall, visitor 3']);
    second.send('to all in the hall');
    await page.getByText('to all in the hall').waitFor();
    assert.equal((await rtmp.call('nosuch')).name, '_error');

    await using plain = await WebSocketTestClient.open(server.wsURL('/plain/anywhere'));
    plain.send('echo');
    assert.deepEqual(await plain.texts.atLeast(1), ['echo']);
    assert.equal(await server.stop(), 0);
  });
});

/** Code blocks that have a file name in the line above. */
function filesIn(text: string): { name: string; content: string }[] {
  const blocks = text.matchAll(/^`(webapps\/[^`]+)`\n\n```\w+\n(.*?)^```$/gms);
  return [...blocks].map(([, name = '', content = '']) => ({ name, content }));
}
