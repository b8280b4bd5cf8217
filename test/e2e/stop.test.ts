import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { RTMPTestClient } from '../support/rtmp/RTMPTestClient.ts';
import { ServerFolder, ServerProcess } from '../support/ServerProcess.ts';
import { addProbe, beanFileForms } from '../support/TestWebapps.ts';
import { WebSocketTestClient } from '../support/WebSocketTestClient.ts';

describe('Ctrl-C', () => {
  it('during traffic closes every WebSocket with 1001, stops each application once and ends the process', async () => {
    await using folder = await ServerFolder.create();
    await addProbe(folder, beanFileForms[0]);
    await using server = await ServerProcess.start({
      folder: folder.path,
      args: [`-Dprobe.file=${folder.file('probe.log')}`],
    });
    const sockets: WebSocketTestClient[] = [];
    const rtmp: RTMPTestClient[] = [];
    for (let number = 0; number < 20; number++) {
      const room = `room${number % 4}`;
      sockets.push(await WebSocketTestClient.open(server.wsURL(`/chat/${room}`)));
      sockets.push(await WebSocketTestClient.open(server.wsURL(`/probe/${room}`)));
      const client = await RTMPTestClient.join(server.ports.rtmp, `chat/${room}`);
      await client.sharedObject('chat').use();
      rtmp.push(client);
    }
    // Things that are only half there must not hold the process either.
    await using unfinished = await RTMPTestClient.open(server.ports.rtmp);

    let sent = 0;
    const traffic = setInterval(() => {
      for (const client of sockets) client.send(`line ${++sent}`);
      for (const client of rtmp) client.sharedObject('chat').set('message', `line ${++sent}`);
    }, 5);
    try {
      await sockets[0]?.texts.atLeast(200);
      const code = await server.stop();
      assert.equal(code, 0, server.log);
    } finally {
      clearInterval(traffic);
    }

    for (const client of sockets) assert.equal((await client.closed).code, 1001);
    for (const client of [...rtmp, unfinished]) await client.closed;
    const events = (await readFile(folder.file('probe.log'), 'utf8')).trim().split('\n');
    assert.equal(events.filter((line) => line === 'appStop probe').length, 1);
    assert.equal(events.filter((line) => line.startsWith('onWSDisconnect')).length, 20);
    assert.equal(events.filter((line) => line.startsWith('roomStop')).length, 4);
    assert.equal(events.at(-1), 'appStop probe');
    // What a forgotten timer, socket or listener keeps alive is cut off by the process itself, which says so and ends with 1.
    assert.doesNotMatch(server.log, /still open|unhandled|TypeError|ERROR/i);
  });

  it('right after the start ends the process as well', async () => {
    await using folder = await ServerFolder.create();
    await using server = await ServerProcess.start({ folder: folder.path });
    assert.equal(await server.stop(), 0, server.log);
  });
});

describe('a port in use', () => {
  it('gives one clear line and exit code 1', async () => {
    await using folder = await ServerFolder.create();
    await using first = await ServerProcess.start({ folder: folder.path });
    await using second = await ServerProcess.spawn({ folder: folder.path, ports: first.ports });
    assert.equal(await second.exited(), 1);
    const complaints = second.log
      .split('\n')
      .filter((line) => /in use|EADDRINUSE|PORT_IN_USE/.test(line));
    assert.equal(complaints.length, 1, second.log);
    assert.match(complaints[0] ?? '', new RegExp(String(first.ports.http)));
    assert.doesNotMatch(second.log, /^\s+at /m);
  });
});
