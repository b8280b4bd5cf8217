import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { classNameOf } from '../../../src/io/index.ts';
import type { RTMPConnection } from '../../../src/plugins/rtmp/index.ts';
import { MultiThreadedApplicationAdapter, type RemoteMethods } from '../../../src/server/index.ts';
import { event, RawClient, set, USE } from './RawClient.ts';
import { startRTMP } from './startRTMP.ts';
import { amf0, utf } from './wireValues.ts';

class App extends MultiThreadedApplicationAdapter {
  static readonly remoteMethods: RemoteMethods = ['keep', 'slow'];
  readonly kept: unknown[] = [];
  readonly connections: RTMPConnection[] = [];
  running = 0;
  release: () => void = () => undefined;
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  override appConnect(connection: unknown): boolean {
    this.connections.push(connection as RTMPConnection);
    return true;
  }

  keep(value: unknown): void {
    this.kept.push(value);
  }

  async slow(): Promise<void> {
    this.running += 1;
    await this.#released;
  }
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

const createStream = amf0('createStream', 4, null);

/** What once ended a whole server, and what it may lead to here: one connection dropped with this code, or nothing. */
const attacks: readonly {
  name: string;
  ends: string | undefined;
  run: (client: RawClient) => void;
}[] = [
  {
    name: 'SetChunkSize without a number',
    ends: 'RTMP_BAD_MESSAGE',
    run: (client) => client.send(1, Buffer.alloc(0), 2),
  },
  {
    name: 'Abort without a number',
    ends: 'RTMP_BAD_MESSAGE',
    run: (client) => client.send(2, Buffer.alloc(3), 2),
  },
  {
    name: 'an empty user control message',
    ends: 'RTMP_BAD_MESSAGE',
    run: (client) => client.send(4, Buffer.alloc(0), 2),
  },
  {
    name: 'an empty command',
    ends: 'AMF_TRUNCATED',
    run: (client) => client.send(20, Buffer.alloc(0)),
  },
  {
    name: 'an empty command of encoding 3',
    ends: 'AMF_TRUNCATED',
    run: (client) => client.send(17, Buffer.alloc(0)),
  },
  {
    name: 'an AMF3 marker at the end of a command',
    ends: 'AMF_TRUNCATED',
    run: (client) => client.send(20, Buffer.concat([amf0('keep', 2, null), hex('11')])),
  },
  {
    name: 'AMF that is cut off',
    ends: 'AMF_TRUNCATED',
    run: (client) => client.send(20, createStream.subarray(0, -5)),
  },
  {
    name: 'AMF that is 60,000 levels deep',
    ends: 'AMF_TOO_DEEP',
    run: (client) =>
      client.send(20, Buffer.concat([amf0('keep', 2, null), hex('0a00000001'.repeat(60_000))])),
  },
  {
    name: 'a strict array of 4,294,967,295 elements',
    ends: 'AMF_TRUNCATED',
    run: (client) => client.send(20, Buffer.concat([amf0('keep', 2, null), hex('0affffffff05')])),
  },
  {
    name: 'an AMF3 vector of 268,435,455 numbers',
    ends: 'AMF_TRUNCATED',
    run: (client) => client.send(20, Buffer.concat([amf0('keep', 2, null), hex('110fffffffff00')])),
  },
  {
    name: '2,000,000 values in one message',
    ends: 'AMF_TOO_MANY_VALUES',
    run: (client) =>
      client.send(
        20,
        Buffer.concat([amf0('keep', 2, null), hex('0a001e8480'), Buffer.alloc(2_000_000, 5)]),
      ),
  },
  {
    name: 'metadata that is undefined',
    ends: undefined,
    run: (client) => client.send(18, amf0('@setDataFrame', 'onMetaData', undefined), 4, 1),
  },
  {
    name: 'metadata that is rubbish',
    ends: undefined,
    run: (client) => client.send(18, hex('ffffffff'), 4, 1),
  },
  {
    name: 'an empty audio message',
    ends: undefined,
    run: (client) => client.send(8, Buffer.alloc(0), 4, 1),
  },
  {
    name: 'media of a stream nobody publishes',
    ends: undefined,
    run: (client) => {
      for (const type of [8, 9, 22]) client.send(type, Buffer.alloc(5000), 6, 1);
    },
  },
  {
    name: 'media after a refused publish',
    ends: undefined,
    run: (client) => {
      client.send(20, createStream);
      client.send(20, amf0('publish', 0, null, 'cam', 'live'), 8, 1);
      client.send(9, Buffer.alloc(5000), 6, 1);
    },
  },
  {
    name: 'times at the end of 32 bits',
    ends: undefined,
    run: (client) => {
      client.stream.write(hex('04 ffffff 000001 08 01000000 fffffff0 00'));
      client.stream.write(hex('44 ffffff 000001 08 7fffffff 00'));
      client.stream.write(hex('c4 7fffffff 00'));
    },
  },
  {
    name: 'a chunk stream that begins in the middle',
    ends: 'RTMP_BAD_CHUNK',
    run: (client) => client.stream.write(hex('c9 00')),
  },
  {
    name: '65 chunk streams',
    ends: 'RTMP_TOO_MANY_CHUNK_STREAMS',
    run: (client) => {
      for (let id = 0; id < 65; id++) {
        client.stream.write(Buffer.concat([Buffer.of(0, id), hex('000000 000001 08 01000000 00')]));
      }
    },
  },
  {
    name: 'a message that announces 16 MB',
    ends: 'RTMP_MESSAGE_TOO_LARGE',
    run: (client) => client.stream.write(hex('03 000000 ffffff 14 00000000')),
  },
  {
    name: 'three messages of 3 MB that do not end',
    ends: 'RTMP_BUFFER_FULL',
    run: (client) => {
      client.send(1, hex('002dc6c0'), 2);
      for (const id of [4, 5, 6]) {
        client.stream.write(
          Buffer.concat([Buffer.of(id), hex('000000 2dc6c1 08 01000000'), Buffer.alloc(3_000_000)]),
        );
      }
    },
  },
  {
    name: 'a shared object whose event runs over the message',
    ends: 'RTMP_BAD_MESSAGE',
    run: (client) => client.so('s', USE, hex('03 ffffffff 0001 78')),
  },
  {
    name: 'a shared object named ../../evil',
    ends: undefined,
    run: (client) => client.so('../../evil', USE, set('x', 1)),
  },
  {
    name: 'a shared object without name',
    ends: undefined,
    run: (client) => client.so('', USE),
  },
  {
    name: 'a shared object with a name of 60,000 letters',
    ends: undefined,
    run: (client) => client.so('x'.repeat(60_000), USE),
  },
  {
    name: 'calls of what is inherited',
    ends: undefined,
    run: (client) => {
      for (const name of [
        'constructor',
        'toString',
        '__proto__',
        'hasOwnProperty',
        'setAttribute',
      ]) {
        client.call(name, 0, null, 'x');
      }
    },
  },
];

describe('RTMP security', () => {
  for (const attack of attacks) {
    const outcome = attack.ends === undefined ? 'harms nobody' : 'ends its own connection only';
    it(`${attack.name} ${outcome}`, async () => {
      await using rtmp = await startRTMP({ handler: new App() });
      const [attacker, other] = [
        await RawClient.connected(rtmp.port),
        await RawClient.connected(rtmp.port),
      ];
      attack.run(attacker);
      if (attack.ends === undefined) {
        await attacker.settled();
        assert.deepEqual(rtmp.log.lines, []);
      } else {
        await attacker.closed;
        assert.deepEqual(
          rtmp.log.lines.map(({ level, fields }) => [level, fields['code']]),
          [['warn', attack.ends]],
        );
      }
      other.call('createStream', 9, null);
      assert.deepEqual(await other.command(), ['_result', 9, null, 1]);
      await attacker.close();
      await other.close();
    });
  }

  it('#467: typed objects become plain data, whatever their class is called', async () => {
    const app = new App();
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.connected(rtmp.port);
    const typed = Buffer.concat([
      Buffer.of(0x10),
      utf('java.lang.Runtime'),
      utf('a'),
      amf0(1),
      hex('000009'),
    ]);
    client.call('keep', 2, null, typed);
    await client.command();
    const [value] = app.kept as [Record<string, unknown>];
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(value['a'], 1);
    assert.equal(classNameOf(value), 'java.lang.Runtime');
    await client.close();
  });

  it('#458: XML with a DOCTYPE stays text', async () => {
    const app = new App();
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.connected(rtmp.port);
    const text = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>';
    const xml = Buffer.concat([hex('0f 0000'), utf(text)]);
    client.call('keep', 2, null, xml);
    await client.command();
    assert.equal(String(app.kept[0]), text);
    await client.close();
  });

  it('a name __proto__ from the wire changes no prototype', async () => {
    const app = new App();
    await using rtmp = await startRTMP({ handler: app });
    const client = await RawClient.connected(rtmp.port);
    const evil = JSON.parse('{"__proto__":{"polluted":true}}') as object;
    client.call('keep', 2, null, evil);
    client.so('s', USE, set('__proto__', evil), set('x', evil));
    await client.command();
    await client.sharedObject();
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert.equal(Object.getPrototypeOf(app.kept[0]), Object.prototype);
    await client.close();
  });

  it('#481: nothing a client says while connecting is logged', async () => {
    await using rtmp = await startRTMP();
    const client = await RawClient.open(rtmp.port);
    client.connect('nosuch?token=s3cret', { password: 's3cret' }, 's3cret');
    await client.command();
    await client.closed;
    const broken = await RawClient.connected(rtmp.port, 'chat', { password: 's3cret' });
    broken.send(20, Buffer.concat([amf0('keep', 2, null, 's3cret'), hex('ff')]));
    await broken.closed;
    assert.ok(rtmp.log.lines.length > 0);
    assert.doesNotMatch(JSON.stringify(rtmp.log.lines), /s3cret/);
  });

  it('#479: a flood of calls to a slow method is refused above the limit, and answered up to it', async () => {
    const app = new App();
    await using rtmp = await startRTMP({ handler: app });
    rtmp.server.remoteCalls.maxPendingCalls = 50;
    const client = await RawClient.connected(rtmp.port);
    for (let i = 0; i < 500; i++) client.call('slow', i + 10, null);
    const refused: unknown[] = [];
    for (let i = 0; i < 450; i++) refused.push((await client.command())[0]);
    assert.deepEqual([...new Set(refused)], ['_error']);
    assert.equal(app.running, 50);
    app.release();
    for (let i = 0; i < 50; i++) assert.equal((await client.command())[0], '_result');
    await client.close();
  });

  it('#479: a reader that stops is dropped with what waits for it, and others are not delayed', async () => {
    const app = new App();
    await using rtmp = await startRTMP({ handler: app, plugin: { maxQueuedBytes: 300_000 } });
    const stalled = await RawClient.connected(rtmp.port);
    const other = await RawClient.connected(rtmp.port);
    stalled.stream.pause();
    const text = 'x'.repeat(1000);
    const [first, second] = app.connections;
    for (let i = 0; i < 20_000 && rtmp.log.lines.length === 0; i++) {
      first?.notify('news', [text]);
      if (i % 100 === 0) {
        second?.notify('news', [i]);
        assert.deepEqual(await other.command(), ['news', 0, null, i]);
      }
      assert.ok((first?.queuedBytes ?? 0) < 500_000);
    }
    assert.equal(rtmp.log.lines[0]?.fields['code'], 'RTMP_QUEUE_FULL');
    stalled.stream.resume();
    await stalled.closed;
    await other.close();
  });

  it('#479: a reader that stops while an object changes gets its latest state when it goes on', async () => {
    await using rtmp = await startRTMP({ plugin: { maxQueuedBytes: 300_000 } });
    const stalled = await RawClient.connected(rtmp.port);
    const writer = await RawClient.connected(rtmp.port);
    stalled.so('s', USE);
    writer.so('s', USE);
    await stalled.sharedObject();
    await writer.sharedObject();
    stalled.stream.pause();
    const padding = 'x'.repeat(20_000);
    // More than the kernel takes for a reader that has stopped, and much more than may wait here.
    for (let i = 1; i <= 1500; i++) {
      writer.so('s', set(`k${i % 3}`, `${i} ${padding}`));
      await writer.sharedObject();
    }
    stalled.stream.resume();
    const latest = new Map<unknown, unknown>();
    while (!String(latest.get('k0')).startsWith('1500 ')) {
      for (const [code, key, value] of (await stalled.sharedObject()).events) {
        assert.equal(code, 4);
        latest.set(key, value);
      }
    }
    assert.deepEqual([...latest.values()].map((value) => String(value).split(' ')[0]).sort(), [
      '1498',
      '1499',
      '1500',
    ]);
    assert.deepEqual(rtmp.log.lines, []);
    await stalled.close();
    await writer.close();
  });

  it('1,000 connections that open, say anything and go leave nothing behind', async () => {
    await using rtmp = await startRTMP();
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, i) => {
          const socket = connect(rtmp.port, '127.0.0.1');
          socket.on('error', () => undefined);
          await once(socket, 'connect');
          socket.write(Buffer.alloc((i * 61) % 3500, 3));
          await new Promise((resolve) => setTimeout(resolve, i % 7));
          socket.destroy();
        }),
      );
    }
    while (rtmp.plugin.connectionCount > 0) await new Promise((r) => setTimeout(r, 10));
    assert.equal(rtmp.server.connections.size, 0);
    const client = await RawClient.connected(rtmp.port);
    client.so('s', event(1));
    await client.sharedObject();
    await client.close();
  });
});
