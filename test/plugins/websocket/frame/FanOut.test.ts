import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeTextFrame, payloadOf } from '../../../../src/plugins/websocket/frame/encodeFrame.ts';
import { FanOut, type FanOutOptions } from '../../../../src/plugins/websocket/frame/FanOut.ts';
import { FanOutGroup } from '../../../../src/plugins/websocket/frame/FanOutGroup.ts';
import { FanOutMember } from '../../../../src/plugins/websocket/frame/FanOutMember.ts';

const LARGE: FanOutOptions = { maxQueueBytes: 1_000_000, queuePolicy: 'close' };

/** A socket whose peer reads only while it is told to. */
class FakeSocket extends Writable {
  readonly writes: Buffer[] = [];
  #stalled: (() => void) | undefined;
  isReading = true;

  constructor() {
    super({ highWaterMark: 64 });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(chunk);
    if (this.isReading) done();
    else this.#stalled = done;
  }

  resumeReading(): void {
    this.isReading = true;
    const done = this.#stalled;
    this.#stalled = undefined;
    done?.();
  }

  get texts(): string[] {
    return splitTexts(Buffer.concat(this.writes));
  }
}

/** Takes short text frames apart. */
function splitTexts(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at + 1] ?? 0;
    texts.push(bytes.toString('utf8', at + 2, at + 2 + length));
    at += 2 + length;
  }
  return texts;
}

function setUp(options: FanOutOptions = LARGE) {
  const fanOut = new FanOut(options);
  const group = new FanOutGroup(fanOut);
  const overflows: FanOutMember[] = [];
  const join = (socket = new FakeSocket(), ...groups: FanOutGroup[]) => {
    const member: FanOutMember = new FanOutMember(fanOut, {
      onQueueOverflow: () => overflows.push(member),
    });
    member.open({ socket });
    for (const one of groups.length === 0 ? [group] : groups) one.add(member);
    return { member, socket };
  };
  return { fanOut, group, overflows, join };
}

describe('FanOut', () => {
  it('writes all messages of one turn to each member with one write of one shared buffer', () => {
    const { fanOut, group, join } = setUp();
    const [a, b] = [join(), join()];
    group.send(encodeTextFrame('one'));
    group.send(encodeTextFrame('two'));
    assert.equal(a.socket.writes.length, 0);
    fanOut.flush();
    assert.deepEqual(a.socket.texts, ['one', 'two']);
    assert.equal(a.socket.writes.length, 1);
    assert.equal(a.socket.writes[0], b.socket.writes[0]);
  });

  it('flushes by itself at the end of the turn', async () => {
    const { group, join } = setUp();
    const { socket } = join();
    group.send(encodeTextFrame('one'));
    await new Promise(setImmediate);
    assert.deepEqual(socket.texts, ['one']);
  });

  it('keeps the order of group and single messages', () => {
    const { fanOut, group, join } = setUp();
    const [a, b] = [join(), join()];
    group.send(encodeTextFrame('1'));
    a.member.send(encodeTextFrame('2 for a'));
    group.send(encodeTextFrame('3'));
    b.member.send(encodeTextFrame('4 for b'));
    fanOut.flush();
    assert.deepEqual(a.socket.texts, ['1', '2 for a', '3']);
    assert.deepEqual(b.socket.texts, ['1', '3', '4 for b']);
  });

  it('keeps the order of messages from two groups', () => {
    const { fanOut, group, join } = setUp();
    const other = new FanOutGroup(fanOut);
    const both = join(new FakeSocket(), group, other);
    other.send(encodeTextFrame('1'));
    group.send(encodeTextFrame('2'));
    other.send(encodeTextFrame('3'));
    fanOut.flush();
    assert.deepEqual(both.socket.texts, ['1', '2', '3']);
  });

  it('gives nothing older to who joins, and what was sent before to who leaves', () => {
    const { fanOut, group, join } = setUp();
    const early = join();
    group.send(encodeTextFrame('1'));
    const late = join();
    group.remove(early.member);
    group.send(encodeTextFrame('2'));
    fanOut.flush();
    assert.deepEqual(early.socket.texts, ['1']);
    assert.deepEqual(late.socket.texts, ['2']);
  });

  it('keeps messages to a member that is not open yet, and writes them first', () => {
    const { fanOut, group } = setUp();
    const member = new FanOutMember(fanOut, { onQueueOverflow: () => undefined });
    const socket = new FakeSocket();
    member.send(encodeTextFrame('welcome'));
    fanOut.flush();
    group.add(member);
    group.send(encodeTextFrame('1'));
    member.open({ socket });
    fanOut.flush();
    assert.deepEqual(socket.texts, ['welcome', '1']);
  });

  it('writes what is pending before a close, and nothing after it', () => {
    const { fanOut, group, join } = setUp();
    const { member, socket } = join();
    group.send(encodeTextFrame('1'));
    member.close();
    assert.deepEqual(socket.texts, ['1']);
    group.send(encodeTextFrame('2'));
    member.send(encodeTextFrame('3'));
    fanOut.flush();
    assert.deepEqual(socket.texts, ['1']);
    assert.equal(group.size, 0);
  });

  it('writes held messages before a close too', () => {
    const { fanOut, group, join } = setUp();
    const { member, socket } = join();
    socket.isReading = false;
    group.send(encodeTextFrame('x'.repeat(100)));
    fanOut.flush();
    group.send(encodeTextFrame('held'));
    fanOut.flush();
    member.close();
    socket.resumeReading();
    assert.deepEqual(socket.texts, ['x'.repeat(100), 'held']);
  });

  it('goes on at drain for a peer that reads again, and does not hold up the others', async () => {
    const { fanOut, group, join } = setUp();
    const [slow, quick] = [join(), join()];
    slow.socket.isReading = false;
    const sent = [...'0123456789'].map((digit) => digit.repeat(50));
    for (const text of sent) {
      group.send(encodeTextFrame(text));
      fanOut.flush();
    }
    assert.deepEqual(quick.socket.texts, sent);
    assert.ok(slow.socket.texts.length < 3);
    slow.socket.resumeReading();
    await new Promise(setImmediate);
    assert.deepEqual(slow.socket.texts, sent);
    assert.equal(slow.member.queuedBytes, 0);
  });

  it('calls an overflow once when the queue is full and the policy is to close', async () => {
    const { fanOut, group, join, overflows } = setUp({ maxQueueBytes: 300, queuePolicy: 'close' });
    const { member, socket } = join();
    socket.isReading = false;
    for (let n = 0; n < 20; n++) {
      group.send(encodeTextFrame('y'.repeat(50)));
      fanOut.flush();
    }
    await Promise.resolve();
    assert.deepEqual(overflows, [member]);
    assert.equal(group.size, 0);
    assert.ok(member.queuedBytes <= 300);
  });

  it('loses nothing for the others when a member in their midst overflows', async () => {
    const { fanOut, group, join } = setUp({ maxQueueBytes: 100, queuePolicy: 'close' });
    const [first, slow, last] = [join(), join(), join()];
    slow.socket.isReading = false;
    const sent = Array.from({ length: 5 }, (_, n) => `${n}`.padStart(60, '.'));
    for (const text of sent) {
      group.send(encodeTextFrame(text));
      fanOut.flush();
    }
    await Promise.resolve();
    assert.equal(group.size, 2);
    assert.deepEqual(first.socket.texts, sent);
    assert.deepEqual(last.socket.texts, sent);
  });

  it('drops the oldest waiting messages when that is the policy, and counts them', async () => {
    const { fanOut, group, join } = setUp({ maxQueueBytes: 300, queuePolicy: 'drop-oldest' });
    const { member, socket } = join();
    socket.isReading = false;
    const sent = Array.from({ length: 30 }, (_, n) => `${n}`.padStart(50, '.'));
    for (const text of sent) {
      group.send(encodeTextFrame(text));
      fanOut.flush();
      assert.ok(member.queuedBytes <= 300);
    }
    socket.resumeReading();
    await new Promise(setImmediate);
    const received = socket.texts;
    assert.equal(received.at(-1), sent.at(-1));
    assert.equal(received.length + member.droppedMessages, sent.length);
    assert.deepEqual(received.slice(-3), sent.slice(-3));
  });

  it('flushes a batch early when it gets large', () => {
    const { group, join } = setUp({ ...LARGE, maxBatchBytes: 100 });
    const { socket } = join();
    group.send(encodeTextFrame('z'.repeat(60)));
    assert.equal(socket.writes.length, 0);
    group.send(encodeTextFrame('z'.repeat(60)));
    assert.equal(socket.writes.length, 1);
  });

  it('spreads a huge room over several turns with the same shared buffer', async () => {
    const { group, join } = setUp({ ...LARGE, maxWritesPerTurn: 10 });
    const members = Array.from({ length: 25 }, () => join());
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    group.send(encodeTextFrame('1'));
    group.send(encodeTextFrame('2'));
    await new Promise(setImmediate);
    assert.equal(members.filter(({ socket }) => socket.writes.length > 0).length, 10);
    group.send(encodeTextFrame('3'));
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    for (const { socket } of members) assert.deepEqual(socket.texts, ['1', '2', '3']);
  });

  it('hands single frames to a member that does not get the shared bytes', () => {
    const { fanOut, group } = setUp();
    const taken: string[] = [];
    const member = new FanOutMember(fanOut, { onQueueOverflow: () => undefined });
    member.open({
      socket: new FakeSocket(),
      writeFrames: (frames) => taken.push(...frames.map((frame) => payloadOf(frame).toString())),
    });
    group.add(member);
    group.send(encodeTextFrame('1'));
    group.send(encodeTextFrame('2'));
    member.send(encodeTextFrame('3'));
    fanOut.flush();
    assert.deepEqual(taken, ['1', '2', '3']);
  });

  it('removes members from the middle of a group without losing others', () => {
    const { fanOut, group, join } = setUp();
    const members = Array.from({ length: 5 }, () => join());
    for (const index of [1, 3, 1]) {
      const gone = members[index];
      if (gone !== undefined) group.remove(gone.member);
    }
    group.send(encodeTextFrame('1'));
    fanOut.flush();
    assert.equal(group.size, 3);
    assert.deepEqual(
      members.map(({ socket }) => socket.texts.length),
      [1, 0, 1, 0, 1],
    );
  });

  it('delivers exactly what was sent to each member, in order, for any interleaving', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        async (steps, maxWritesPerTurn) => {
          const model = new Model({ ...LARGE, maxWritesPerTurn, maxBatchBytes: 40 });
          for (const step of steps) await model.run(step);
          await model.settle();
          for (const { socket, expected } of model.members)
            assert.deepEqual(socket.texts, expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});

interface Step {
  readonly what: 'group' | 'single' | 'join' | 'leave' | 'stall' | 'resume' | 'flush' | 'turn';
  readonly member: number;
  readonly group: number;
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom('group', 'single', 'join', 'leave', 'stall', 'resume', 'flush', 'turn'),
  member: fc.nat(3),
  group: fc.nat(2),
});

/** Says beside a fan-out what each member has to get. */
class Model {
  readonly #fanOut: FanOut;
  readonly #groups: FanOutGroup[];
  readonly members;
  #next = 0;

  constructor(options: FanOutOptions) {
    const fanOut = new FanOut(options);
    this.#fanOut = fanOut;
    this.#groups = [0, 1, 2].map(() => new FanOutGroup(fanOut));
    this.members = [0, 1, 2, 3].map(() => {
      const socket = new FakeSocket();
      const member = new FanOutMember(fanOut, { onQueueOverflow: () => assert.fail('overflow') });
      member.open({ socket });
      return { member, socket, expected: [] as string[], joined: new Set<FanOutGroup>() };
    });
  }

  async run(step: Step): Promise<void> {
    const group = this.#groups[step.group];
    const one = this.members[step.member];
    assert.ok(group !== undefined && one !== undefined);
    const text = `message ${this.#next++}`;
    const steps: Readonly<Record<Step['what'], () => unknown>> = {
      group: () => {
        group.send(encodeTextFrame(text));
        for (const { joined, expected } of this.members) if (joined.has(group)) expected.push(text);
      },
      single: () => {
        one.member.send(encodeTextFrame(text));
        one.expected.push(text);
      },
      join: () => {
        group.add(one.member);
        one.joined.add(group);
      },
      leave: () => {
        group.remove(one.member);
        one.joined.delete(group);
      },
      stall: () => {
        one.socket.isReading = false;
      },
      resume: () => one.socket.resumeReading(),
      flush: () => (step.group === 0 ? this.#fanOut.flush() : one.member.flush()),
      turn: () => new Promise(setImmediate),
    };
    await steps[step.what]();
  }

  async settle(): Promise<void> {
    for (const { socket } of this.members) socket.resumeReading();
    for (let turn = 0; turn < 12; turn++) await new Promise(setImmediate);
  }
}
