import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { startWebapp } from 'red5-node/testing';
import { Application } from '../Application.ts';

const folder = path.join(import.meta.dirname, '..');

describe('the live streams', () => {
  it('ask publishers for the key, if there is one', () => {
    const app = new Application();
    assert.equal(app.mayPublish(undefined), true);
    app.publishKey = 'secret';
    assert.deepEqual(
      ['secret', 'wrong', undefined].map((key) => app.mayPublish(key)),
      [true, false, false],
    );
  });

  it('are listed for whoever comes; none at first', async () => {
    await using webapp = await startWebapp(folder);
    const client = await webapp.connect();
    assert.deepEqual(JSON.parse(await client.next()), []);
    assert.equal((await fetch(webapp.httpURL('cam.flv'))).status, 404);
  });
});
