import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AMFXML, asVector, classNameOf, withClassName } from '../../../../src/io/index.ts';
import { readJSONValue } from '../../../../src/plugins/websocket/json/readJSONValue.ts';
import { writeJSONValue } from '../../../../src/plugins/websocket/json/writeJSONValue.ts';

/** No assertion takes two invalid dates for equal. */
const INVALID = Symbol('invalid date');
const named = Object.assign([1, 2], { size: 'xl' });
const proto: unknown = JSON.parse('{"__proto__":{"admin":true},"a":1}');

/** Both ways unless `read` says what comes back. */
const cases: readonly { name: string; value: unknown; json: string; read?: unknown }[] = [
  { name: 'a text', value: 'ä"\n\u{1f600}', json: '"ä\\"\\n\u{1f600}"' },
  { name: 'a number', value: -1.5e300, json: '-1.5e+300' },
  { name: 'minus zero', value: -0, json: '0', read: 0 },
  { name: 'NaN', value: Number.NaN, json: '{"$number":"NaN"}' },
  { name: 'infinity', value: Infinity, json: '{"$number":"Infinity"}' },
  { name: 'minus infinity', value: -Infinity, json: '{"$number":"-Infinity"}' },
  { name: 'a big integer', value: -(2n ** 70n), json: '{"$bigint":"-1180591620717411303424"}' },
  { name: 'null', value: null, json: 'null' },
  { name: 'undefined', value: undefined, json: 'null', read: null },
  { name: 'undefined in a list', value: [undefined, 1], json: '[null,1]', read: [null, 1] },
  {
    name: 'a hole',
    value: Object.assign(new Array(2), { 1: 1 }),
    json: '[null,1]',
    read: [null, 1],
  },
  {
    name: 'undefined in an object',
    value: { a: undefined, b: 1 },
    json: '{"b":1}',
    read: { b: 1 },
  },
  { name: 'a date', value: new Date(1_700_000_000_000), json: '{"$date":1700000000000}' },
  { name: 'an invalid date', value: new Date(Number.NaN), json: '{"$date":null}', read: INVALID },
  { name: 'bytes', value: Uint8Array.of(1, 2, 3), json: '{"$bytes":"AQID"}' },
  { name: 'a vector of numbers', value: Int32Array.of(-1, 2), json: '[-1,2]', read: [-1, 2] },
  {
    name: 'a vector of objects',
    value: asVector([{ a: 1 }], 'T'),
    json: '[{"a":1}]',
    read: [{ a: 1 }],
  },
  {
    name: 'a map',
    value: new Map<unknown, unknown>([[{ k: 1 }, 'v']]),
    json: '{"$map":[[{"k":1},"v"]]}',
  },
  { name: 'a set', value: new Set([1]), json: '{"$set":[1]}', read: [1] },
  {
    name: 'an array with named elements',
    value: named,
    json: '{"$array":[1,2],"$named":{"size":"xl"}}',
  },
  { name: 'XML', value: new AMFXML('<a/>'), json: '{"$xml":"<a/>"}' },
  {
    name: 'a name with $',
    value: { $date: 1, b: { $c: 2 } },
    json: '{"$plain":{"$date":1,"b":{"$plain":{"$c":2}}}}',
  },
  { name: '__proto__', value: proto, json: '{"__proto__":{"admin":true},"a":1}' },
];

describe('values in JSON', () => {
  for (const { name, value, json, ...rest } of cases) {
    it(`has a form for ${name}`, () => {
      assert.equal(writeJSONValue(value), json);
      const read = readJSONValue(JSON.parse(json), 64);
      if (rest.read === INVALID) assert.ok(Number.isNaN((read as Date).getTime()));
      else assert.deepEqual(read, 'read' in rest ? rest.read : value);
    });
  }

  it('keeps the names of classes', () => {
    const json = '{"$class":"com.x.Card","$value":{"suit":"hearts"}}';
    const card = readJSONValue(JSON.parse(json), 64) as object;
    assert.equal(classNameOf(card), 'com.x.Card');
    assert.equal(writeJSONValue(card), json);
    assert.equal(writeJSONValue(withClassName([1], 'L')), '{"$class":"L","$value":[1]}');
  });

  it('never changes a prototype', () => {
    const read = readJSONValue(proto, 64) as Record<string, unknown>;
    assert.equal(Object.getPrototypeOf(read), Object.prototype);
    assert.equal(read['admin'], undefined);
  });

  for (const json of [
    '{"$date":"x"}',
    '{"$bytes":"*"}',
    '{"$bytes":1}',
    '{"$number":"1"}',
    '{"$bigint":"x"}',
    '{"$map":[[1]]}',
    '{"$map":1}',
    '{"$set":1}',
    '{"$xml":1}',
    '{"$plain":[]}',
    '{"$class":1,"$value":{}}',
    '{"$class":"a","$value":1}',
    '{"$date":1,"x":2}',
    '{"$constructor":1}',
    '{"$array":[],"$named":1}',
  ]) {
    it(`refuses ${json}`, () => {
      assert.throws(() => readJSONValue(JSON.parse(json), 64), { code: 'JSON.BadValue' });
    });
  }

  it('refuses what cannot be sent', () => {
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const value of [() => undefined, Symbol('x'), cycle, { a: () => undefined }]) {
      assert.throws(() => writeJSONValue(value), { code: 'VALUE_NOT_STORABLE' });
    }
  });

  it('gives any plain data back as it was', () => {
    const anything = fc.anything({
      withDate: true,
      withMap: true,
      withBigInt: true,
      withObjectString: true,
      maxDepth: 4,
      values: [fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.uint8Array()],
      key: fc.oneof(fc.string(), fc.constantFrom('$date', '$plain', '$x', '__proto__')),
    });
    fc.assert(
      fc.property(anything, (value) => {
        const json = writeJSONValue(value);
        const read = readJSONValue(JSON.parse(json), 64);
        assert.equal(writeJSONValue(read), json);
      }),
    );
  });
});
