import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { createLogger, type Logger, PeerLogLimits } from '../../src/base/index.ts';
import { startServer } from '../../src/startServer.ts';
import { ManualClock } from '../server/support/ManualClock.ts';
import { freePorts, ServerFolder, type ServerPorts } from '../support/ServerProcess.ts';

type Line = Readonly<Record<string, unknown>> & { readonly msg: string };

/** A logger of the real kind whose lines can be read. */
class Log {
  readonly lines: Line[] = [];
  readonly clock = new ManualClock();
  readonly logger: Logger;

  constructor(limits: Partial<PeerLogLimits> = {}) {
    const destination = new Writable({
      write: (text: Buffer, _encoding, done) => {
        this.lines.push(JSON.parse(String(text)) as Line);
        done();
      },
    });
    this.logger = createLogger({ format: 'json', destination, clock: this.clock });
    const bean = Object.assign(new PeerLogLimits(), limits, { logger: this.logger });
    bean.afterPropertiesSet();
  }

  /** What was written, the summaries of an interval that ends now included. */
  async atEndOfInterval(): Promise<string[]> {
    await this.clock.advance(10_000);
    return this.lines.map(({ msg, peer }) => (typeof peer === 'string' ? `${msg}: ${peer}` : msg));
  }
}

/** Says something wrong and waits until the server has closed. */
async function abuse(port: number, bytes: Buffer | string, localAddress: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  socket.on('error', () => {});
  socket.resume();
  socket.write(bytes);
  await once(socket, 'close');
}

const UPGRADE =
  'GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** Rubbish for each protocol and port that logs it. */
const ABUSES: readonly [keyof ServerPorts, Buffer | string][] = [
  ['rtmp', Buffer.of(6)],
  ['rtmp', Buffer.of(3, ...Buffer.alloc(2 * 1536), 0x43, ...Buffer.alloc(11))],
  ['http', Buffer.of(0xff)],
  ['ws', 'GARBAGE\r\n\r\n'],
  ['ws', Buffer.concat([Buffer.from(UPGRADE), Buffer.of(0x81, 1, 0x61)])],
];

describe('PeerLogLimits', () => {
  it('counts what one peer does wrong over all protocols, and says how much more there was', async () => {
    await using folder = await ServerFolder.create();
    const file = folder.file('conf/red5.yaml');
    const config = await readFile(file, 'utf8');
    await writeFile(file, config.replace('maxLinesPerPeer: 30', 'maxLinesPerPeer: 7'));
    const ports = await freePorts();
    const log = new Log();
    await using _server = await startServer({
      root: folder.path,
      systemProperties: Object.fromEntries(
        Object.entries(ports).map(([name, port]) => [`${name}.port`, String(port)]),
      ),
      logger: log.logger,
    });
    const before = log.lines.length;
    for (let i = 0; i < 20; i++) {
      await Promise.all(ABUSES.map(([name, rubbish]) => abuse(ports[name], rubbish, '127.0.0.1')));
    }
    const about = log.lines.slice(before);
    assert.equal(about.length, 7);
    assert.ok(about.every(({ remoteAddress }) => remoteAddress === '127.0.0.1'));
    const kinds = new Set(about.map(({ msg }) => msg));
    assert.equal(kinds.size, ABUSES.length, 'each kind of rubbish has its line');

    await abuse(ports.rtmp, Buffer.of(6), '127.0.0.2');
    assert.equal(log.lines.at(-1)?.['remoteAddress'], '127.0.0.2', 'another peer is still heard');

    const lines = await log.atEndOfInterval();
    assert.equal(lines.at(-1), '93 more lines about this peer in the last 10 s: 127.0.0.1');
    await abuse(ports.rtmp, Buffer.of(6), '127.0.0.1');
    assert.equal(log.lines.at(-1)?.['remoteAddress'], '127.0.0.1', 'the next interval is new');
  });

  it('writes everything that is not about a peer', async () => {
    const log = new Log({ maxLines: 1 });
    for (let i = 0; i < 50; i++) log.logger.child('chat').info('said', { scope: '/chat' });
    assert.equal((await log.atEndOfInterval()).length, 50);
  });

  it('limits what all peers cause together, and names those that caused most', async () => {
    const log = new Log({ maxLines: 4, maxLinesPerPeer: 2 });
    for (let peer = 1; peer <= 9; peer++) {
      for (let i = 0; i < peer; i++) log.logger.warn('x', { remoteAddress: `10.0.0.${peer}` });
    }
    assert.deepEqual(await log.atEndOfInterval(), [
      ...Array<string>(4).fill('x'),
      '9 more lines about this peer in the last 10 s: 10.0.0.9',
      '8 more lines about this peer in the last 10 s: 10.0.0.8',
      '7 more lines about this peer in the last 10 s: 10.0.0.7',
      '6 more lines about this peer in the last 10 s: 10.0.0.6',
      '5 more lines about this peer in the last 10 s: 10.0.0.5',
      '6 more lines about other peers in the last 10 s',
    ]);
  });

  it('lets peers share one count when there are more than it keeps', async () => {
    const log = new Log({ maxPeers: 2, maxLinesPerPeer: 1 });
    for (let peer = 1; peer <= 5; peer++) log.logger.info('x', { remoteAddress: `10.0.0.${peer}` });
    assert.deepEqual(await log.atEndOfInterval(), [
      ...Array<string>(3).fill('x'),
      '2 more lines about other peers in the last 10 s',
    ]);
  });

  it('counts a connection by its session where nothing says its address', async () => {
    const log = new Log({ maxLinesPerPeer: 1 });
    for (let i = 0; i < 2; i++) log.logger.error('x', { session: 'abc' });
    assert.deepEqual(await log.atEndOfInterval(), [
      'x',
      '1 more line about this peer in the last 10 s: abc',
    ]);
  });

  it('shares one count among all loggers of one root', async () => {
    const log = new Log({ maxLinesPerPeer: 1 });
    const fields = { remoteAddress: '10.0.0.1' };
    log.logger.child('rtmp').info('x', fields);
    log.logger.child('http').child('sse').info('y', fields);
    assert.equal((await log.atEndOfInterval())[0], 'x');
    assert.equal(log.lines.length, 2);
  });

  it('does not count what the level leaves out', async () => {
    const log = new Log({ maxLinesPerPeer: 1 });
    for (let i = 0; i < 5; i++) log.logger.debug('x', { remoteAddress: '10.0.0.1' });
    assert.deepEqual(await log.atEndOfInterval(), []);
    assert.equal(log.clock.pending, 0);
  });
});
