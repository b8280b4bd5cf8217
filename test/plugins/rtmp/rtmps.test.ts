import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { connect } from 'node:tls';
import { MultiThreadedApplicationAdapter } from '../../../src/server/index.ts';
import { RawClient, set, USE } from './RawClient.ts';
import { startRTMP } from './startRTMP.ts';

describe('RTMPS', () => {
  it('is RTMP inside TLS, in the same scopes, and known as secure', async () => {
    const secure: boolean[] = [];
    class App extends MultiThreadedApplicationAdapter {
      override appConnect(connection: { readonly secure: boolean }): boolean {
        secure.push(connection.secure);
        return true;
      }
    }
    await using rtmp = await startRTMP({ handler: new App() });
    const socket = connect({ port: rtmp.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const inside = new RawClient(socket);
    inside.shake();
    inside.connect('chat/room1');
    assert.equal((await inside.command())[0], '_result');
    const outside = await RawClient.connected(rtmp.port, 'chat/room1');
    outside.so('s', USE);
    await outside.sharedObject();
    inside.so('s', USE, set('x', 1));
    assert.deepEqual((await outside.sharedObject()).events, [[4, 'x', 1]]);
    assert.deepEqual(secure, [true, false]);
    await inside.close();
    await outside.close();
  });
});
