import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import * as publicAPI from '../../src/index.ts';
import { standardClasses } from '../../src/standard.ts';
import { startServer } from '../../src/startServer.ts';
import { MemoryLogger } from '../support/serverFiles.ts';

const repository = path.resolve(import.meta.dirname, '../..');
const { dependencies } = JSON.parse(
  readFileSync(path.join(repository, 'package.json'), 'utf8'),
) as { dependencies: Record<string, string> };

describe('what ships', () => {
  it('starts with every webapp, without a warning or error', async () => {
    const logger = new MemoryLogger();
    await using server = await startServer({
      root: repository,
      systemProperties: { 'http.port': '0', 'rtmp.port': '0', 'ws.port': '0' },
      logger,
    });
    const folders = readdirSync(path.join(repository, 'webapps'));
    assert.ok(folders.length > 0);
    assert.deepEqual(
      server.applications.map(({ name }) => name),
      folders.toSorted(),
    );
    assert.deepEqual(
      logger.lines.filter((line) => !line.startsWith('info')),
      [],
    );
  });

  it('opens https and rtmps with the profile tls', async () => {
    const logger = new MemoryLogger();
    await using server = await startServer({
      root: repository,
      systemProperties: {
        'http.port': '0',
        'rtmp.port': '0',
        'ws.port': '0',
        'https.port': '0',
        'rtmps.port': '0',
        'spring.profiles.active': 'tls',
        'tls.selfSigned': 'true',
      },
      logger,
    });
    const https = server.addresses.find(({ transport }) => transport === 'https');
    assert.deepEqual(https?.urls, [
      `https://localhost:${https?.port}/`,
      `rtmps://localhost:${https?.port}/`,
    ]);
    assert.ok(server.addresses.some(({ transport }) => transport === 'rtmps'));
    assert.deepEqual(
      logger.lines.filter((line) => line.startsWith('error')),
      [],
    );
  });

  it('takes the Java names of what Red5 webapps use', () => {
    const names = new Set(standardClasses().names());
    for (const name of [
      'org.red5.server.Context',
      'org.red5.server.scope.WebScope',
      'org.red5.server.scope.GlobalScope',
      'org.red5.server.adapter.MultiThreadedApplicationAdapter',
      'org.red5.server.adapter.ApplicationAdapter',
      'org.red5.net.websocket.WebSocketPlugin',
      'org.red5.net.websocket.WebSocketScope',
      'org.red5.net.websocket.listener.DefaultWebSocketDataListener',
      'org.red5.demos.chat.Application',
      'org.red5.demos.chat.Router',
      'org.red5.demos.chat.WebSocketChatDataListener',
    ]) {
      assert.ok(names.has(name), name);
    }
  });

  it('offers each class of a bean file to webapp code as well, unless it is the chat or a protocol of its own', () => {
    const offered = new Set<unknown>(Object.values(publicAPI));
    const registry = standardClasses();
    const missing = registry
      .names()
      .filter((name) => !name.startsWith('org.') && !name.startsWith('chat.'))
      .filter((name) => !offered.has(registry.find(name)?.class));
    assert.deepEqual(missing.toSorted(), [
      'EventLoopWatch',
      'HTTPPlugin',
      'RTMPHandler',
      'RTMPPlugin',
      'RTMPTHandler',
      'TLSHandler',
    ]);
  });

  it('depends at run time on nothing that the decision record does not explain', () => {
    const record = readFileSync(
      path.join(repository, 'docs/decisions/0183-run-time-dependencies.md'),
      'utf8',
    );
    const explained = [...record.matchAll(/^\| ((?:`[\w/@-]+`(?:, )?)+) \|/gm)].flatMap(
      ([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    );
    assert.deepEqual(explained.toSorted(), Object.keys(dependencies).toSorted());
  });
});
