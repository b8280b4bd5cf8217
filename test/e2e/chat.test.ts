import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { TestBrowser, takeScreenshot } from '../support/Browser.ts';
import { ChatPage } from '../support/ChatPage.ts';
import { RTMPTestClient } from '../support/rtmp/RTMPTestClient.ts';
import { freePorts, ServerFolder, ServerProcess } from '../support/ServerProcess.ts';
import {
  addChatCopy,
  addStaticOnly,
  beanFileForms,
  writeChatBeans,
} from '../support/TestWebapps.ts';
import { WebSocketTestClient } from '../support/WebSocketTestClient.ts';

describe('the chat', () => {
  let browser: TestBrowser;

  before(async () => {
    browser = await TestBrowser.launch();
  });
  after(async () => {
    await browser[Symbol.asyncDispose]();
  });

  for (const form of beanFileForms) {
    it(`is one conversation of browsers and RTMP clients, wired by ${form.name}`, async () => {
      await using folder = await ServerFolder.create();
      await writeChatBeans(folder, form);
      await using server = await ServerProcess.start({ folder: folder.path });
      const url = server.httpURL('/chat/');

      const ann = await ChatPage.enter(browser, `${url}#room1`, 'Ann');
      const bob = await ChatPage.enter(browser, `${url}#room1`, 'Bob');
      const room2 = await ChatPage.enter(browser, `${url}#room2`, 'Cleo');
      const lobby = await ChatPage.enter(browser, url, 'Dan');
      await using here = await RTMPTestClient.join(server.ports.rtmp, 'chat/room1');
      await using there = await RTMPTestClient.join(server.ports.rtmp, 'chat/room2');
      const message = here.sharedObject('chat');
      await message.use();
      await there.sharedObject('chat').use();

      await ann.say('Good morning');
      await bob.sees('Good morning');
      await ann.delivered();
      await message.batches.atLeast(2);
      const [fromAnn] = message.changesOf('message');
      const { name, text } = JSON.parse(String(fromAnn));
      assert.deepEqual([name, text], ['Ann', 'Good morning']);

      message.set('message', 'hello from RTMP');
      await ann.sees('hello from RTMP');
      message.set('message', 'hello from RTMP'); // the same again: two lines for everybody
      message.set('message', 42);
      await bob.sees('42');
      await bob.say('Bye');
      await ann.sees('Bye');
      await bob.delivered();

      assert.deepEqual(await ann.lines(), [
        ['You', 'Good morning'],
        ['Somebody', 'hello from RTMP'],
        ['', 'hello from RTMP'],
        ['', '42'],
        ['Bob', 'Bye'],
      ]);
      assert.deepEqual(await bob.texts(), await ann.texts());

      // What comes next in the other rooms shows that nothing came before.
      await room2.say('only room2');
      await room2.delivered();
      await lobby.say('only lobby');
      await lobby.delivered();
      assert.deepEqual(await room2.texts(), ['only room2']);
      assert.deepEqual(await lobby.texts(), ['only lobby']);
      await there.sharedObject('chat').batches.atLeast(2);
      const elsewhere = there.sharedObject('chat').changesOf('message');
      assert.deepEqual(
        elsewhere.map((line) => JSON.parse(String(line)).text),
        ['only room2'],
      );
      assert.deepEqual(
        message.changesOf('message').map((line) => JSON.parse(String(line)).text),
        ['Good morning', 'Bye'],
      );
      for (const page of [ann, bob, room2, lobby]) {
        assert.deepEqual(page.errors, []);
        await page.page.context().close();
      }
      assert.equal(await server.stop(), 0);
    });
  }

  describe('with one server', () => {
    let folder: ServerFolder;
    let server: ServerProcess;

    before(async () => {
      folder = await ServerFolder.create();
      await addChatCopy(folder, 'chat2');
      await addStaticOnly(folder);
      server = await ServerProcess.start({ folder: folder.path });
    });
    after(async () => {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    });

    it('tells RTMP clients of a line said twice, twice, also when no browser is there', async () => {
      await using a = await RTMPTestClient.join(server.ports.rtmp, 'chat/only-rtmp');
      await using b = await RTMPTestClient.join(server.ports.rtmp, 'chat/only-rtmp');
      await a.sharedObject('chat').use();
      await b.sharedObject('chat').use();
      for (const line of ['again', 'again', 'end']) a.sharedObject('chat').set('message', line);
      await b.sharedObject('chat').changed('message', 'end');
      assert.deepEqual(b.sharedObject('chat').changesOf('message'), ['again', 'again', 'end']);
      assert.deepEqual(a.sharedObject('chat').changesOf('message'), []);
    });

    it('makes texts of whatever an RTMP client sets', async () => {
      await using rtmp = await RTMPTestClient.join(server.ports.rtmp, 'chat/values');
      await using browserLike = await WebSocketTestClient.open(server.wsURL('/chat/values'));
      const so = rtmp.sharedObject('chat');
      await so.use();
      const values = [
        'text',
        1.5,
        true,
        new Date('2026-01-02T03:04:05Z'),
        ['a', null, 2],
        { name: 'Eve', text: 'hi' },
        new Map([['k', 'v']]),
        null, // nothing is said
        '  ', // nor here
        'end',
      ];
      for (const value of values) so.set('message', value);
      await browserLike.texts.first((text) => text === 'end');
      assert.deepEqual(browserLike.texts.items, [
        'text',
        '1.5',
        'true',
        '2026-01-02T03:04:05.000Z',
        '["a",null,2]',
        '{"name":"Eve","text":"hi"}',
        '{"k":"v"}',
        'end',
      ]);
    });

    it('keeps the last line for RTMP clients that come later, as long as somebody is there', async () => {
      const stays = await WebSocketTestClient.open(server.wsURL('/chat/late'));
      stays.send('still here');
      await stays.texts.atLeast(1);
      const first = await RTMPTestClient.join(server.ports.rtmp, 'chat/late');
      const events = (await first.sharedObject('chat').use()).events.slice(2);
      assert.deepEqual(events, [{ event: 'CHANGE', key: 'message', value: 'still here' }]);
      await first.close();
      await stays.close();
      // The room was left by everybody: what was acquired is released, and a new room knows nothing.
      await using second = await RTMPTestClient.join(server.ports.rtmp, 'chat/late');
      const after = (await second.sharedObject('chat').use()).events.slice(2);
      assert.deepEqual(after, []);
    });

    it('tells no RTMP client that has given the shared object up', async () => {
      await using speaker = await WebSocketTestClient.open(server.wsURL('/chat/given-up'));
      await using leaves = await RTMPTestClient.join(server.ports.rtmp, 'chat/given-up');
      await using stays = await RTMPTestClient.join(server.ports.rtmp, 'chat/given-up');
      await leaves.sharedObject('chat').use();
      await stays.sharedObject('chat').use();
      speaker.send('to both');
      await leaves.sharedObject('chat').changed('message', 'to both');
      leaves.sharedObject('chat').release();
      await leaves.call('fence'); // answered when the release was read
      speaker.send('to one');
      await stays.sharedObject('chat').changed('message', 'to one');
      await leaves.call('fence');
      assert.deepEqual(leaves.sharedObject('chat').changesOf('message'), ['to both']);
    });

    it('ignores empty lines and bytes', async () => {
      await using client = await WebSocketTestClient.open(server.wsURL('/chat/empty'));
      client.send('');
      client.send(' \n ');
      client.sendBinary(Buffer.from('bytes'));
      client.send('end');
      await client.texts.first((text) => text === 'end');
      assert.deepEqual(client.texts.items, ['end']);
    });

    it('copied to another folder with another context path is a second, separate chat', async () => {
      const ann = await ChatPage.enter(browser, server.httpURL('/chat/'), 'Ann');
      const zoe = await ChatPage.enter(browser, server.httpURL('/chat2/'), 'Zoe');
      await using rtmp = await RTMPTestClient.join(server.ports.rtmp, 'chat2');
      await rtmp.sharedObject('chat').use();
      await ann.say('in the first');
      await ann.delivered();
      await zoe.say('in the second');
      await zoe.delivered();
      await rtmp.sharedObject('chat').batches.atLeast(2);
      assert.deepEqual(await ann.texts(), ['in the first']);
      assert.deepEqual(await zoe.texts(), ['in the second']);
      assert.equal(rtmp.sharedObject('chat').changesOf('message').length, 1);
      await ann.page.context().close();
      await zoe.page.context().close();
    });

    it('is listed with the other webapps on the root page', async () => {
      const page = await (await fetch(server.httpURL('/'))).text();
      for (const link of ['/chat/', '/chat2/', '/plain/']) {
        assert.ok(page.includes(`href="${link}"`), `no link to ${link}`);
      }
    });

    it('does not show its beans, properties and sources', async () => {
      for (const name of [
        'red5-web.yaml',
        'red5-web.properties',
        'client/main.ts',
        'client/tsconfig.json',
        'WEB-INF/red5-web.xml',
        '..%2fchat2%2fred5-web.yaml',
        '%2e%2e/%2e%2e/conf/red5.yaml',
      ]) {
        const response = await fetch(server.httpURL(`/chat/${name}`));
        assert.equal(response.status, 404, name);
        await response.body?.cancel();
      }
    });

    it('is not needed: a webapp of a bean file and a page, without code, works', async () => {
      const { page } = await browser.open(server.httpURL('/plain/'));
      await page.getByRole('heading', { name: 'No code here' }).waitFor();
      await page.context().close();
      await using a = await WebSocketTestClient.open(server.wsURL('/plain/x'));
      await using b = await WebSocketTestClient.open(server.wsURL('/plain/x'));
      a.send('to all');
      assert.deepEqual(await b.texts.atLeast(1), ['to all']);
      assert.deepEqual(await a.texts.atLeast(1), ['to all']);
    });
  });

  it('works over https and wss with the certificate for development, beside people without', async () => {
    await using folder = await ServerFolder.create();
    const { http: https, ws: rtmps } = await freePorts();
    await using server = await ServerProcess.start({
      folder: folder.path,
      args: [
        '-Dspring.profiles.active=tls',
        '-Dtls.selfSigned=true',
        `-Dhttps.port=${https}`,
        `-Drtmps.port=${rtmps}`,
      ],
    });
    const untrusted = { ignoreHTTPSErrors: true };
    const url = `https://localhost:${https}/chat/#room1`;
    const ann = await ChatPage.enter(browser, url, 'Ann', untrusted);
    const bob = await ChatPage.enter(browser, server.httpURL('/chat/#room1'), 'Bob');
    assert.equal(await ann.page.evaluate('isSecureContext'), true);
    await ann.say('in secret');
    await bob.sees('in secret');
    await bob.say('in the open');
    await ann.sees('in the open');
    assert.deepEqual(await ann.texts(), ['in secret', 'in the open']);
    assert.deepEqual(ann.errors, []);
    await ann.page.context().close();
    await bob.page.context().close();
    assert.equal(await server.stop(), 0);
  });

  it('comes back by itself after a restart of the server', async () => {
    await using folder = await ServerFolder.create();
    await using first = await ServerProcess.start({ folder: folder.path });
    const ann = await ChatPage.enter(browser, first.httpURL('/chat/#room1'), 'Ann');
    const bob = await ChatPage.enter(browser, first.httpURL('/chat/#room1'), 'Bob');
    await ann.say('before');
    await bob.sees('before');
    assert.equal(await first.stop(), 0);
    await ann.page.getByText(/Not connected/).waitFor();
    await takeScreenshot(ann.page, 'e2e-server-gone');
    await using second = await ServerProcess.start({ folder: folder.path, ports: first.ports });
    await ann.connected(30_000);
    await bob.connected(30_000);
    await ann.say('after');
    await bob.sees('after');
    assert.deepEqual(await bob.texts(), ['before', 'after']);
    await ann.page.context().close();
    await bob.page.context().close();
    assert.equal(await second.stop(), 0);
  });

  it('looks right in light and dark, on a desk and on a telephone', async () => {
    await using folder = await ServerFolder.create();
    await using server = await ServerProcess.start({ folder: folder.path });
    const url = server.httpURL('/chat/#room1');
    await using rtmp = await RTMPTestClient.join(server.ports.rtmp, 'chat/room1');
    await rtmp.sharedObject('chat').use();
    const bob = await ChatPage.enter(browser, url, 'Bob');
    for (const [name, look] of [
      ['light', {}],
      ['dark', { colorScheme: 'dark' }],
      ['mobile-light', { width: 390, height: 844 }],
      ['mobile-dark', { width: 390, height: 844, colorScheme: 'dark' }],
    ] as const) {
      const options = { ...look, reducedMotion: 'reduce' } as const;
      const { page: welcome } = await browser.open(url, options);
      await takeScreenshot(welcome, `e2e-${name}-welcome`);
      await welcome.context().close();
      const ann = await ChatPage.enter(browser, url, 'Ann Fletcher', options);
      await bob.say('Good morning! Is the picture from the roof back?');
      await ann.sees('Good morning');
      await ann.say('Since ten minutes. Load the page once more, then it should be there.');
      await ann.delivered();
      rtmp.sharedObject('chat').set('message', 'roof camera: 21.5 °C');
      await ann.sees('roof camera');
      await bob.say('👍');
      await ann.sees('👍');
      await takeScreenshot(ann.page, `e2e-${name}`);
      assert.deepEqual(await outsideWindow(ann), []);
      await ann.page.context().close();
    }
    await bob.page.context().close();
  });
});

/** Elements that stick out of the window sideways, other than those in something that scrolls. */
async function outsideWindow({ page }: ChatPage): Promise<string[]> {
  return page.evaluate(`[...document.querySelectorAll('.room *')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .map((element) => element.className || element.id)`);
}
