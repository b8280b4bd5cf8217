import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JSONProtocol } from '../../../../src/plugins/websocket/json/JSONProtocol.ts';
import type { Session, SessionConnection } from '../../../../src/plugins/websocket/json/Session.ts';
import { Sessions } from '../../../../src/plugins/websocket/json/Sessions.ts';
import { ManualClock } from '../../../server/support/ManualClock.ts';

class Peer implements SessionConnection {
  readonly texts: string[] = [];
  isReplaced = false;

  sendText(text: string): void {
    this.texts.push(text);
  }

  replaced(): void {
    this.isReplaced = true;
  }
}

function prepare(limits: Partial<JSONProtocol> = {}): { sessions: Sessions; clock: ManualClock } {
  const clock = new ManualClock();
  return { sessions: new Sessions(Object.assign(new JSONProtocol(), limits), clock), clock };
}

describe('sessions', () => {
  it('outlive their connection for a while, which begins anew each time', async () => {
    const { sessions, clock } = prepare({ sessionTimeoutMs: 1000 });
    let peer = new Peer();
    const { session } = sessions.join(peer, '/a', undefined);
    for (let round = 0; round < 3; round += 1) {
      sessions.left(session, peer);
      await clock.advance(999);
      peer = new Peer();
      const again = sessions.join(peer, '/a', session.name);
      assert.equal(again.restored, true);
      assert.equal(again.session, session);
      await clock.advance(5000);
    }
    sessions.left(session, peer);
    await clock.advance(1000);
    assert.equal(sessions.size, 0);
    assert.equal(clock.pending, 0);
    assert.equal(sessions.join(new Peer(), '/a', session.name).restored, false);
  });

  it('belong to the last connection that asked for them', () => {
    const { sessions } = prepare();
    const [first, second] = [new Peer(), new Peer()];
    const { session } = sessions.join(first, '/a', undefined);
    sessions.join(second, '/a', session.name);
    assert.equal(first.isReplaced, true);
    sessions.left(session, first);
    assert.equal(session.begin(1), 'new');
    session.answer(1, 'one');
    assert.deepEqual([first.texts, second.texts], [[], ['one']]);
  });

  it('give way, oldest first, when those without a connection take too much', () => {
    const { sessions, clock } = prepare({ maxIdleSessionBytes: 5000 });
    const left: Session[] = [];
    for (let count = 0; count < 6; count += 1) {
      const peer = new Peer();
      const { session } = sessions.join(peer, '/a', undefined);
      left.push(session);
      sessions.left(session, peer);
    }
    const restored = left.map(({ name }) => sessions.join(new Peer(), '/a', name).restored);
    assert.deepEqual(restored, [false, false, true, true, true, true]);
    assert.equal(clock.pending, 0);
  });

  it('refuse more requests at a time than they remember answers of', () => {
    const { sessions } = prepare({ maxPendingCalls: 2 });
    const peer = new Peer();
    const { session } = sessions.join(peer, '/a', undefined);
    assert.deepEqual(
      [1, 2, 3].map((id) => session.begin(id)),
      ['new', 'new', 'full'],
    );
    session.answer(1, 'one');
    assert.equal(session.begin(3), 'new', 'what was refused may be asked again');
    session.answer(2, 'two');
    session.answer(3, 'three');
    assert.deepEqual(
      [1, 2, 3].map((id) => session.begin(id)),
      ['unknown', 'repeated', 'repeated'],
    );
    assert.deepEqual(peer.texts, ['one', 'two', 'three', 'two', 'three']);
  });

  it('let a request be made again that was not carried out', () => {
    const { sessions } = prepare();
    const { session } = sessions.join(new Peer(), '/a', undefined);
    session.begin(1);
    session.begin(2);
    session.undo(1);
    assert.equal(session.begin(1), 'new');
    assert.equal(session.begin(1), 'repeated');
    assert.equal(session.begin(2), 'repeated');
  });
});
