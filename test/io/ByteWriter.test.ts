import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteReader, ByteWriter } from '../../src/io/index.ts';

const writes: readonly { name: string; write: (to: ByteWriter) => void; hex: string }[] = [
  { name: 'U8', write: (to) => to.writeU8(0xab), hex: 'ab' },
  { name: 'U16', write: (to) => to.writeU16(0xabcd), hex: 'abcd' },
  { name: 'U32', write: (to) => to.writeU32(0xabcdef01), hex: 'abcdef01' },
  { name: 'double', write: (to) => to.writeDouble(1), hex: '3ff0000000000000' },
  { name: 'short ASCII text', write: (to) => to.writeUTF8('abc'), hex: '616263' },
  { name: 'short text with é', write: (to) => to.writeUTF8('aé'), hex: '61c3a9' },
  { name: 'long text', write: (to) => to.writeUTF8('a'.repeat(50)), hex: '61'.repeat(50) },
  { name: 'bytes', write: (to) => to.writeBytes(Buffer.from('abc')), hex: '616263' },
];

describe('ByteWriter', () => {
  for (const c of writes) {
    it(`writes ${c.name} across the end of its buffer`, () => {
      for (let before = 200; before <= 260; before++) {
        const writer = new ByteWriter();
        for (let i = 0; i < before; i++) writer.writeU8(0);
        c.write(writer);
        assert.equal(writer.length, before + c.hex.length / 2);
        assert.equal(writer.toBuffer().subarray(before).toString('hex'), c.hex);
      }
    });
  }

  it('replaces numbers written before', () => {
    const writer = new ByteWriter();
    writer.writeU32(0);
    writer.writeU16(0);
    writer.patchU32(0, 0xffffffff);
    writer.patchU16(4, 0xabcd);
    assert.equal(writer.toBuffer().toString('hex'), 'ffffffffabcd');
  });

  it('gives a copy that later writes leave alone', () => {
    const writer = new ByteWriter();
    writer.writeU8(1);
    const copy = writer.toBuffer();
    writer.truncate(0);
    writer.writeU8(2);
    assert.equal(copy[0], 1);
  });
});

describe('ByteReader', () => {
  it('reads numbers and text, and nothing past the end', () => {
    const reader = new ByteReader(Buffer.from('abcd0000000001ffffffff6869', 'hex'));
    assert.equal(reader.readU16(), 0xabcd);
    reader.skip(1);
    assert.equal(reader.readU32(), 1);
    assert.equal(reader.readI32(), -1);
    assert.equal(reader.readUTF8(2), 'hi');
    assert.equal(reader.peekU8(), -1);
    for (const read of [
      () => reader.readU8(),
      () => reader.readU16(),
      () => reader.readU32(),
      () => reader.readDouble(),
      () => reader.readBytes(1),
      () => reader.skip(1),
    ]) {
      assert.throws(read, { code: 'AMF_TRUNCATED' });
    }
  });
});
