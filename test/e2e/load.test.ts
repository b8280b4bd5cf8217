import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, it } from 'node:test';
import { ServerFolder, ServerProcess } from '../support/ServerProcess.ts';
import type { LoadFigures, LoadOptions } from './loadClients.ts';

const options: LoadOptions = {
  webSockets: 1000,
  rtmp: 200,
  rooms: 20,
  seconds: 20,
  everyMs: 2000,
};

describe('under load', () => {
  it('1,000 WebSocket and 200 RTMP clients in 20 rooms: nothing lost, doubled or in a wrong room', async (t) => {
    await using folder = await ServerFolder.create();
    await using server = await ServerProcess.start({ folder: folder.path });
    const figures = await runClients(server);
    assert.equal(await server.stop(), 0);
    t.diagnostic(JSON.stringify({ ...options, ...figures }));
    assert.deepEqual(figures.complaints, []);
    const { lost, doubledOrOutOfOrder, inWrongRoom, disconnected } = figures;
    assert.deepEqual(
      { lost, doubledOrOutOfOrder, inWrongRoom, disconnected },
      { lost: 0, doubledOrOutOfOrder: 0, inWrongRoom: 0, disconnected: 0 },
    );
    // Everybody said nearly as many lines as there were pauses, and each reached the 60 of its room, but for an RTMP client's own.
    const members = options.webSockets + options.rtmp;
    assert.ok(figures.sent > (0.9 * members * options.seconds * 1000) / options.everyMs);
    assert.ok(figures.deliveries > figures.sent * (members / options.rooms - 1));
  });
});

async function runClients(server: ServerProcess): Promise<LoadFigures> {
  const clients = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      path.join(import.meta.dirname, 'loadClients.ts'),
      String(server.ports.ws),
      String(server.ports.rtmp),
      JSON.stringify(options),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  let errors = '';
  clients.stdout.on('data', (text) => {
    output += text;
  });
  clients.stderr.on('data', (text) => {
    errors += text;
  });
  const [code] = await once(clients, 'exit');
  assert.equal(code, 0, `${errors}\n${server.log}`);
  return JSON.parse(output) as LoadFigures;
}
