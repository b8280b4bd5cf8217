import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DeployServer } from '../boot/deploySupport.ts';
import { TestBrowser } from '../support/Browser.ts';
import { ChatPage } from '../support/ChatPage.ts';

const repository = path.resolve(import.meta.dirname, '../..');

/** Puts the chat into a server as a webapp with its own code, as somebody has it who copied it to change it. */
async function addChatWithCode(server: DeployServer): Promise<void> {
  const folder = server.file('webapps/chat');
  await cp(path.join(repository, 'webapps/chat'), folder, { recursive: true });
  await cp(path.join(repository, 'src/apps/chat'), folder, { recursive: true });
  const beans = path.join(folder, 'red5-web.yaml');
  const text = (await readFile(beans, 'utf8')).replaceAll(/class: chat\.(\w+)/g, 'class: ./$1.ts');
  const policy =
    'deploymentPolicy: !bean { class: DeploymentPolicy, properties: { connections: handover } }';
  await writeFile(beans, text.replace(/( +)contextPath:/, `$1${policy}\n$1contextPath:`));
}

describe('the chat page while the code of the chat is changed', () => {
  let browser: TestBrowser;
  before(async () => {
    browser = await TestBrowser.launch();
  });
  after(async () => {
    await browser[Symbol.asyncDispose]();
  });

  it('keeps its connection, its room and what was said there', async () => {
    await using server = await DeployServer.start();
    await addChatWithCode(server);
    assert.deepEqual((await server.deploy('chat')).problems, []);
    const url = `http://127.0.0.1:${server.port('http')}/chat/`;
    const anna = await ChatPage.enter(browser, `${url}#music`, 'Anna');
    const bob = await ChatPage.enter(browser, `${url}#music`, 'Bob');
    const sockets: string[] = [];
    for (const { page } of [anna, bob]) {
      page.on('websocket', (socket) => sockets.push(socket.url()));
    }
    await using flash = await server.rtmp('chat/music');
    const so = flash.sharedObject('chat');
    await so.use();
    await anna.say('before');
    for (const page of [anna, bob]) await page.sees('before');
    await so.batches.first(({ events }) => events.some((item) => item.event === 'CHANGE'));

    const router = server.file('webapps/chat/Router.ts');
    const code = await readFile(router, 'utf8');
    assert.match(code, /setAttribute\(this\.messageKey, line\)/);
    await writeFile(
      router,
      code.replace(
        'setAttribute(this.messageKey, line)',
        "setAttribute(this.messageKey, line.replace('tea', 'coffee'))",
      ),
    );
    const report = await server.running.redeploy('chat');
    assert.deepEqual(report, { name: 'chat', ok: true, generation: 2, problems: [] });

    await anna.say('tea please');
    await bob.sees('coffee please');
    assert.deepEqual(sockets, [], 'the page has opened another connection');
    assert.equal(await anna.page.getByText('Connected', { exact: true }).count(), 1);
    const texts = await bob.texts();
    assert.ok(texts.includes('before') && texts.includes('coffee please'), `${texts}`);
    // The RTMP client in the same room hears of it as well, and is heard.
    await so.batches.first(({ events }) => JSON.stringify(events).includes('coffee please'));
    so.set('message', 'from Flash');
    for (const page of [anna, bob]) await page.sees('from Flash');
    assert.deepEqual([...anna.errors, ...bob.errors], []);
  });
});
