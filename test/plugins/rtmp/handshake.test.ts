import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { ServerHandshake } from '../../../src/plugins/rtmp/handshake/ServerHandshake.ts';
import { DIGEST_VECTORS, type DigestVector } from './handshakeVectors.ts';

const SIZE = 1536;
const SERVER_KEY = Buffer.from('Genuine Adobe Flash Media Server 001');

interface Outcome {
  readonly reply: Buffer;
  readonly rest: Buffer | undefined;
}

function shake(bytes: Buffer, pieces = bytes.length): Outcome {
  const handshake = new ServerHandshake(0x12345678);
  const replies: Buffer[] = [];
  let rest: Buffer | undefined;
  for (let at = 0; at < bytes.length && rest === undefined; at += pieces) {
    const step = handshake.receive(bytes.subarray(at, at + pieces));
    if (step.reply !== undefined) replies.push(step.reply);
    if (step.rest !== undefined) rest = Buffer.concat([step.rest, bytes.subarray(at + pieces)]);
  }
  return { reply: Buffer.concat(replies), rest };
}

function plainC1(version = '00000000'): Buffer {
  const c1 = Buffer.alloc(SIZE, 'plain');
  Buffer.from(version, 'hex').copy(c1, 4);
  return c1;
}

function signedC1(vector: DigestVector): Buffer {
  const c1 = Buffer.from(Array.from({ length: SIZE }, (_, i) => (i * vector.step) & 0xff));
  Buffer.from('80000702', 'hex').copy(c1, 4);
  Buffer.from(vector.digest, 'hex').copy(c1, vector.digestOffset);
  return c1;
}

function withC0(c1: Buffer): Buffer {
  return Buffer.concat([Buffer.of(3), c1]);
}

/** Whether S1 holds a server's digest at the place that scheme 0 or 1 gives. */
function hasServerDigest(s1: Buffer, scheme: 0 | 1): boolean {
  const base = scheme === 0 ? 8 : 772;
  const sum = s1.subarray(base, base + 4).reduce((total, byte) => total + byte, 0);
  const at = base + 4 + (sum % 728);
  const expected = createHmac('sha256', SERVER_KEY)
    .update(Buffer.concat([s1.subarray(0, at), s1.subarray(at + 32)]))
    .digest();
  return s1.subarray(at, at + 32).equals(expected);
}

describe('ServerHandshake', () => {
  it('answers a plain C1 with version 3, 1536 bytes and C1 itself (rule 36)', () => {
    const c1 = plainC1();
    const { reply, rest } = shake(withC0(c1));
    assert.equal(reply.length, 1 + 2 * SIZE);
    assert.equal(reply[0], 3);
    assert.equal(reply.readUInt32BE(1), 0x12345678);
    assert.equal(reply.readUInt32BE(5), 0);
    assert.deepEqual(reply.subarray(1 + SIZE), c1);
    assert.equal(rest, undefined);
  });

  for (const vector of DIGEST_VECTORS) {
    it(`answers a digest of scheme ${vector.scheme} at ${vector.digestOffset} with its signature (rule 37)`, () => {
      const { reply } = shake(withC0(signedC1(vector)));
      assert.equal(reply.subarray(-32).toString('hex'), vector.signature);
      assert.ok(hasServerDigest(reply.subarray(1, 1 + SIZE), vector.scheme));
    });
  }

  it('answers a version without a valid digest as a plain C1 (rule 38)', () => {
    const c1 = plainC1('80000702');
    const { reply } = shake(withC0(c1));
    assert.deepEqual(reply.subarray(1 + SIZE), c1);
    assert.equal(reply.readUInt32BE(5), 0);
  });

  it('takes pieces of any size and hands on what follows C2', () => {
    const [vector] = DIGEST_VECTORS;
    assert.ok(vector !== undefined);
    for (const c1 of [plainC1(), signedC1(vector)]) {
      const bytes = Buffer.concat([withC0(c1), Buffer.alloc(SIZE, 'c2'), Buffer.from('chunks')]);
      for (const pieces of [1, 2, 7, 1000, SIZE, SIZE + 1, 2 * SIZE, bytes.length]) {
        const { reply, rest } = shake(bytes, pieces);
        assert.equal(reply.length, 1 + 2 * SIZE, `pieces of ${pieces}`);
        assert.equal(rest?.toString(), 'chunks', `pieces of ${pieces}`);
      }
    }
  });

  it('is over with C2 although nothing follows', () => {
    const { rest } = shake(Buffer.concat([withC0(plainC1()), Buffer.alloc(SIZE)]));
    assert.equal(rest?.length, 0);
  });

  for (const version of [6, 8, 9]) {
    it(`refuses RTMPE version ${version} from its first byte`, () => {
      assert.throws(() => new ServerHandshake(0).receive(Buffer.of(version)), {
        name: 'ProtocolError',
        code: 'RTMPE_NOT_SUPPORTED',
      });
    });
  }

  for (const version of [0, 1, 2, 4, 0x16, 0x47, 0xff]) {
    it(`refuses version ${version}`, () => {
      assert.throws(() => new ServerHandshake(0).receive(Buffer.of(version)), {
        name: 'ProtocolError',
        code: 'RTMP_BAD_VERSION',
      });
    });
  }
});
