import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ProtocolError, Red5Error } from '../../src/base/index.ts';
import {
  FLVIndex,
  FLVReader,
  type FLVReaderOptions,
  type FLVTag,
  flvTrackFlags,
  MAX_FLV_PAYLOAD_BYTES,
  readFLVMetadata,
  writeAMF0,
  writeFLVHeader,
  writeFLVMetadata,
  writeFLVTag,
} from '../../src/io/index.ts';

const HEADER = 'FLV\x01\x05\0\0\0\x09\0\0\0\0';

interface TagCase {
  readonly name: string;
  readonly tag: FLVTag;
  /** The timestamp that comes back. */
  readonly read?: number;
  readonly hex: string;
}

const tags: readonly TagCase[] = [
  {
    name: 'audio',
    tag: { type: 'audio', timestamp: 0, payload: Buffer.from('af00', 'hex') },
    hex: '08 000002 000000 00 000000 af00 0000000d',
  },
  {
    name: 'video with a time of three bytes',
    tag: { type: 'video', timestamp: 0x123456, payload: Buffer.from('17', 'hex') },
    hex: '09 000001 123456 00 000000 17 0000000c',
  },
  {
    name: 'data with a time of four bytes, whose highest byte stands apart',
    tag: { type: 'data', timestamp: 0x01_23_45_67, payload: Buffer.from('02', 'hex') },
    hex: '12 000001 234567 01 000000 02 0000000c',
  },
  {
    name: 'the last time there is',
    tag: { type: 'audio', timestamp: 0xff_ff_ff_ff, payload: Buffer.alloc(0) },
    hex: '08 000000 ffffff ff 000000 0000000b',
  },
  {
    name: 'a time of which only the low 32 bits fit',
    tag: { type: 'audio', timestamp: 2 ** 32 + 5, payload: Buffer.alloc(0) },
    read: 5,
    hex: '08 000000 000005 00 000000 0000000b',
  },
];

describe('FLV tags', () => {
  for (const { name, tag, hex } of tags) {
    it(`are written: ${name}`, () => {
      assert.equal(writeFLVTag(tag).toString('hex'), hex.replaceAll(' ', ''));
    });
  }

  for (const { name, tag, hex, read } of tags) {
    it(`are read however the bytes are cut: ${name}`, () => {
      const bytes = Buffer.concat([Buffer.from(HEADER, 'latin1'), fromHex(hex)]);
      for (const size of [1, 2, 5, 12, bytes.length]) {
        const found = readAll(new FLVReader(), bytes, size);
        assert.deepEqual(found, [{ ...tag, timestamp: read ?? tag.timestamp, position: 13 }]);
      }
    });
  }

  it('of more than 16 MiB cannot be written', () => {
    const payload = Buffer.alloc(MAX_FLV_PAYLOAD_BYTES + 1);
    assert.throws(
      () => writeFLVTag({ type: 'video', timestamp: 0, payload }),
      (error) => error instanceof Red5Error && error.code === 'FLV_TAG_TOO_LARGE',
    );
  });

  it('come back as they were written, whatever they hold and however the bytes are cut', () => {
    const tag = fc.record(
      {
        type: fc.constantFrom('audio' as const, 'video' as const, 'data' as const),
        timestamp: fc.integer({ min: 0, max: 0xff_ff_ff_ff }),
        payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(
        fc.array(tag, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1 }),
        (written, sizes) => {
          const bytes = Buffer.concat([
            writeFLVHeader({ hasAudio: true, hasVideo: false }),
            ...written.map(writeFLVTag),
          ]);
          const reader = new FLVReader({ strict: true });
          const read: FLVTag[] = [];
          for (let at = 0, i = 0; at < bytes.length; i += 1) {
            const size = sizes[i % sizes.length] as number;
            for (const { position, ...found } of reader.push(bytes.subarray(at, at + size))) {
              assert.ok(position >= 13);
              read.push(found);
            }
            at += size;
          }
          assert.deepEqual(read, written);
          assert.equal(reader.position, bytes.length);
          assert.equal(reader.buffered, 0);
          assert.deepEqual(reader.tracks, { hasAudio: true, hasVideo: false });
        },
      ),
    );
  });
});

interface BadFile {
  readonly name: string;
  readonly bytes: string;
  readonly options?: FLVReaderOptions;
  readonly code: string;
}

const badFiles: readonly BadFile[] = [
  { name: 'another beginning', bytes: 'GIF89a       ', code: 'FLV_BAD_HEADER' },
  {
    name: 'a header shorter than any',
    bytes: 'FLV\x01\x05\0\0\0\x02\0\0\0\0',
    code: 'FLV_BAD_HEADER',
  },
  {
    name: 'a header of gigabytes',
    bytes: 'FLV\x01\x05\xff\xff\xff\xff\0\0\0\0',
    code: 'FLV_BAD_HEADER',
  },
  {
    name: 'a tag of no type',
    bytes: `${HEADER}\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0`,
    code: 'FLV_BAD_TAG',
  },
  { name: 'an encrypted tag', bytes: `${HEADER}\x29\0\0\0\0\0\0\0\0\0\0`, code: 'FLV_BAD_TAG' },
  {
    name: 'a tag larger than the limit, before its body is there',
    bytes: `${HEADER}\x09\0\x01\x01\0\0\0\0\0\0\0`,
    options: { maxTagBytes: 256 },
    code: 'FLV_TAG_TOO_LARGE',
  },
  {
    name: 'a wrong size after a tag, when that matters',
    bytes: `${HEADER}\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0`,
    options: { strict: true },
    code: 'FLV_BAD_TAG',
  },
];

describe('FLVReader', () => {
  for (const { name, bytes, options, code } of badFiles) {
    it(`refuses ${name}`, () => {
      const reader = new FLVReader(options);
      assert.throws(
        () => readAll(reader, Buffer.from(bytes, 'latin1'), 1),
        (error) => error instanceof ProtocolError && error.code === code,
      );
    });
  }

  it('goes over a header that is longer than usual', () => {
    const reader = new FLVReader();
    const bytes = Buffer.from(
      'FLV\x01\x01\0\0\0\x0cabc\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\x0b',
      'latin1',
    );
    assert.deepEqual(readAll(reader, bytes, 3), [
      { type: 'video', timestamp: 0, payload: Buffer.alloc(0), position: 16 },
    ]);
  });

  it('knows where the last whole tag ends when the file was cut off', () => {
    const tag = writeFLVTag({ type: 'audio', timestamp: 1, payload: Buffer.alloc(20) });
    const bytes = Buffer.concat([Buffer.from(HEADER, 'latin1'), tag, tag]);
    for (let cut = 1; cut <= tag.length; cut += 1) {
      const reader = new FLVReader();
      readAll(reader, bytes.subarray(0, bytes.length - cut), 7);
      assert.equal(reader.position, 13 + tag.length);
    }
  });

  it('gives tags or a ProtocolError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, hasHeader) => {
        const bytes = Buffer.concat([Buffer.from(hasHeader ? HEADER : '', 'latin1'), noise]);
        try {
          readAll(new FLVReader({ maxTagBytes: 100 }), bytes, 9);
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
        }
      }),
    );
  });
});

describe('flvTrackFlags', () => {
  it('has bit 2 for audio and bit 0 for video', () => {
    assert.equal(flvTrackFlags({ hasAudio: true, hasVideo: false }), 4);
    assert.equal(flvTrackFlags({ hasAudio: false, hasVideo: true }), 1);
    assert.equal(flvTrackFlags({ hasAudio: true, hasVideo: true }), 5);
  });
});

describe('FLVIndex', () => {
  it('finds the last key frame that is not after a time', () => {
    const index = new FLVIndex();
    assert.equal(index.before(0), undefined);
    for (const timestamp of [100, 200, 300]) index.add({ timestamp, position: timestamp * 2 });
    const found = [0, 100, 199, 200, 1e9].map((time) => index.before(time)?.timestamp);
    assert.deepEqual(found, [100, 100, 100, 200, 300]);
  });

  it('never holds more than its capacity, spread over the whole file', () => {
    const index = new FLVIndex(100);
    for (let i = 0; i < 10_000; i += 1) index.add({ timestamp: i, position: i });
    const times = index.entries.map(({ timestamp }) => timestamp);
    assert.ok(times.length > 50 && times.length <= 100, `${times.length} entries`);
    const gaps = new Set(times.slice(1).map((time, at) => time - (times[at] as number)));
    assert.equal(gaps.size, 1, `gaps of ${[...gaps]}`);
    assert.equal(times[0], 0);
    assert.ok((times.at(-1) as number) > 9_800);
  });
});

describe('FLV metadata', () => {
  it('is filled up to the size that is asked for, and read back', () => {
    const everyRest = Array.from({ length: 1_100 }, (_, i) => 200 + i); // of a piece of padding
    for (const size of [...everyRest, 20_000]) {
      const body = writeFLVMetadata({ width: 640, keyframes: { times: [0, 1] } }, size);
      assert.equal(body?.length, size);
      const { padding, ...values } = readFLVMetadata(body) ?? {};
      assert.ok(Array.isArray(padding));
      assert.deepEqual(values, { width: 640, keyframes: { times: [0, 1] } });
    }
  });

  it('is not written when it does not fit', () => {
    assert.equal(writeFLVMetadata({ text: 'x'.repeat(100) }, 100), undefined);
  });

  it('is read with the name that RTMP clients put before', () => {
    const body = writeAMF0('@setDataFrame', 'onMetaData', { width: 1 });
    assert.deepEqual(readFLVMetadata(body), { width: 1 });
  });

  it('is undefined for other data, and for what cannot be read', () => {
    assert.equal(readFLVMetadata(writeAMF0('onCuePoint', {})), undefined);
    assert.equal(readFLVMetadata(writeAMF0('onMetaData', 5)), undefined);
    assert.equal(readFLVMetadata(Buffer.from('02ffff', 'hex')), undefined);
  });
});

function readAll(reader: FLVReader, bytes: Buffer, size: number) {
  const found = [];
  for (let at = 0; at < bytes.length; at += size) {
    found.push(...reader.push(bytes.subarray(at, at + size)));
  }
  return found;
}

function fromHex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}
