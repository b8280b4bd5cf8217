import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestConnection } from '../support/TestConnection.ts';
import { RecordingAdapter, startTestServer } from '../support/testServer.ts';

class SilentConnection extends TestConnection {
  silentSince = Number.POSITIVE_INFINITY;

  override isGhost(now: number): boolean {
    return now >= this.silentSince;
  }
}

describe('GhostDetector', () => {
  it('closes ghosts, and takes them out when their protocol does not', async () => {
    const handler = new RecordingAdapter();
    await using s = await startTestServer({ handler });
    const heard: unknown[] = [];
    s.server.addConnectionListener({ ghostDetected: (connection) => heard.push(connection) });
    s.server.start();
    s.server.start();
    const ghost = new SilentConnection('chat/r');
    await s.server.connect(ghost);
    const alive = await s.connect('chat/r');
    await s.clock.advance(60_000);
    assert.deepEqual(heard, []);
    ghost.silentSince = s.clock.now();
    handler.take();
    await s.clock.advance(15_000);
    assert.deepEqual(heard, [ghost]);
    assert.deepEqual(ghost.closings, [{ kind: 'normal' }]);
    assert.deepEqual(handler.take(), []);
    await s.clock.advance(15_000);
    assert.deepEqual(handler.take(), [
      'roomDisconnect',
      'roomLeave /chat/r',
      'appDisconnect',
      'appLeave /chat',
    ]);
    assert.equal(ghost.closings.length, 1);
    assert.equal(alive.isConnected, true);
    assert.equal(s.server.connections.size, 1);
  });

  it('does nothing when its interval is 0', async () => {
    await using s = await startTestServer();
    s.server.ghostCheckIntervalMs = 0;
    s.server.start();
    assert.equal(s.clock.pending, 0);
  });
});
