import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { MultiThreadedApplicationAdapter } from '../../../src/server/index.ts';
import { message } from './RawClient.ts';
import { startRTMP } from './startRTMP.ts';
import { amf0 } from './wireValues.ts';

class SlowToDecide extends MultiThreadedApplicationAdapter {
  static readonly remoteMethods = ['keep'];
  readonly lengths: number[] = [];
  decide: (said: boolean) => void = () => undefined;
  readonly #decided = new Promise<boolean>((resolve) => {
    this.decide = resolve;
  });

  override async appConnect(): Promise<boolean> {
    return await this.#decided;
  }

  keep(text: string): void {
    this.lengths.push(text.length);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

describe('what a client sends before its connect was answered', () => {
  it('is read only until a little of it is held, and all of it afterwards', async () => {
    const handler = new SlowToDecide();
    await using rtmp = await startRTMP({ handler });
    using _decided = { [Symbol.dispose]: () => handler.decide(true) };
    const stream = new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() });
    const handshake = Buffer.alloc(3073);
    handshake[0] = 3;
    const peer = { remoteAddress: '127.0.0.1', remotePort: 1, secure: false };
    rtmp.plugin.accept(stream, peer, handshake);
    const object = { app: 'chat', tcUrl: 'rtmp://localhost/chat' };
    stream.push(message(20, amf0('connect', 1, object)));
    await turn();
    const call = message(20, amf0('keep', 2, null, 'x'.repeat(60_000)));
    let sent = 0;
    while (!stream.isPaused() && sent < 30) {
      stream.push(call);
      sent += 1;
      await turn();
    }
    assert.equal(sent, 2, 'messages of 60,000 bytes');
    handler.decide(true);
    for (let i = 0; i < 5 && handler.lengths.length < sent; i++) await turn();
    assert.deepEqual(handler.lengths, [60_000, 60_000]);
    assert.equal(stream.isPaused(), false);
    stream.destroy();
  });
});
