import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { TestBrowser } from '../support/Browser.ts';
import { publishFLV } from '../support/media.ts';
import { red5 } from '../support/red5Command.ts';
import { RTMPTestClient } from '../support/rtmp/RTMPTestClient.ts';
import { ServerProcess } from '../support/ServerProcess.ts';
import { shippedConfig } from '../support/serverFiles.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';
import { WebSocketTestClient } from '../support/WebSocketTestClient.ts';

async function serverFolder(): Promise<TemporaryFolder> {
  return TemporaryFolder.create({ 'conf/red5.yaml': await shippedConfig() });
}

async function make(folder: TemporaryFolder, name: string, template: string): Promise<void> {
  const { code, stdout, stderr } = await red5([
    'new',
    name,
    '--template',
    template,
    '--root',
    folder.path,
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /red5-web\.yaml/);
}

describe('red5 new', () => {
  it('makes a chat in which browsers and RTMP clients hear each other', async () => {
    await using folder = await serverFolder();
    await using server = await ServerProcess.start({ folder: folder.path });
    // Dropped into a server that runs.
    await make(folder, 'talk', 'chat');
    await server.logged(/webapp "talk" runs/);
    await using browser = await TestBrowser.launch();
    const { page } = await browser.open(server.httpURL('/talk/#kitchen'));
    await page.locator('button:enabled').waitFor(); // it is in the room
    await using ann = await WebSocketTestClient.open(server.wsURL('/talk/kitchen'));
    await using rtmp = await RTMPTestClient.join(server.ports.rtmp, 'talk/kitchen');
    const so = rtmp.sharedObject('chat');
    await so.use();
    ann.send(JSON.stringify({ name: 'Ann', text: 'hi' }));
    await page.getByText('Ann: hi').waitFor();
    await page.getByLabel('Name').fill('Bob');
    await page.getByLabel('Text').fill('from a page');
    await page.getByRole('button').click();
    await page.getByText('Bob: from a page').waitFor();
    assert.deepEqual(
      (await ann.texts.atLeast(2)).map((text) => JSON.parse(text).text),
      ['hi', 'from a page'],
    );
    so.send('line', 'Rob', 'by RTMP');
    await page.getByText('Rob: by RTMP').waitFor();
    const heard = await so.batches.first(
      ({ events }) =>
        events.some((event) => event.event === 'SEND' && event.args[1] === 'from a page'),
      { from: 0 },
    );
    assert.equal(heard.events.length, 1);
    assert.equal(await server.stop(), 0);
  });

  it('makes a page of live streams that shows who is on air', async () => {
    await using folder = await serverFolder();
    await using server = await ServerProcess.start({ folder: folder.path });
    await make(folder, 'tv', 'live');
    await server.logged(/webapp "tv" runs/);
    await using browser = await TestBrowser.launch();
    const { page } = await browser.open(server.httpURL('/tv/'));
    const publisher = publishFLV(`rtmp://127.0.0.1:${server.ports.rtmp}/tv/cam`, 60);
    try {
      await page.getByRole('link', { name: 'cam' }).waitFor();
      const stream = await fetch(server.httpURL('/tv/cam.flv'));
      const reader = stream.body?.getReader();
      const { value } = (await reader?.read()) ?? {};
      assert.equal(Buffer.from(value ?? []).toString('latin1', 0, 3), 'FLV');
      await reader?.cancel();
    } finally {
      await publisher.stop();
    }
    await page.getByRole('link', { name: 'cam' }).waitFor({ state: 'detached' });
    assert.equal(await server.stop(), 0);
  });

  for (const [args, why] of [
    [['new', 'a/b'], /cannot be a webapp's name/],
    [['new', '../up'], /cannot be a webapp's name/],
    [['new', 'x', '--template', 'nosuch'], /there are empty, chat, live/],
    [['new'], /Usage:/],
    [['new', 'a', 'b'], /Usage:/],
    [['test', 'nosuch'], /no such folder/],
  ] as const) {
    it(`refuses "red5 ${args.join(' ')}" with exit code 2`, async () => {
      await using folder = await serverFolder();
      const { code, stderr } = await red5([...args, '--root', folder.path]);
      assert.equal(code, 2);
      assert.match(stderr, why);
    });
  }

  it('does not touch a webapp that exists', async () => {
    await using folder = await serverFolder();
    await folder.write({ 'webapps/mine/x.txt': 'x' });
    const { code, stderr } = await red5(['new', 'mine', '--root', folder.path]);
    assert.equal(code, 2);
    assert.match(stderr, /exists already/);
    assert.equal(await readFile(folder.file('webapps/mine/x.txt'), 'utf8'), 'x');
  });
});

describe('red5 test', () => {
  it('ends with 1, and the line of the source, when a test fails', async () => {
    await using folder = await TemporaryFolder.create({
      'a.test.ts': `import assert from 'node:assert/strict';
import { it } from 'node:test';

interface Gone {
  readonly a: number;
}

it('is wrong', () => {
  const gone: Gone = { a: 1 };
  assert.equal(gone.a, 2);
});
`,
    });
    const { code, stdout } = await red5(['test', folder.path]);
    assert.equal(code, 1);
    assert.match(stdout, /a\.test\.ts:10:/);
    assert.match(stdout, /fail 1/);
  });

  it('ends with 1 and all problems when the webapp of a test does not start', async () => {
    await using folder = await TemporaryFolder.create({
      'red5-web.yaml': 'beans: { a: { class: Nothing } }',
      'a.test.ts': `import { it } from 'node:test';
import { startWebapp } from 'red5-node/testing';
it('starts', async () => {
  await using webapp = await startWebapp(import.meta.dirname);
});
`,
    });
    const { code, stdout } = await red5(['test', folder.path]);
    assert.equal(code, 1);
    assert.match(stdout, /CLASS_NOT_FOUND/);
  });
});
