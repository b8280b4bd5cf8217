import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { auditAccessibility } from '../../support/auditAccessibility.ts';
import { TestBrowser, type TestPage, takeScreenshot } from '../../support/Browser.ts';
import { LiveServer } from '../../support/LiveServer.ts';
import { publishFLV } from '../../support/media.ts';

/** Frames that the browser has shown so far. */
function framesOf(page: Page): Promise<number> {
  return page.evaluate<number>(
    "document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames",
  );
}

/** Waits until the picture moves. */
async function moves(page: Page, frames = 15): Promise<void> {
  const deadline = Date.now() + 40_000;
  const first = await framesOf(page);
  while ((await framesOf(page)) < first + frames) {
    assert.ok(Date.now() < deadline, 'the picture does not move');
    await page.waitForTimeout(50);
  }
}

async function say(page: Page, name: string, text: string): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Your line').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

async function lines(page: Page): Promise<string[]> {
  return page.locator('#log li').allTextContents();
}

describe('the live page', { timeout: 170_000 }, () => {
  let browser: TestBrowser;
  const open = (url: string, options?: Parameters<TestBrowser['open']>[1]): Promise<TestPage> =>
    browser.open(url, options);

  before(async () => {
    browser = await TestBrowser.launch();
  });
  after(async () => {
    await browser[Symbol.asyncDispose]();
  });

  it('says how to publish when nothing is live, then shows a stream by itself as soon as there is one', async () => {
    await using server = await LiveServer.start();
    const { page, errors } = await open(server.url);
    await page.getByRole('heading', { name: 'Nothing is live right now' }).waitFor();
    const command = (await page.locator('#ffmpeg-command').textContent()) ?? '';
    assert.match(command, /^ffmpeg -re .* rtmp:\/\/127\.0\.0\.1:\d+\/live\/test$/);
    await takeScreenshot(page, 'live-nothing');

    const publisher = publishFLV(server.rtmp('camera'));
    await page.getByRole('heading', { name: 'camera' }).waitFor({ timeout: 40_000 });
    await moves(page);
    assert.equal(await page.getByText('Live', { exact: true }).last().isVisible(), true);
    await page.getByText('1 viewer', { exact: false }).first().waitFor();
    await page.getByText('320 × 180').waitFor();
    await takeScreenshot(page, 'live-playing');

    await publisher.stop();
    await page.getByText('The stream has ended.').waitFor();
    await page.getByText('Not live any more').waitFor();
    const next = publishFLV(server.rtmp('camera'));
    await moves(page);
    await next.stop();
    assert.deepEqual(errors, []);
  });

  it('lists what is live, plays what is chosen, and has a chat for each room', async () => {
    await using server = await LiveServer.start();
    const publishers = ['stage', 'backstage/door'].map((name) => publishFLV(server.rtmp(name)));
    const ann = (await open(`${server.url}#stage`)).page;
    const bob = (await open(`${server.url}#backstage/door`)).page;
    await ann.getByRole('heading', { name: 'stage' }).waitFor({ timeout: 40_000 });
    await bob.getByRole('heading', { name: 'door' }).waitFor({ timeout: 40_000 });
    await moves(ann);
    await moves(bob);
    await say(ann, 'Ann', 'hello stage <b>');
    await ann.getByText('hello stage').waitFor();
    await say(bob, 'Bob', 'anybody here?');
    await bob.getByText('anybody here?').waitFor();
    assert.deepEqual(await lines(ann), ['Ann hello stage <b>']);
    assert.deepEqual(await lines(bob), ['Bob anybody here?']);

    await ann.getByRole('link', { name: /door/ }).click();
    await ann.getByRole('heading', { name: 'door' }).waitFor();
    await ann.getByText('Connected', { exact: true }).waitFor();
    await moves(ann);
    await say(ann, 'Ann', 'I am');
    await bob.getByText('I am', { exact: true }).waitFor();
    assert.deepEqual(await lines(bob), ['Bob anybody here?', 'Ann I am']);
    await Promise.all(publishers.map((publisher) => publisher.stop()));
    await ann.getByText('Live now').waitFor({ state: 'hidden' });
  });

  it('has its sound off until somebody switches it on', async () => {
    await using server = await LiveServer.start();
    const publisher = publishFLV(server.rtmp('camera'));
    const { page } = await open(server.url);
    await moves(page);
    assert.equal(await page.evaluate("document.querySelector('video').muted"), true);
    await page.getByRole('button', { name: 'Switch the sound on' }).click();
    assert.equal(await page.evaluate("document.querySelector('video').muted"), false);
    assert.equal(await page.getByRole('button', { name: 'Switch the sound on' }).isHidden(), true);
    await publisher.stop();
  });

  it('brings a player that plays over WebSocket, and recordings, in which it seeks', async () => {
    await using server = await LiveServer.start();
    await server.addRecording('film', 30);
    const publisher = publishFLV(server.rtmp('camera'));
    const { page } = await open(server.url);
    await moves(page);
    const play = (source: object) =>
      page.evaluate(`(() => {
        const video = document.createElement('video');
        document.querySelector('video').replaceWith(video);
        video.muted = true;
        window.player = mpegts.createPlayer(${JSON.stringify(source)});
        player.attachMediaElement(video);
        player.load();
        player.play();
      })()`);
    const host = new URL(server.url).host;
    await play({ type: 'flv', isLive: true, url: `ws://${host}/live/camera.flv` });
    await moves(page);
    await play({ type: 'flv', url: `http://${host}/live/film.flv` });
    await moves(page);
    const info = await page.evaluate<{ hasKeyframesIndex: boolean; duration: number }>(
      '({ hasKeyframesIndex: player.mediaInfo.hasKeyframesIndex, duration: player.duration })',
    );
    assert.equal(info.hasKeyframesIndex, true);
    assert.ok(Math.abs(info.duration - 30) < 0.2, `${info.duration} s`);
    await page.evaluate("document.querySelector('video').currentTime = 24");
    await moves(page, 5);
    const at = await page.evaluate<number>("document.querySelector('video').currentTime");
    assert.ok(at >= 24 && at < 29, `at ${at} s`);
    await publisher.stop();
  });

  const looks = [
    { name: 'light' },
    { name: 'dark', colorScheme: 'dark' },
    { name: 'phone', width: 390, height: 780 },
    { name: 'phone-dark', width: 390, height: 780, colorScheme: 'dark' },
  ] as const;
  it('breaks no rule of accessibility and fits its window: light, dark, on a phone', async () => {
    await using server = await LiveServer.start();
    const { page: empty } = await open(server.url);
    await empty.getByText('Connected', { exact: true }).waitFor();
    assert.deepEqual(await auditAccessibility(empty), [], 'nothing is live');
    const publishers = ['camera', 'room1/guitar'].map((name) => publishFLV(server.rtmp(name)));
    for (const { name, ...options } of looks) {
      const shown = { ...options, reducedMotion: 'reduce' } as const;
      const { page } = await open(`${server.url}#camera`, shown);
      await moves(page);
      await page.getByRole('link', { name: /guitar/ }).waitFor();
      await say(page, 'Ann', `in ${name}`);
      await page.getByText(`in ${name}`).waitFor();
      await takeScreenshot(page, `live-${name}`);
      assert.deepEqual(await auditAccessibility(page), [], name);
      const [inner, outer] = await page.evaluate<[number, number]>(
        '[document.documentElement.scrollWidth, innerWidth]',
      );
      assert.ok(inner <= outer, `${inner} px wide in a window of ${outer} px`);
      await page.close();
    }
    await Promise.all(publishers.map((publisher) => publisher.stop()));
  });
});
