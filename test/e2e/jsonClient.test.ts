import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { Red5Client, type Red5ClientState } from '../../src/client/index.ts';
import { RTMPTestClient } from '../support/rtmp/RTMPTestClient.ts';
import { freePorts, ServerFolder, ServerProcess } from '../support/ServerProcess.ts';
import { WebSocketTestClient } from '../support/WebSocketTestClient.ts';

describe('a JSON client in the chat', () => {
  it('is in one room with RTMP and classic WebSocket clients, and finds back after a restart', async () => {
    await using folder = await ServerFolder.create();
    const ports = await freePorts();
    const before = await ServerProcess.start({ folder: folder.path, ports });
    const address = `ws://127.0.0.1:${ports.ws}/chat/room1`;
    const client = new Red5Client(address, { WebSocket, minRetryMs: 20, maxRetryMs: 200 });
    try {
      await client.join();
      const chat = await client.use('chat');
      const seen: unknown[] = [];
      chat.onChange((changes, origin) => {
        for (const { key, value } of changes) seen.push([origin, key, value]);
      });
      await using flash = await RTMPTestClient.join(ports.rtmp, 'chat/room1');
      const shared = flash.sharedObject('chat');
      await shared.use();
      const classic = await WebSocketTestClient.open(address, { protocols: ['chat'] });

      await chat.set('message', 'hello from JSON');
      await shared.batches.atLeast(2);
      assert.ok(shared.changesOf('message').includes('hello from JSON'));
      await classic.texts.first((text) => text.includes('hello from JSON'));
      shared.set('message', 'hello from RTMP');
      while (chat.get('message') !== 'hello from RTMP') await changed(chat);
      assert.deepEqual(seen, [
        ['step', 'message', 'hello from JSON'],
        ['step', 'message', 'hello from RTMP'],
      ]);

      await before.stop();
      await state(client, 'waiting');
      await using after = await ServerProcess.start({ folder: folder.path, ports });
      await state(client, 'joined');
      await chat.set('message', 'still here');
      assert.equal(chat.get('message'), 'still here');
      client.leave();
      await after.stop();
    } finally {
      client.leave();
    }
  });
});

function changed(so: { onChange(listener: () => void): () => void }): Promise<void> {
  return new Promise((resolve) => {
    const end = so.onChange(() => {
      end();
      resolve();
    });
  });
}

async function state(client: Red5Client, wanted: Red5ClientState): Promise<void> {
  while (client.state !== wanted) {
    await new Promise<void>((resolve) => {
      const end = client.onState(() => {
        end();
        resolve();
      });
    });
  }
}
