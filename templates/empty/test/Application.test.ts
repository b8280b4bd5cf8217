import assert from 'node:assert/strict';
import path from 'node:path';
import { it } from 'node:test';
import { startWebapp } from 'red5-node/testing';
import { Application } from '../Application.ts';

const folder = path.join(import.meta.dirname, '..');

it('greets', () => {
  assert.equal(new Application().hello('Ann'), 'Hello Ann');
});

it('starts and serves its page', async () => {
  await using webapp = await startWebapp(folder);
  const page = await fetch(webapp.httpURL());
  assert.match(await page.text(), /__NAME__/);
});
