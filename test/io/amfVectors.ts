import {
  AMFXML,
  asVector,
  withClassName,
  withFixedLength,
  withWeakKeys,
} from '../../src/io/index.ts';

/** One value and its bytes, worked out by hand from the AMF0 and AMF3 specifications. */
export interface AMFVector {
  readonly name: string;
  readonly hex: string;
  readonly value: unknown;
  /** `both`: also what the writer makes of the value; `read`: a form that is read but not written. */
  readonly way: 'both' | 'read';
}

function both(name: string, hex: string, value: unknown): AMFVector {
  return { name, hex: hex.replaceAll(' ', ''), value, way: 'both' };
}

function read(name: string, hex: string, value: unknown): AMFVector {
  return { name, hex: hex.replaceAll(' ', ''), value, way: 'read' };
}

function ownProto(value: unknown): object {
  return JSON.parse(`{"__proto__":${JSON.stringify(value)}}`) as object;
}

function cyclicObject(): object {
  const object: Record<string, unknown> = {};
  object['a'] = object;
  return object;
}

function cyclicArray(): unknown[] {
  const array: unknown[] = [];
  array.push(array);
  return array;
}

function sharedPair(): unknown[] {
  const shared = { a: 1 };
  return [shared, shared];
}

const sharedDate = new Date(1000);

export const AMF0_VECTORS: readonly AMFVector[] = [
  both('number 0', '00 0000000000000000', 0),
  both('number 1', '00 3ff0000000000000', 1),
  both('number -0', '00 8000000000000000', -0),
  both('number 1.5', '00 3ff8000000000000', 1.5),
  both('NaN', '00 7ff8000000000000', Number.NaN),
  both('Infinity', '00 7ff0000000000000', Number.POSITIVE_INFINITY),
  both('true', '01 01', true),
  both('false', '01 00', false),
  read('any other boolean byte', '01 7f', true),
  both('empty string', '02 0000', ''),
  both('string', '02 0002 6869', 'hi'),
  both('string of two-byte characters', '02 0004 c3a9c3a9', 'éé'),
  both('string with an emoji', '02 0004 f09f9880', '😀'),
  read('wrong UTF-8', '02 0002 c328', '\ufffd('),
  both('null', '05', null),
  both('undefined', '06', undefined),
  read('unsupported', '0d', undefined),
  both('empty object', '03 000009', {}),
  both('object', '03 0001 61 00 3ff0000000000000 0001 62 05 000009', { a: 1, b: null }),
  both('object in object', '03 0001 61 03 000009 000009', { a: {} }),
  both('object with undefined', '03 0001 61 06 000009', { a: undefined }),
  both(
    '__proto__ is an ordinary name',
    '03 0009 5f5f70726f746f5f5f 02 0001 78 000009',
    ownProto('x'),
  ),
  read('property with an empty name', '03 0000 05 000009', { '': null }),
  both('empty strict array', '0a 00000000', []),
  both('strict array', '0a 00000002 00 3ff0000000000000 02 0001 61', [1, 'a']),
  both('strict array with undefined', '0a 00000001 06', [undefined]),
  read('ECMA array is an object', '08 00000001 0001 6b 02 0001 76 000009', { k: 'v' }),
  read('ECMA array with a wrong count', '08 00000000 0001 6b 05 000009', { k: null }),
  both('date', '0b 408f400000000000 0000', new Date(1000)),
  read('date with a time zone', '0b 408f400000000000 ffc4', new Date(1000)),
  both('XML', '0f 00000004 3c612f3e', new AMFXML('<a/>', 'document')),
  both('typed object', '10 0001 43 0001 61 05 000009', withClassName({ a: null }, 'C')),
  read('typed object without a name', '10 0000 000009', {}),
  both('cycle', '03 0001 61 07 0000 000009', cyclicObject()),
  both('array in itself', '0a 00000001 07 0000', cyclicArray()),
  both(
    'one object twice',
    '0a 00000002 03 0001 61 00 3ff0000000000000 000009 07 0001',
    sharedPair(),
  ),
  read('AMF3 integer', '11 04 05', 5),
  read('AMF3 object', '11 0a0b01 03 61 04 01 01', { a: 1 }),
  both('bytes are AMF3', '11 0c 07 010203', new Uint8Array([1, 2, 3])),
];

export const AMF3_VECTORS: readonly AMFVector[] = [
  both('undefined', '00', undefined),
  both('null', '01', null),
  both('false', '02', false),
  both('true', '03', true),
  both('integer 0', '04 00', 0),
  both('integer 127', '04 7f', 127),
  both('integer 128', '04 8100', 128),
  both('integer 16383', '04 ff7f', 16_383),
  both('integer 16384', '04 818000', 16_384),
  both('integer 2097151', '04 ffff7f', 2_097_151),
  both('integer 2097152', '04 80c08000', 2_097_152),
  both('largest integer', '04 bfffffff', 268_435_455),
  both('one above is a double', '05 41b0000000000000', 268_435_456),
  both('-1', '04 ffffffff', -1),
  both('smallest integer', '04 c0808000', -268_435_456),
  both('one below is a double', '05 c1b0000001000000', -268_435_457),
  both('-0 is a double', '05 8000000000000000', -0),
  both('1.5', '05 3ff8000000000000', 1.5),
  both('NaN', '05 7ff8000000000000', Number.NaN),
  both('empty string', '06 01', ''),
  both('string', '06 05 6869', 'hi'),
  both('string with an emoji', '06 09 f09f9880', '😀'),
  both('string twice', '09 05 01 06 03 61 06 00', ['a', 'a']),
  both('empty string twice is no reference', '09 05 01 06 01 06 01', ['', '']),
  both('XMLDocument', '07 09 3c612f3e', new AMFXML('<a/>', 'document')),
  both('XML', '0b 09 3c612f3e', new AMFXML('<a/>', 'xml')),
  both('date', '08 01 408f400000000000', new Date(1000)),
  both('date twice', '09 05 01 08 01 408f400000000000 08 02', [sharedDate, sharedDate]),
  both('empty array', '09 01 01', []),
  both('array', '09 05 01 04 01 06 03 61', [1, 'a']),
  both('array with names', '09 03 03 6b 04 02 01 04 01', Object.assign([1], { k: 2 })),
  read('sparse array', '09 01 03 32 04 07 01', Object.assign([], { 2: 7 })),
  both('array in itself', '09 03 01 09 00', cyclicArray()),
  both('empty object', '0a 0b 01 01', {}),
  both('object', '0a 0b 01 03 61 04 01 03 62 01 01', { a: 1, b: null }),
  both('cycle', '0a 0b 01 03 61 0a 00 01', cyclicObject()),
  both('one object twice', '09 05 01 0a 0b 01 03 61 04 01 01 0a 02', sharedPair()),
  both('traits and names again', '09 05 01 0a 0b 01 03 61 04 01 01 0a 01 00 04 02 01', [
    { a: 1 },
    { a: 2 },
  ]),
  both(
    '__proto__ is an ordinary name',
    '0a 0b 01 13 5f5f70726f746f5f5f 06 03 78 01',
    ownProto('x'),
  ),
  both('typed object', '0a 13 03 43 03 61 04 01', withClassName({ a: 1 }, 'C')),
  read(
    'typed dynamic object',
    '0a 1b 03 43 03 61 04 01 03 62 03 01',
    withClassName({ a: 1, b: true }, 'C'),
  ),
  read('sealed object without a name', '0a 13 01 03 61 04 01', { a: 1 }),
  both('typed objects share traits', '09 05 01 0a 13 03 43 03 61 04 01 0a 01 04 02', [
    withClassName({ a: 1 }, 'C'),
    withClassName({ a: 2 }, 'C'),
  ]),
  both('ByteArray', '0c 07 010203', new Uint8Array([1, 2, 3])),
  both('empty ByteArray', '0c 01', new Uint8Array()),
  both('Vector.<int>', '0d 05 00 00000001 ffffffff', new Int32Array([1, -1])),
  both('Vector.<uint>', '0e 03 00 ffffffff', new Uint32Array([0xffffffff])),
  both('Vector.<Number>', '0f 03 00 3ff8000000000000', new Float64Array([1.5])),
  both('fixed Vector.<int>', '0d 03 01 00000007', withFixedLength(new Int32Array([7]))),
  both('Vector.<Object>', '10 05 00 01 04 01 06 03 61', asVector([1, 'a'])),
  both('Vector.<String>', '10 03 00 0d 537472696e67 06 03 61', asVector(['a'], 'String')),
  both('empty Dictionary', '11 01 00', new Map()),
  both('Dictionary', '11 03 00 06 03 61 04 01', new Map([['a', 1]])),
  both('Dictionary with object keys', '11 03 00 0a 0b 01 01 03', new Map([[{}, true]])),
  both('weak Dictionary', '11 01 01', withWeakKeys(new Map())),
  both(
    'ArrayCollection',
    '0a 07 43 666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e 09 03 01 04 01',
    withClassName([1], 'flex.messaging.io.ArrayCollection'),
  ),
  both(
    'ObjectProxy',
    '0a 07 3b 666c65782e6d6573736167696e672e696f2e4f626a65637450726f7879 0a 0b 01 03 61 04 01 01',
    withClassName({ a: 1 }, 'flex.messaging.io.ObjectProxy'),
  ),
];

/** Bytes that must be refused, with the code. */
export const BAD_AMF0: readonly (readonly [name: string, hex: string, code: string])[] = [
  ['nothing', '', 'AMF_TRUNCATED'],
  ['a movie clip', '04', 'AMF_BAD_MARKER'],
  ['a record set', '0e', 'AMF_BAD_MARKER'],
  ['an end of object without object', '09', 'AMF_BAD_MARKER'],
  ['marker 0x12', '12', 'AMF_BAD_MARKER'],
  ['marker 0xff', 'ff', 'AMF_BAD_MARKER'],
  ['an object that does not end', '03 0001 61 05', 'AMF_TRUNCATED'],
  ['a string longer than the bytes', '02 0005 61', 'AMF_TRUNCATED'],
  ['a long string over the limit', '0c ffffffff 61', 'AMF_STRING_TOO_LONG'],
  ['an array of 4,294,967,295 elements', '0a ffffffff 05', 'AMF_TRUNCATED'],
  ['a reference to nothing', '07 0000', 'AMF_BAD_REFERENCE'],
  ['a reference past the table', '0a 00000001 07 0001', 'AMF_BAD_REFERENCE'],
  ['65 arrays in each other', `${'0a 00000001'.repeat(65)} 05`, 'AMF_TOO_DEEP'],
  ['60,000 arrays in each other', `${'0a 00000001'.repeat(60_000)} 05`, 'AMF_TOO_DEEP'],
  ['100,001 values', `0a 000186a1 ${'05'.repeat(100_001)}`, 'AMF_TOO_MANY_VALUES'],
];

export const BAD_AMF3: readonly (readonly [name: string, hex: string, code: string])[] = [
  ['nothing', '', 'AMF_TRUNCATED'],
  ['marker 0x12', '12', 'AMF_BAD_MARKER'],
  ['an integer that does not end', '04 ff ff', 'AMF_TRUNCATED'],
  ['a string reference to nothing', '06 00', 'AMF_BAD_REFERENCE'],
  ['an object reference to nothing', '0a 00', 'AMF_BAD_REFERENCE'],
  ['a traits reference to nothing', '0a 01', 'AMF_BAD_REFERENCE'],
  ['a date reference to nothing', '08 04', 'AMF_BAD_REFERENCE'],
  ['a string of 268,435,455 bytes', '06 ffffffff', 'AMF_STRING_TOO_LONG'],
  ['an array of 268,435,455 elements', '09 ffffffff 01', 'AMF_TRUNCATED'],
  ['a vector of 268,435,455 numbers', '0f ffffffff 00', 'AMF_TRUNCATED'],
  ['a dictionary of 268,435,455 entries', '11 ffffffff 00', 'AMF_TRUNCATED'],
  ['traits of 33,554,431 names', '0a ffffff fb 03 43', 'AMF_TRUNCATED'],
  ['a ByteArray longer than the bytes', '0c 07 01', 'AMF_TRUNCATED'],
  ['a class that writes itself in an unknown way', '0a 07 03 43', 'AMF_UNKNOWN_EXTERNALIZABLE'],
  [
    'an ArrayCollection of a number',
    '0a 07 43 666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e 04 01',
    'AMF_BAD_VALUE',
  ],
  [
    'an ArrayCollection of itself',
    '0a 07 43 666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e 0a 00',
    'AMF_BAD_REFERENCE',
  ],
  ['an array element named length', '09 01 0d 6c656e677468 04 05 01', 'AMF_BAD_VALUE'],
  ['a sparse array of 4,000,000,001', '09 01 15 34303030303030303030 01 01', 'AMF_TOO_MANY_VALUES'],
  ['65 arrays in each other', `${'09 03 01'.repeat(65)} 01`, 'AMF_TOO_DEEP'],
];
