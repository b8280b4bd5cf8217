import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeValue } from '../../src/client/decodeValue.ts';
import { encodeValue } from '../../src/client/encodeValue.ts';
import { classNameOf, withClassName, XMLText } from '../../src/client/index.ts';
import { AMFXML } from '../../src/io/index.ts';
import { readJSONValue } from '../../src/plugins/websocket/json/readJSONValue.ts';
import { writeJSONValue } from '../../src/plugins/websocket/json/writeJSONValue.ts';

interface ValueCase {
  readonly name: string;
  readonly value: unknown;
  /** How it goes over the wire. */
  readonly json: unknown;
  /** What the server's code has; default: the value itself. */
  readonly server?: unknown;
  /** What comes back; default: the value itself. */
  readonly back?: unknown;
}

const cases: readonly ValueCase[] = [
  { name: 'a text', value: 'é', json: 'é' },
  { name: 'a number', value: -1.5, json: -1.5 },
  { name: 'not a number', value: Number.NaN, json: { $number: 'NaN' } },
  { name: 'an infinite number', value: -Infinity, json: { $number: '-Infinity' } },
  { name: 'a bigint', value: 2n ** 70n, json: { $bigint: '1180591620717411303424' } },
  { name: 'a truth value', value: true, json: true },
  { name: 'null', value: null, json: null },
  { name: 'undefined, as null', value: undefined, json: null, server: null, back: null },
  { name: 'a date', value: new Date(5), json: { $date: 5 } },
  {
    name: 'a map',
    value: new Map<unknown, unknown>([
      [1, new Date(1)],
      ['a', null],
    ]),
    json: {
      $map: [
        [1, { $date: 1 }],
        ['a', null],
      ],
    },
  },
  {
    name: 'a set, as a list',
    value: new Set([1, 'a']),
    json: { $set: [1, 'a'] },
    server: [1, 'a'],
    back: [1, 'a'],
  },
  {
    name: 'bytes',
    value: new Uint8Array([0, 255, 7]),
    json: { $bytes: 'AP8H' },
    server: new Uint8Array([0, 255, 7]),
  },
  {
    name: 'an ArrayBuffer, as bytes',
    value: new Uint8Array([1, 2]).buffer,
    json: { $bytes: 'AQI=' },
    server: new Uint8Array([1, 2]),
    back: new Uint8Array([1, 2]),
  },
  {
    name: 'part of a buffer, as its bytes',
    value: new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1),
    json: { $bytes: 'Ag==' },
    server: new Uint8Array([2]),
    back: new Uint8Array([2]),
  },
  { name: 'a list', value: [1, [null, 'x']], json: [1, [null, 'x']] },
  { name: 'an object', value: { a: { b: 1 } }, json: { a: { b: 1 } } },
  {
    name: 'an object without what is undefined',
    value: { a: undefined, b: 1 },
    json: { b: 1 },
    server: { b: 1 },
    back: { b: 1 },
  },
  {
    name: 'an object with a name that begins with $',
    value: { $set: [1], a: new Date(2) },
    json: { $plain: { $set: [1], a: { $date: 2 } } },
  },
  { name: 'XML', value: new XMLText('<a/>'), json: { $xml: '<a/>' }, server: new AMFXML('<a/>') },
];

describe('values of the client', () => {
  for (const { name, value, json, ...other } of cases) {
    const { server = value, back = value } = other;
    it(`go to the server and come back: ${name}`, () => {
      const sent = JSON.parse(JSON.stringify(encodeValue(value)));
      assert.deepEqual(sent, json);
      const had = readJSONValue(sent, 64);
      assert.deepEqual(had, server);
      assert.deepEqual(decodeValue(JSON.parse(writeJSONValue(had))), back);
    });
  }

  it('go to the server and come back: a date that is none', () => {
    const sent = JSON.parse(JSON.stringify(encodeValue(new Date(Number.NaN))));
    assert.deepEqual(sent, { $date: null });
    const had = readJSONValue(sent, 64);
    assert.ok(had instanceof Date);
    const back = decodeValue(JSON.parse(writeJSONValue(had)));
    assert.ok(back instanceof Date && Number.isNaN(had.getTime()) && Number.isNaN(back.getTime()));
  });

  it('keep the class names that RTMP clients give and see', () => {
    const sent = JSON.parse(JSON.stringify(encodeValue(withClassName({ x: 1 }, 'game.Point'))));
    assert.deepEqual(sent, { $class: 'game.Point', $value: { x: 1 } });
    const back = decodeValue(JSON.parse(writeJSONValue(readJSONValue(sent, 64)))) as object;
    assert.equal(classNameOf(back), 'game.Point');
    assert.equal(Reflect.get(back, 'x'), 1);
  });

  it('are lists that have names as well, when the server sends such', () => {
    const list = Object.assign([1, 2], { size: 'big' });
    const back = decodeValue(JSON.parse(writeJSONValue(list)));
    assert.deepEqual(back, list);
  });

  it('never reach a prototype', () => {
    const value = JSON.parse('{"__proto__": {"x": 1}}');
    const back = decodeValue(JSON.parse(JSON.stringify(encodeValue(value)))) as object;
    assert.deepEqual(Object.getOwnPropertyNames(back), ['__proto__']);
    assert.equal(Reflect.get({}, 'x'), undefined);
  });

  it('of a server that knows more stay what they are on the wire', () => {
    assert.deepEqual(decodeValue({ $later: 1 }), { $later: 1 });
  });

  const circle: unknown[] = [];
  circle.push(circle);
  for (const value of [() => 1, Symbol('s'), circle]) {
    it(`cannot be ${Array.isArray(value) ? 'what contains itself' : `a ${typeof value}`}`, () => {
      assert.throws(() => encodeValue(value), TypeError);
    });
  }
});
