import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { before, describe, it } from 'node:test';
import { RawClient, type ReceivedEvent, readSharedObject } from './RawClient.ts';
import { startRTMP } from './startRTMP.ts';
import { type Received, WireChunks } from './WireChunks.ts';
import { readAll } from './wireValues.ts';

// What a client library and a stock Red5 said to each other. It lies beside the repository and is not part of it.
const FILE = new URL('../../../../shared/captures/shared-object-basic.jsonl', import.meta.url);
const HANDSHAKE_BYTES = 1 + 2 * 1536;
const QUIET_MS = 30;

interface Line {
  readonly conn: number;
  readonly dir: 'client' | 'server';
  readonly hex?: string;
}

function readLines(): Line[] {
  return readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** What the old server answered to one client. */
function recorded(lines: readonly Line[], conn: number): Received[] {
  const bytes = lines
    .filter((line) => line.conn === conn && line.dir === 'server')
    .map((line) => Buffer.from(line.hex ?? '', 'hex'));
  return new WireChunks().push(Buffer.concat(bytes).subarray(HANDSHAKE_BYTES));
}

/** Sends what the clients sent, in the order they did, and returns what this server answers to each. */
async function replay(lines: readonly Line[]): Promise<Map<number, RawClient>> {
  await using rtmp = await startRTMP();
  const clients = new Map<number, RawClient>();
  for (const { conn, dir, hex } of lines) {
    if (dir !== 'client' || hex === undefined) continue;
    let client = clients.get(conn);
    if (client === undefined) {
      client = new RawClient(connect(rtmp.port, '127.0.0.1'));
      clients.set(conn, client);
    }
    client.stream.write(Buffer.from(hex, 'hex'));
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
  for (const client of clients.values()) await client.close();
  return clients;
}

function events(messages: readonly Received[]): ReceivedEvent[] {
  return messages.filter((m) => m.type === 19).flatMap((m) => readSharedObject(m).events);
}

function commands(messages: readonly Received[]): unknown[][] {
  return messages.filter((m) => m.type === 20).map((m) => readAll(m.payload));
}

describe('the recorded conversation with a Red5 1.0.10', { skip: !existsSync(FILE) }, () => {
  let lines: Line[] = [];
  let ours = new Map<number, RawClient>();

  before(async () => {
    lines = readLines();
    ours = await replay(lines);
  });

  function answers(conn: number): readonly Received[] {
    return (ours.get(conn) as RawClient).received;
  }

  it('has the same order of control messages before the answer to connect', () => {
    for (const conn of [1, 2]) {
      const order = (messages: readonly Received[]) => messages.slice(0, 4).map((m) => m.type);
      assert.deepEqual(order(answers(conn)), order(recorded(lines, conn)));
    }
  });

  it('accepts with the same code and transaction', () => {
    for (const conn of [1, 2]) {
      const success = (messages: readonly Received[]) => {
        const [name, transaction, , info] = commands(messages)[0] as [string, number, null, object];
        return [name, transaction, (info as Readonly<Record<string, unknown>>)['code']];
      };
      assert.deepEqual(success(answers(conn)), success(recorded(lines, conn)));
    }
  });

  it('has the same shared-object events for the client that wrote most', () => {
    assert.deepEqual(events(answers(2)), events(recorded(lines, 2)));
  });

  it('has the same shared-object events for the other client, but for the change that changed nothing (rule 4)', () => {
    const seen: string[] = [];
    const expected = events(recorded(lines, 1)).filter((event) => {
      const text = JSON.stringify(event);
      const again = event[0] === 4 && event[1] === 'n' && seen.includes(text);
      seen.push(text);
      return !again;
    });
    assert.equal(expected.length, events(recorded(lines, 1)).length - 1);
    assert.deepEqual(events(answers(1)), expected);
  });

  it('answers the unknown method with the same code and no stack trace (rule 56)', () => {
    const failure = (messages: readonly Received[]) => {
      const command = commands(messages).find(([name]) => name === '_error');
      assert.ok(command !== undefined);
      return [command[1], command[3] as Readonly<Record<string, unknown>>] as const;
    };
    const [transaction, info] = failure(answers(1));
    const [oldTransaction, oldInfo] = failure(recorded(lines, 1));
    assert.equal(transaction, oldTransaction);
    assert.deepEqual([info['code'], info['level']], [oldInfo['code'], oldInfo['level']]);
    assert.deepEqual(Object.keys(info).sort(), ['code', 'description', 'level']);
  });

  it('answers the unknown application, where the old one only closed (rule 42)', () => {
    const [name, , , info] = commands(answers(3))[0] as [string, number, null, object];
    assert.equal(name, '_error');
    assert.equal(
      (info as Readonly<Record<string, unknown>>)['code'],
      'NetConnection.Connect.InvalidApp',
    );
    assert.deepEqual(recorded(lines, 3), []);
  });
});
