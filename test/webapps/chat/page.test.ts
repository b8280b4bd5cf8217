import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { auditAccessibility } from '../../support/auditAccessibility.ts';
import { TestBrowser } from '../../support/Browser.ts';
import { ChatPage } from '../../support/ChatPage.ts';
import { PageServer } from '../../support/PageServer.ts';

const folder = path.resolve(import.meta.dirname, '../../../webapps/chat');

describe('the chat page', () => {
  let browser: TestBrowser;

  before(async () => {
    browser = await TestBrowser.launch();
  });
  after(async () => {
    await browser[Symbol.asyncDispose]();
  });

  it('asks for a name, then shows a line once to its sender and to the others', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await ChatPage.enter(browser, server.url, 'Ann');
    const bob = await ChatPage.enter(browser, server.url, 'Bob');
    await ann.say('Hello Bob');
    await bob.page.getByText('Hello Bob').waitFor();
    await ann.delivered();
    assert.deepEqual(await ann.lines(), [['You', 'Hello Bob']]);
    assert.deepEqual(await bob.lines(), [['Ann', 'Hello Bob']]);
  });

  it('shows the same line twice when it is said twice', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await ChatPage.enter(browser, server.url, 'Ann');
    await ann.say('again');
    await ann.say('again');
    await ann.delivered();
    assert.deepEqual(await ann.lines(), [
      ['You', 'again'],
      ['', 'again'], // in one group with the line before
    ]);
  });

  it('shows plain text and JSON without a text as they are', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await ChatPage.enter(browser, server.url, 'Ann');
    server.say('/chat', 'hello from RTMP');
    server.say('/chat', '{"temperature":21}');
    await ann.page.getByText('temperature').waitFor();
    assert.deepEqual(await ann.lines(), [
      ['Somebody', 'hello from RTMP'],
      ['', '{"temperature":21}'],
    ]);
  });

  it('shows markup as text', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await ChatPage.enter(browser, server.url, 'Ann');
    const markup = '<img src=x onerror="document.title=1"><script>alert(1)</script>';
    server.say('/chat', JSON.stringify({ name: '<b>Eve</b>', text: markup }));
    await ann.page.getByText('<script>').waitFor();
    assert.deepEqual(await ann.lines(), [['<b>Eve</b>', markup]]);
    assert.equal(await ann.page.locator('#log img, #log script, #log b').count(), 0);
  });

  it('keeps long words and long texts inside the page', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await ChatPage.enter(browser, server.url, 'Ann', { width: 360, height: 640 });
    server.say('/chat', JSON.stringify({ name: 'N'.repeat(500), text: 'w'.repeat(3000) }));
    await ann.page.getByRole('button', { name: 'Show all' }).click();
    await ann.page.getByRole('button', { name: 'Show less' }).waitFor();
    const [inner, outer] = await ann.page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, innerWidth]',
    );
    assert.ok(inner <= outer, `${inner} px wide in a window of ${outer} px`);
  });

  it('connects to the application whose folder it is in, and to the room in its address', async () => {
    await using server = await PageServer.start(folder, '/chat2');
    const ann = await ChatPage.enter(browser, server.url, 'Ann');
    assert.deepEqual(server.paths, ['/chat2']);
    await ann.page.getByRole('link', { name: 'room2' }).click();
    await ann.page.getByRole('heading', { name: 'room2' }).waitFor();
    await ann.connected();
    assert.deepEqual(server.paths, ['/chat2/room2']);
    assert.equal(await ann.page.locator('[aria-current=page]').textContent(), 'room2');
    await ann.page.goBack();
    await ann.page.getByRole('heading', { name: 'Lobby' }).waitFor();
  });

  it('opens a room of any name and offers it from then on', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await ChatPage.enter(browser, server.url, 'Ann');
    await ann.page.getByLabel('Name of another room').fill('garden/pond');
    await ann.page.keyboard.press('Enter');
    await ann.page.getByRole('heading', { name: 'garden/pond' }).waitFor();
    await ann.connected();
    assert.deepEqual(server.paths, ['/chat/garden/pond']);
    await ann.page.reload();
    await ann.page.getByRole('link', { name: 'garden/pond' }).waitFor();
  });

  it('connects again by itself when the server comes back, and says so', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await ChatPage.enter(browser, server.url, 'Ann');
    await server.stop();
    await ann.page.getByText(/Not connected/).waitFor();
    assert.equal(await ann.page.getByRole('button', { name: 'Send' }).isDisabled(), true);
    await server.listen();
    await ann.page
      .getByText('You are connected again.', { exact: false })
      .waitFor({ timeout: 20_000 });
    await ann.say('back');
    await ann.delivered();
    assert.deepEqual(await ann.lines(), [['You', 'back']]);
  });

  it('offers to send again what the server never showed', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await ChatPage.enter(browser, server.url, 'Ann');
    server.answers = false;
    await ann.say('lost?');
    await ann.page.locator('.pending').waitFor();
    await server.stop();
    await ann.page.getByText('Perhaps not delivered.').waitFor();
    server.answers = true;
    await server.listen();
    await ann.connected();
    await ann.page.getByRole('button', { name: 'Send again' }).click();
    await ann.delivered();
    assert.deepEqual(await ann.lines(), [['You', 'lost?']]);
  });

  it('hints at lines that arrived below what is seen', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await ChatPage.enter(browser, server.url, 'Ann');
    for (let number = 1; number <= 40; number++) {
      server.say('/chat', JSON.stringify({ name: 'Bob', text: `line ${number}` }));
    }
    await ann.page.getByText('line 40').waitFor();
    await ann.page.locator('#scroller').evaluate((scroller) => {
      scroller.scrollTop = 0;
    });
    await ann.page.waitForFunction('document.querySelector("#scroller").scrollTop === 0');
    server.say('/chat', JSON.stringify({ name: 'Bob', text: 'one more' }));
    const hint = ann.page.getByRole('button', { name: '1 new line below' });
    await hint.waitFor();
    assert.match(await ann.page.title(), /^\(1\) Lobby/);
    await hint.click();
    await hint.waitFor({ state: 'hidden' });
    assert.match(await ann.page.title(), /^Lobby/);
  });

  it('is used with the keyboard alone', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const { page } = await browser.open(server.url);
    await page.keyboard.type('Ann'); // the name has the focus
    await page.keyboard.press('Enter');
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.keyboard.type('first row'); // so has the field to write in
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second row');
    await page.keyboard.press('Enter');
    await page.locator('.own:not(.pending)').waitFor();
    assert.equal(await page.locator('.bubble p').textContent(), 'first row\nsecond row');
    assert.equal(await page.evaluate('document.activeElement.id'), 'text');
  });

  for (const options of [
    { colorScheme: 'light' },
    { colorScheme: 'dark' },
    { colorScheme: 'light', width: 360, height: 640 },
    { colorScheme: 'dark', width: 360, height: 640 },
  ] as const) {
    const name = Object.values(options).join(', ');
    it(`breaks no rule of accessibility: ${name}`, async () => {
      await using server = await PageServer.start(folder, '/chat');
      const shown = { ...options, reducedMotion: 'reduce' } as const; // no colour on its way
      const { page } = await browser.open(server.url, shown);
      await page.getByLabel('Your name').waitFor();
      assert.deepEqual(await auditAccessibility(page), [], 'the question for the name');
      const ann = await ChatPage.enter(browser, server.url, 'Ann', shown);
      await ann.say('my line');
      server.say('/chat', JSON.stringify({ name: 'Bob', text: 'a line with https://red5.net' }));
      await ann.sees('a line with');
      await ann.delivered();
      assert.deepEqual(await auditAccessibility(ann.page), [], 'the room');
      await server.stop();
      await ann.page.getByText('Connected', { exact: true }).waitFor({ state: 'hidden' });
      assert.deepEqual(await auditAccessibility(ann.page), [], 'without the server');
    });
  }
});
