import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  LMDBStore,
  MemoryStore,
  type Scope,
  type ScopeHandler,
  type SharedObject,
  type Store,
} from '../../../src/server/index.ts';
import { settle } from '../support/ManualClock.ts';
import { startTestServer } from '../support/testServer.ts';

describe('persistent shared objects on disk', () => {
  it('survive a restart, whatever their names, and need no file of their own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'red5-so-'));
    const names = ['../../evil', 'a/b', 'nul\0', '..', 'x'.repeat(256)];
    const configure = (application: { setServletContext(context: object): void }): void =>
      application.setServletContext({ name: 'chat', folder, isPrivate: () => false });
    for (const round of [1, 2]) {
      await using s = await startTestServer({ configure: configure as never });
      const a = await s.connect('chat/room');
      for (const name of names) {
        await a.ask(s.server, name, [{ type: 'use' }], true);
        if (round === 1) {
          await a.ask(s.server, name, [{ type: 'change', key: name, value: { name } }], true);
        } else {
          const room = a.scope as Scope;
          const so = s.server.sharedObjects.getSharedObject(room, name) as SharedObject;
          assert.deepEqual(so.getAttribute(name), { name });
        }
      }
      while (round === 1 && a.batches.length < 2 * names.length) await settle();
    }
    assert.deepEqual(await readdir(folder), ['persistence']);
    assert.deepEqual((await readdir(join(folder, 'persistence'))).sort(), ['data.mdb', 'lock.mdb']);
    await rm(folder, { recursive: true, force: true });
  });

  it('are not made when the store cannot be read', async () => {
    await using s = await startTestServer({
      configure: (application) => {
        application.store = new LMDBStore('/dev/null/nowhere');
      },
    });
    const a = await s.connect();
    await a.ask(s.server, 's', [{ type: 'use' }], true);
    assert.deepEqual(a.take(), ['v0 status SharedObject.ObjectCreationFailed error']);
    assert.equal(s.server.sharedObjects.hasSharedObject(s.application, 's'), false);
  });

  it('do not keep attributes that have an end', async () => {
    const store = new MemoryStore();
    await using s = await startTestServer({
      configure: (application) => {
        application.store = store;
      },
    });
    const so = s.server.sharedObjects.getSharedObject(s.application, 's', true) as SharedObject;
    so.setAttribute('k', 1);
    so.setAttribute('l', 1);
    so.setAttribute('k', 2, { ttlMs: 1000 });
    assert.deepEqual(store.read('so:/chat\ns'), new Map([['l', 1]]));
  });
});

describe('persistent attributes of scopes', () => {
  /** A store that answers by promises. */
  class RemoteStore implements Store {
    readonly #store = new MemoryStore();
    writes = 0;
    async read(collection: string): Promise<ReadonlyMap<string, unknown>> {
      await settle();
      return this.#store.read(collection);
    }
    async write(collection: string, changes: ReadonlyMap<string, unknown>): Promise<void> {
      await settle();
      this.writes += 1;
      this.#store.write(collection, changes);
    }
    async clear(collection: string): Promise<void> {
      this.#store.clear(collection);
    }
    async list(prefix: string): Promise<readonly string[]> {
      return this.#store.list(prefix);
    }
    close(): void {}
  }

  const handler: ScopeHandler = {
    async start(scope) {
      await scope.persistAttributes();
      return true;
    },
  };

  for (const store of [new MemoryStore(), new RemoteStore()]) {
    it(`come back with the application and with the room, from a ${store.constructor.name}`, async () => {
      for (const round of [1, 2]) {
        await using s = await startTestServer({
          handler,
          configure: (application) => {
            application.store = store;
            application.persistent = true;
          },
        });
        const a = await s.connect('chat/r');
        const room = s.application.getChildScope('r') as Scope;
        assert.equal(room.persistent, true);
        if (round === 1) {
          s.application.setAttribute('topic', 'hi');
          room.setAttributes({ open: true, list: [1], _transientX: 1, gone: 1 });
          room.removeAttribute('gone');
          await room.attributesStored();
          await s.application.attributesStored();
          room.setAttribute('last', 1);
          await s.server.disconnect(a);
          continue;
        }
        assert.deepEqual([...s.application.attributes], [['topic', 'hi']]);
        const stored = new Map(room.attributes);
        assert.deepEqual(
          stored,
          new Map<string, unknown>([
            ['open', true],
            ['list', [1]],
            ['last', 1],
          ]),
        );
      }
    });
  }

  it('are stored together when they change together, and not at all by default', async () => {
    const store = new RemoteStore();
    await using s = await startTestServer({
      configure: (application) => {
        application.store = store;
      },
    });
    s.application.setAttribute('before', 1);
    await s.application.attributesStored();
    assert.equal(store.writes, 0);
    await s.application.persistAttributes();
    s.application.setAttributes({ a: 1, b: 2 });
    await s.application.attributesStored();
    assert.equal(store.writes, 1);
    assert.equal((await store.read('scope:/chat')).size, 3);
  });
});
