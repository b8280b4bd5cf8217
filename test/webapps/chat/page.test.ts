import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { TestBrowser } from '../../support/Browser.ts';
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
    const ann = await enter(server.url, 'Ann');
    const bob = await enter(server.url, 'Bob');
    await say(ann, 'Hello Bob');
    await bob.getByText('Hello Bob').waitFor();
    await delivered(ann);
    assert.deepEqual(await lines(ann), [['You', 'Hello Bob']]);
    assert.deepEqual(await lines(bob), [['Ann', 'Hello Bob']]);
  });

  it('shows the same line twice when it is said twice', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await enter(server.url, 'Ann');
    await say(ann, 'again');
    await say(ann, 'again');
    await delivered(ann);
    assert.deepEqual(await lines(ann), [
      ['You', 'again'],
      ['', 'again'], // in one group with the line before
    ]);
  });

  it('shows plain text and JSON without a text as they are', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await enter(server.url, 'Ann');
    server.say('/chat', 'hello from RTMP');
    server.say('/chat', '{"temperature":21}');
    await ann.getByText('temperature').waitFor();
    assert.deepEqual(await lines(ann), [
      ['Somebody', 'hello from RTMP'],
      ['', '{"temperature":21}'],
    ]);
  });

  it('shows markup as text', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await enter(server.url, 'Ann');
    const markup = '<img src=x onerror="document.title=1"><script>alert(1)</script>';
    server.say('/chat', JSON.stringify({ name: '<b>Eve</b>', text: markup }));
    await ann.getByText('<script>').waitFor();
    assert.deepEqual(await lines(ann), [['<b>Eve</b>', markup]]);
    assert.equal(await ann.locator('#log img, #log script, #log b').count(), 0);
  });

  it('keeps long words and long texts inside the page', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await enter(server.url, 'Ann', { width: 360, height: 640 });
    server.say('/chat', JSON.stringify({ name: 'N'.repeat(500), text: 'w'.repeat(3000) }));
    await ann.getByRole('button', { name: 'Show all' }).click();
    await ann.getByRole('button', { name: 'Show less' }).waitFor();
    const [inner, outer] = await ann.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, innerWidth]',
    );
    assert.ok(inner <= outer, `${inner} px wide in a window of ${outer} px`);
  });

  it('connects to the application whose folder it is in, and to the room in its address', async () => {
    await using server = await PageServer.start(folder, '/chat2');
    const ann = await enter(server.url, 'Ann');
    assert.deepEqual(server.paths, ['/chat2']);
    await ann.getByRole('link', { name: 'room2' }).click();
    await ann.getByRole('heading', { name: 'room2' }).waitFor();
    await connected(ann);
    assert.deepEqual(server.paths, ['/chat2/room2']);
    assert.equal(await ann.locator('[aria-current=page]').textContent(), 'room2');
    await ann.goBack();
    await ann.getByRole('heading', { name: 'Lobby' }).waitFor();
  });

  it('opens a room of any name and offers it from then on', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await enter(server.url, 'Ann');
    await ann.getByLabel('Name of another room').fill('garden/pond');
    await ann.keyboard.press('Enter');
    await ann.getByRole('heading', { name: 'garden/pond' }).waitFor();
    await connected(ann);
    assert.deepEqual(server.paths, ['/chat/garden/pond']);
    await ann.reload();
    await ann.getByRole('link', { name: 'garden/pond' }).waitFor();
  });

  it('connects again by itself when the server comes back, and says so', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await enter(server.url, 'Ann');
    await server.stop();
    await ann.getByText(/Not connected/).waitFor();
    assert.equal(await ann.getByRole('button', { name: 'Send' }).isDisabled(), true);
    await server.listen();
    await ann.getByText('You are connected again.', { exact: false }).waitFor({ timeout: 20_000 });
    await say(ann, 'back');
    await delivered(ann);
    assert.deepEqual(await lines(ann), [['You', 'back']]);
  });

  it('offers to send again what the server never showed', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await enter(server.url, 'Ann');
    server.answers = false;
    await say(ann, 'lost?');
    await ann.locator('.pending').waitFor();
    await server.stop();
    await ann.getByText('Perhaps not delivered.').waitFor();
    server.answers = true;
    await server.listen();
    await connected(ann);
    await ann.getByRole('button', { name: 'Send again' }).click();
    await delivered(ann);
    assert.deepEqual(await lines(ann), [['You', 'lost?']]);
  });

  it('hints at lines that arrived below what is seen', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const ann = await enter(server.url, 'Ann');
    for (let number = 1; number <= 40; number++) {
      server.say('/chat', JSON.stringify({ name: 'Bob', text: `line ${number}` }));
    }
    await ann.getByText('line 40').waitFor();
    await ann.locator('#scroller').evaluate((scroller) => {
      scroller.scrollTop = 0;
    });
    await ann.waitForFunction('document.querySelector("#scroller").scrollTop === 0');
    server.say('/chat', JSON.stringify({ name: 'Bob', text: 'one more' }));
    const hint = ann.getByRole('button', { name: '1 new line below' });
    await hint.waitFor();
    assert.match(await ann.title(), /^\(1\) Lobby/);
    await hint.click();
    await hint.waitFor({ state: 'hidden' });
    assert.match(await ann.title(), /^Lobby/);
  });

  it('is used with the keyboard alone', async () => {
    await using server = await PageServer.start(folder, '/chat');
    const { page } = await browser.open(server.url);
    await page.keyboard.type('Ann'); // the name has the focus
    await page.keyboard.press('Enter');
    await connected(page);
    await page.keyboard.type('first row'); // so has the field to write in
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second row');
    await page.keyboard.press('Enter');
    await delivered(page);
    assert.deepEqual(await lines(page), [['You', 'first row\nsecond row']]);
    assert.equal(await page.evaluate('document.activeElement.id'), 'text');
  });

  /** Comes in and waits for the connection. */
  async function enter(
    url: string,
    name: string,
    size: { width?: number; height?: number } = {},
  ): Promise<Page> {
    const { page } = await browser.open(url, size);
    await page.getByLabel('Your name').fill(name);
    await page.getByRole('button', { name: 'Enter the chat' }).click();
    await connected(page);
    return page;
  }
});

async function connected(page: Page): Promise<void> {
  await page.getByText('Connected', { exact: true }).waitFor();
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Your line').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** Waits until the server has shown every line of this page. */
async function delivered(page: Page): Promise<void> {
  await page.locator('.own').first().waitFor();
  await page.waitForFunction('document.querySelector(".pending") === null');
}

/** Who said what, as a reader sees it. */
async function lines(page: Page): Promise<[string, string][]> {
  // Names of the same group are in the page but not shown; innerText leaves them out, and keeps line breaks of the text.
  return page.evaluate(`[...document.querySelectorAll('.said')].map((line) => [
    line.querySelector('.who').checkVisibility() ? line.querySelector('bdi').innerText : '',
    line.querySelector('.bubble p').innerText,
  ])`);
}
