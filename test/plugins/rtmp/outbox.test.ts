import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { BufferBudget } from '../../../src/plugins/rtmp/chunk/BufferBudget.ts';
import { encodeBatch } from '../../../src/plugins/rtmp/message/SharedObjectEncoder.ts';
import { BufferMerger } from '../../../src/plugins/rtmp/outbox/BufferMerger.ts';
import { coalesce, type WaitingMessage } from '../../../src/plugins/rtmp/outbox/coalesce.ts';
import { Outbox } from '../../../src/plugins/rtmp/outbox/Outbox.ts';
import { TurnFlusher } from '../../../src/plugins/rtmp/outbox/TurnFlusher.ts';
import type { SharedObjectBatch, SharedObjectEvent } from '../../../src/server/index.ts';

/** A stream whose reader takes writes only when told to. */
class SlowStream extends Duplex {
  readonly writes: Buffer[] = [];
  #callbacks: (() => void)[] = [];
  #slow = false;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.writes.push(chunk);
    if (this.#slow) this.#callbacks.push(callback);
    else callback();
  }

  stop(): void {
    this.#slow = true;
  }

  go(): void {
    this.#slow = false;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
  }
}

interface Fixture {
  readonly stream: SlowStream;
  readonly outbox: Outbox;
  readonly budget: BufferBudget;
  readonly stalled: boolean[];
  readonly errors: Error[];
}

function fixture(maxQueuedBytes = 200_000, total = 1_000_000): Fixture {
  const stream = new SlowStream();
  const budget = new BufferBudget(total);
  const stalled: boolean[] = [];
  const errors: Error[] = [];
  const outbox = new Outbox({
    stream,
    flusher: new TurnFlusher(),
    maxQueuedBytes,
    budget,
    encode: (batch) => encodeBatch(batch, 0, 128),
    onStalled: (is) => stalled.push(is),
    onOverflow: (error) => errors.push(error),
  });
  stream.on('drain', () => outbox.drained());
  return { stream, outbox, budget, stalled, errors };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

/** Makes the reader stop with 100,000 bytes in the stream. */
async function stalledFixture(maxQueuedBytes?: number, total?: number): Promise<Fixture> {
  const made = fixture(maxQueuedBytes, total);
  made.stream.stop();
  made.outbox.send(Buffer.alloc(100_000));
  await turn();
  return made;
}

function change(key: string, value: unknown, version = 1): SharedObjectBatch {
  return { name: 'so', persistent: false, version, events: [{ type: 'change', key, value }] };
}

function sendBatch(outbox: Outbox, batch: SharedObjectBatch): void {
  outbox.send(encodeBatch(batch, 0, 128), batch);
}

describe('Outbox', () => {
  it('writes once per turn of the event loop, in order', async () => {
    const { stream, outbox } = fixture();
    for (const text of ['a', 'b', 'c']) outbox.send(Buffer.from(text));
    assert.equal(stream.writes.length, 0);
    await turn();
    outbox.send(Buffer.from('d'));
    await turn();
    assert.deepEqual(stream.writes.map(String), ['abc', 'd']);
    assert.equal(outbox.writtenBytes, 4);
  });

  it('keeps what comes while the reader is slow, and writes it in order when it goes on', async () => {
    const { stream, outbox, budget, stalled } = await stalledFixture();
    outbox.send(Buffer.from('a'));
    outbox.send(Buffer.from('b'));
    await turn();
    assert.equal(stream.writes.length, 1);
    assert.equal(budget.used, 2);
    assert.equal(outbox.queuedBytes, 100_002);
    stream.go();
    await turn();
    assert.deepEqual(stream.writes.slice(1).map(String), ['ab']);
    assert.deepEqual(stalled, [true, false]);
    assert.equal(budget.used, 0);
  });

  it('puts changes together to their latest state when they pass the limit', async () => {
    const { stream, outbox, budget, errors } = await stalledFixture();
    for (let i = 0; i <= 20_000; i++) sendBatch(outbox, change('x', i, i));
    assert.deepEqual(errors, []);
    assert.ok(outbox.queuedBytes <= 200_000);
    stream.go();
    await turn();
    const bytes = Buffer.concat(stream.writes.slice(1));
    const latest = encodeBatch(change('x', 20_000, 20_000), 0, 128);
    assert.ok(bytes.subarray(-latest.length).equals(latest));
    assert.equal(budget.used, 0);
  });

  it('sends media in order with what was queued before, without a copy', async () => {
    const { stream, outbox } = fixture();
    const [a, b] = [Buffer.from('a'), Buffer.from('b')];
    outbox.send(Buffer.from('first '));
    outbox.sendMedia([a, b]);
    outbox.sendMedia([a]);
    outbox.send(Buffer.from(' last'));
    await turn();
    assert.deepEqual(stream.writes.map(String), ['first ', 'a', 'b', 'a', ' last']);
    assert.ok(stream.writes[1] === a && stream.writes[2] === b);
  });

  it('writes media at once as long as nothing goes before it', async () => {
    const { stream, outbox } = fixture();
    const frame = Buffer.from('frame');
    assert.equal(outbox.writeMedia(frame), true);
    assert.ok(stream.writes[0] === frame);
    outbox.send(Buffer.from('call'));
    assert.equal(outbox.writeMedia(frame), false);
    await turn();
    assert.deepEqual(stream.writes.map(String), ['frame', 'call']);
    assert.equal(outbox.writtenBytes, 9);
  });

  it('writes no media past what waits for a slow reader', async () => {
    const { stream, outbox } = await stalledFixture();
    const before = stream.writes.length;
    assert.equal(outbox.writeMedia(Buffer.from('frame')), false);
    assert.equal(stream.writes.length, before);
  });

  it('notices a reader that media has stalled', () => {
    const { stream, outbox, stalled } = fixture();
    stream.stop();
    const frame = Buffer.alloc(50_000);
    for (let i = 0; i < 4 && outbox.writeMedia(frame); i++);
    assert.equal(outbox.isStalled, true);
    assert.deepEqual(stalled, [true]);
  });

  it('keeps media that waits out of the limit, and writes it on in pieces', async () => {
    const { stream, outbox, budget, stalled, errors } = await stalledFixture(150_000);
    const frames = Array.from({ length: 20 }, (_, i) => Buffer.alloc(30_000, i));
    outbox.sendMedia(frames);
    sendBatch(outbox, change('x', 1));
    sendBatch(outbox, change('x', 2));
    assert.ok(outbox.queuedBytes > 700_000 && outbox.isStalled);
    assert.deepEqual(errors, []);
    stream.go();
    await turn();
    const bytes = Buffer.concat(stream.writes.slice(1));
    const latest = encodeBatch(change('x', 2), 0, 128);
    assert.ok(bytes.subarray(0, 600_000).equals(Buffer.concat(frames)));
    assert.ok(bytes.subarray(-latest.length).equals(latest));
    assert.ok(stream.writes.every((piece) => piece.length <= 100_000));
    assert.equal(budget.used, 0);
    assert.equal(outbox.queuedBytes, 0);
    assert.equal(stalled.at(-1), false);
  });

  it('does not put together what was encoded before and after a change of the chunk size', async () => {
    const { stream, outbox, errors } = await stalledFixture(350_000);
    const value = (i: number): string => `${i}${'x'.repeat(60_000)}`;
    sendBatch(outbox, change('x', value(1)));
    outbox.keepApart();
    for (let i = 2; i <= 6; i++) sendBatch(outbox, change('x', value(i)));
    assert.deepEqual(errors, []);
    stream.go();
    await turn();
    const text = Buffer.concat(stream.writes.slice(1)).toString('latin1');
    // The first stays as it was encoded; of those after it, what waited when the limit was passed is one.
    assert.deepEqual(text.match(/\dxx/gu), ['1xx', '5xx', '6xx']);
  });

  it('ends the connection when what cannot be put together passes the limit', async () => {
    const { outbox, budget, errors } = await stalledFixture();
    for (let i = 0; i < 300; i++) outbox.send(Buffer.alloc(1000));
    assert.equal(errors.length, 1);
    assert.equal((errors[0] as { code?: string }).code, 'RTMP_QUEUE_FULL');
    assert.equal(budget.used, 0);
  });

  it('ends the connection when all slow readers together pass the limit', async () => {
    const { outbox, budget, errors } = await stalledFixture(200_000, 500);
    outbox.send(Buffer.alloc(400));
    assert.deepEqual(errors, []);
    outbox.send(Buffer.alloc(400));
    assert.equal((errors[0] as { code?: string } | undefined)?.code, 'RTMP_QUEUE_FULL');
    assert.equal(budget.used, 0);
  });

  it('writes everything out when it ends, and takes nothing after that', async () => {
    const { stream, outbox, budget } = await stalledFixture();
    outbox.send(Buffer.from('a'));
    outbox.end();
    outbox.send(Buffer.from('b'));
    outbox.end();
    stream.go();
    await turn();
    assert.deepEqual(stream.writes.slice(1).map(String), ['a']);
    assert.equal(stream.writableFinished, true);
    assert.equal(budget.used, 0);
  });

  it('writes nothing after it was closed', async () => {
    const { stream, outbox } = fixture();
    outbox.send(Buffer.from('a'));
    outbox.close();
    await turn();
    assert.equal(stream.writes.length, 0);
  });
});

describe('BufferMerger', () => {
  const a = Buffer.from('a');
  const b = Buffer.from('b');

  it('gives receivers of the same buffers the same joined buffer', () => {
    const merger = new BufferMerger();
    const first = merger.merge([a, b]);
    assert.equal(first.toString(), 'ab');
    assert.equal(merger.merge([a, b]), first);
    assert.notEqual(merger.merge([b, a]), first);
    assert.equal(merger.merge([b, a, a]).toString(), 'baa');
  });

  it('does not copy a single buffer', () => {
    assert.equal(new BufferMerger().merge([a]), a);
  });
});

describe('coalesce', () => {
  function run(messages: readonly (SharedObjectBatch | string)[]): unknown[] {
    const waiting: WaitingMessage[] = messages.map((m) =>
      typeof m === 'string'
        ? { bytes: Buffer.from(m), batch: undefined }
        : { bytes: Buffer.alloc(0), batch: m },
    );
    return coalesce(waiting, () => Buffer.alloc(0)).map((m) =>
      m.batch === undefined ? m.bytes.toString() : [m.batch.version, m.batch.events],
    );
  }

  function so(version: number, ...events: SharedObjectEvent[]): SharedObjectBatch {
    return { name: 'so', persistent: false, version, events };
  }

  const x1 = { type: 'change', key: 'x', value: 1 } as const;
  const x2 = { type: 'change', key: 'x', value: 2 } as const;
  const y1 = { type: 'change', key: 'y', value: 1 } as const;
  const noX = { type: 'remove', key: 'x' } as const;
  const clear = { type: 'clear' } as const;
  const send = { type: 'send', method: 'm', args: [] } as const;
  const success = { type: 'success', key: 'x' } as const;

  const cases: readonly { name: string; in: (SharedObjectBatch | string)[]; out: unknown[] }[] = [
    { name: 'the latest change of a key', in: [so(1, x1), so(2, x2)], out: [[2, [x2]]] },
    { name: 'a removal after a change', in: [so(1, x1, y1), so(2, noX)], out: [[2, [y1, noX]]] },
    {
      name: 'what came after a clear',
      in: [so(1, x1, y1), so(2, clear), so(3, x2)],
      out: [[3, [clear, x2]]],
    },
    {
      name: 'changes on both sides of a message to all',
      in: [so(1, x1), so(2, send), so(3, x2)],
      out: [[3, [x1, send, x2]]],
    },
    {
      name: 'answers to the client',
      in: [so(1, success), so(2, success)],
      out: [[2, [success, success]]],
    },
    {
      name: 'other messages where they are',
      in: ['a', so(1, x1), 'b', so(2, x2), 'c'],
      out: ['a', [2, [x2]], 'b', 'c'],
    },
    {
      name: 'objects of the same name apart when one is persistent',
      in: [so(1, x1), { ...so(7, x2), persistent: true }],
      out: [
        [1, [x1]],
        [7, [x2]],
      ],
    },
  ];
  for (const c of cases) {
    it(`keeps ${c.name}`, () => {
      assert.deepEqual(run(c.in), c.out);
    });
  }
});

describe('TurnFlusher', () => {
  it('writes to 2,500 sockets in slices, each once', async () => {
    const flusher = new TurnFlusher();
    let flushed = 0;
    for (let i = 0; i < 2500; i++)
      flusher.add({
        flush: () => {
          flushed += 1;
        },
      });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(flushed, 1000);
    await turn();
    assert.equal(flushed, 2500);
  });
});

describe('one turn of the event loop', () => {
  it('does not gather more for a slow reader than may wait for it', async () => {
    const { stream, outbox, errors } = fixture();
    stream.stop();
    for (let i = 0; i < 50; i++) outbox.send(Buffer.alloc(100_000));
    assert.equal(errors.length, 1, 'before the turn is over');
    const held = outbox.queuedBytes;
    assert.ok(held <= 9 * 200_000 + 100_000, `${held} bytes are held`);
    await turn();
    assert.equal(errors.length, 1);
  });

  it('gives a fast reader any amount', async () => {
    const { stream, outbox, errors } = fixture();
    for (let i = 0; i < 50; i++) outbox.send(Buffer.alloc(100_000, i));
    await turn();
    assert.deepEqual(errors, []);
    const all = Buffer.concat(stream.writes);
    assert.equal(all.length, 5_000_000);
    assert.deepEqual(
      Array.from({ length: 50 }, (_, i) => all[i * 100_000]),
      Array.from({ length: 50 }, (_, i) => i),
    );
  });
});
