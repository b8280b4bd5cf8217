import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  MultiThreadedApplicationAdapter,
  RoomSharedObjects,
  type Scope,
  type SharedObject,
} from '../../../src/server/index.ts';
import type { TestConnection } from '../support/TestConnection.ts';
import { startTestServer, type TestServer } from '../support/testServer.ts';

/** A server whose application keeps the objects `chat`, and what their listeners heard: `/chat/room x=1`. */
interface Rooms extends AsyncDisposable {
  readonly s: TestServer;
  readonly objects: RoomSharedObjects;
  readonly heard: string[];
  /** The object of a place; undefined when there is none. */
  find(scope: Scope | undefined): SharedObject | undefined;
  leave(connection: TestConnection): Promise<void>;
}

async function startRooms(): Promise<Rooms> {
  const heard: string[] = [];
  const objects = new RoomSharedObjects({
    name: 'chat',
    listen: (so, scope) => {
      so.setAlwaysNotify('x');
      return {
        onSharedObjectUpdate: (_so, key, value) => heard.push(`${scope.fullPath} ${key}=${value}`),
      };
    },
  });
  const handler = new MultiThreadedApplicationAdapter();
  handler.addListener(objects);
  const s = await startTestServer({ handler });
  return {
    s,
    objects,
    heard,
    find: (scope) => scope && s.server.sharedObjects.getSharedObject(scope, 'chat'),
    leave: async (connection) => {
      await s.server.disconnect(connection);
      await s.clock.advance(1_000);
    },
    [Symbol.asyncDispose]: () => s[Symbol.asyncDispose](),
  };
}

describe('RoomSharedObjects', () => {
  it('keeps an object in the application and in each room on the way, and listens to it', async () => {
    await using rooms = await startRooms();
    await rooms.s.connect('chat/room/inner');
    const { application } = rooms.s;
    const room = application.getChildScope('room');
    for (const scope of [application, room, room?.getChildScope('inner')]) {
      assert.equal(rooms.find(scope)?.isAcquired, true, scope?.fullPath);
      assert.equal(scope && rooms.objects.get(scope), rooms.find(scope));
      rooms.find(scope)?.setAttribute('x', 1);
      rooms.find(scope)?.setAttribute('x', 1);
    }
    const paths = ['/chat', '/chat', '/chat/room', '/chat/room', '/chat/room/inner'];
    assert.deepEqual(
      rooms.heard.slice(0, 5),
      paths.map((path) => `${path} x=1`),
    );
  });

  it('keeps the object of a room until the last client has left, and then the room goes', async () => {
    await using rooms = await startRooms();
    const ann = await rooms.s.connect('chat/room');
    const bob = await rooms.s.connect('chat/room');
    const so = rooms.find(rooms.s.application.getChildScope('room'));
    await rooms.leave(ann);
    assert.equal(so?.isAcquired, true);
    await rooms.leave(bob);
    assert.equal(so.isClosed, true);
    assert.equal(rooms.s.application.getChildScope('room'), undefined);
    assert.equal(rooms.objects.get(so.scope), undefined);
  });

  it('keeps the object while clients are there that do not subscribe', async () => {
    await using rooms = await startRooms();
    await rooms.s.connect('chat/room');
    const rtmp = await rooms.s.connect('chat/room');
    await rtmp.ask(rooms.s.server, 'chat', [{ type: 'use' }]);
    await rooms.leave(rtmp);
    await rooms.s.clock.advance(60_000);
    rooms.find(rooms.s.application.getChildScope('room'))?.setAttribute('x', 2);
    assert.deepEqual(rooms.heard, ['/chat/room x=2']);
  });

  it('gives code the object of a room where nobody is, and releases it afterwards, also when the code throws', async () => {
    await using rooms = await startRooms();
    const { application } = rooms.s;
    application.createChildScope('room');
    const room = application.getChildScope('room') as Scope;
    let used: SharedObject | undefined;
    rooms.objects.use(room, (so) => {
      used = so;
      assert.equal(so.isAcquired, true);
      so.setAttribute('x', 3);
    });
    assert.equal(used?.isAcquired, false);
    assert.deepEqual(rooms.heard, ['/chat/room x=3']);
    assert.throws(
      () =>
        rooms.objects.use(room, (so) => {
          used = so;
          throw new Error('of the code');
        }),
      /of the code/,
    );
    assert.equal(used.isAcquired, false);
    assert.equal(rooms.objects.get(room), undefined);
  });

  it('does not release what clients need when code has used it', async () => {
    await using rooms = await startRooms();
    await rooms.s.connect('chat/room');
    const room = rooms.s.application.getChildScope('room') as Scope;
    rooms.objects.use(room, (so) => so.setAttribute('x', 4));
    assert.equal(rooms.objects.get(room)?.isAcquired, true);
  });

  it('refuses clients of a room in which the object cannot be made', async () => {
    await using rooms = await startRooms();
    rooms.s.server.sharedObjects.limits.maxObjectsPerScope = 0;
    await assert.rejects(rooms.s.connect('chat/room'), /refused/);
    assert.equal(rooms.s.server.connections.size, 0);
    assert.equal(rooms.s.application.getChildScope('room'), undefined);
  });
});
