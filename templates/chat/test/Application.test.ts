import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, it } from 'node:test';
import { startWebapp } from 'red5-node/testing';
import { Application } from '../Application.ts';

const folder = path.join(import.meta.dirname, '..');

describe('the chat', () => {
  it('takes lines, and nothing else', () => {
    const app = new Application();
    assert.deepEqual(app.lineOf({ name: 'Ann', text: 'hi' }), { name: 'Ann', text: 'hi' });
    for (const other of [undefined, 'hi', { name: 'Ann' }, { name: 'Ann', text: ' ' }]) {
      assert.equal(app.lineOf(other), undefined);
    }
  });

  it('carries a line to everybody in the room, and to nobody else', async () => {
    await using webapp = await startWebapp(folder);
    const ann = await webapp.connect('kitchen');
    const bob = await webapp.connect('kitchen');
    const eve = await webapp.connect('cellar');
    ann.send('not a line');
    for (const [from, name] of [
      [ann, 'Ann'],
      [bob, 'Bob'],
    ] as const) {
      from.send({ name, text: 'hi' });
      for (const client of [ann, bob]) {
        assert.deepEqual(JSON.parse(await client.next()), { name, text: 'hi' });
      }
    }
    eve.send({ name: 'Eve', text: 'alone' });
    assert.equal(JSON.parse(await eve.next()).name, 'Eve');
  });
});
