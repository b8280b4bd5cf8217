import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { RTMPTestClient } from '../support/rtmp/RTMPTestClient.ts';
import { ServerFolder, ServerProcess } from '../support/ServerProcess.ts';

const program = path.resolve(import.meta.dirname, '../../dist/main.js');

/** `red5 so import …`. */
function importInto(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [program, 'so', 'import', ...args],
    { encoding: 'utf8' },
  );
  return { code: status, stdout, stderr };
}

/** An AMF0 text without its marker: two bytes of length, then the text. */
function short(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

/** What Red5 writes to disk for an object with one attribute, a text. */
function red5File(name: string, key: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.of(0x02),
    short('org.red5.server.so.SharedObject'),
    Buffer.of(0x02),
    short(name),
    Buffer.of(0x08, 0, 0, 0, 1),
    short(key),
    Buffer.of(0x02),
    short(value),
    Buffer.of(0, 0, 9),
  ]);
}

describe('red5 so import', () => {
  it('brings what Red5 kept to the clients that use it', async () => {
    await using folder = await ServerFolder.create();
    const room = folder.file('red5-persistence/SHARED_OBJECT/chat/room1');
    await mkdir(room, { recursive: true });
    await writeFile(path.join(room, 'board.red5'), red5File('board', 'topic', 'moved from Red5'));
    await writeFile(path.join(room, 'broken.red5'), Buffer.of(1, 2, 3));
    const from = folder.file('red5-persistence');
    const { code, stderr } = importInto(folder.file('webapps/chat'), '--from', from);
    assert.equal(code, 2, 'one of the files is broken');
    assert.match(
      stderr,
      /^imported {2}chat\/room1\/board\.red5: "board" of \/chat\/room1, 1 attr/m,
    );
    assert.match(stderr, /^left out {2}chat\/room1\/broken\.red5: /m);

    await using server = await ServerProcess.start({ folder: folder.path });
    await using client = await RTMPTestClient.join(server.ports.rtmp, 'chat/room1');
    const { events } = await client.sharedObject('board', true).use();
    assert.deepEqual(
      events.map(({ event }) => event),
      ['USE_SUCCESS', 'CHANGE'],
    );
    assert.deepEqual(client.sharedObject('board', true).changesOf('topic'), ['moved from Red5']);
    assert.equal(await server.stop(), 0);
  });

  it('leaves a webapp alone that runs', async () => {
    await using folder = await ServerFolder.create();
    const from = folder.file('red5-persistence');
    await mkdir(path.join(from, 'SHARED_OBJECT/chat'), { recursive: true });
    await using server = await ServerProcess.start({ folder: folder.path });
    const { code, stderr } = importInto(folder.file('webapps/chat'), '--from', from);
    assert.equal(code, 1);
    assert.match(stderr, /webapp ".*chat" runs; stop its server first/);
    assert.equal(await server.stop(), 0);
    assert.equal(importInto(folder.file('webapps/chat'), '--from', from).code, 0);
  });

  it('says where it looked when there is nothing to import', async () => {
    await using folder = await ServerFolder.create();
    const { code, stderr } = importInto(folder.file('webapps/chat'));
    assert.equal(code, 2);
    assert.match(stderr, /SHARED_OBJECT.*--from/);
    assert.equal(importInto(folder.file('webapps/nothing')).code, 2);
  });
});
