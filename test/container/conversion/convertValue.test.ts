import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClassRegistry } from '../../../src/container/classes/ClassRegistry.ts';
import { parseType } from '../../../src/container/classes/TypeRef.ts';
import { ConversionError } from '../../../src/container/conversion/ConversionError.ts';
import { convertValue } from '../../../src/container/conversion/convertValue.ts';
import { Resource } from '../../../src/container/conversion/Resource.ts';

class Engine {
  static readonly beanInfo = { types: ['Motor'] };
  readonly sound = 'brum';
}
class Undeclared {}

const classes = new ClassRegistry();
classes.register({ name: 'Engine', class: Engine, beanInfo: Engine.beanInfo });
classes.registerEnum({ name: 'Level', values: ['LOW', 'HIGH'] });

const engine = new Engine();
const undeclared = new Undeclared();
const map = new Map([['a', 'b']]);

/** What the same value becomes for the same type in Spring, where Java has the type. */
const converted: readonly (readonly [type: string, value: unknown, expected: unknown])[] = [
  // numbers: blanks may group digits, hexadecimal is for whole numbers
  ['int', '1 000', 1000],
  ['int', ' 1 ', 1],
  ['int', '+5', 5],
  ['int', '007', 7],
  ['int', '#ff', 255],
  ['int', '-#10', -16],
  ['int', '0X1f', 31],
  ['Integer', '', null],
  ['Integer', '  ', null],
  ['bigint', '1 000', 1000n],
  ['BigDecimal', '1 000.50', '1000.50'],
  ['double', '1 000', 1000],
  ['double', '.5', 0.5],
  ['double', '5.', 5],
  ['double', '1f', 1],
  ['double', '-Infinity', Number.NEGATIVE_INFINITY],
  ['double', 'NaN', Number.NaN],
  ['number', '0x10', 16],
  // text, booleans, characters
  ['string', 12, '12'],
  ['string', true, 'true'],
  ['boolean', ' On ', true],
  ['boolean', '0', false],
  ['Boolean', '', null],
  ['char', '\\u0041', 'A'],
  ['Character', '', null],
  // no text is none of these
  ['url', '', null],
  ['uri', '  ', null],
  ['uuid', '', null],
  ['charset', '', null],
  ['class', '', null],
  ['resource', ' ', null],
  // values of one kind
  ['charset', 'utf8', 'UTF-8'],
  ['charset', 'latin1', 'ISO-8859-1'],
  ['timezone', 'Europe/Berlin', 'Europe/Berlin'],
  ['timezone', 'GMT+2', 'GMT+02:00'],
  ['timezone', 'GMT-1130', 'GMT-11:30'],
  ['currency', 'EUR', 'EUR'],
  ['uuid', '123E4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174000'],
  // collections: one value is a collection of one, text to an array is cut at commas
  ['byte[]', 'aé', Buffer.from('aé')],
  ['byte[]', ['1', '-1'], [1, -1]],
  ['string[]', 'a, b,c', ['a', 'b', 'c']],
  ['string[]', '', []],
  ['string[]', '  ', ['']],
  ['int[]', '1, 2 ,3', [1, 2, 3]],
  ['char[]', 'abc', ['a', 'b', 'c']],
  ['list<string>', 'a,b', ['a,b']],
  ['list<int>', '7', [7]],
  ['list', map, [map]],
  ['set', new Set([1]), new Set([1])],
  ['set<int>', ['1', '1', '2'], new Set([1, 2])],
  ['list<Level>', 'LOW, HIGH', ['LOW', 'HIGH']],
  ['map<int, boolean>', new Map([['1', 'yes']]), new Map([[1, true]])],
  ['properties', new Map<unknown, unknown>([[1, true]]), new Map([['1', 'true']])],
  ['properties', 'a = b\n# no\nc: d', new Map(Object.entries({ a: 'b', c: 'd' }))],
  // beans
  ['Engine', engine, engine],
  ['Motor', engine, engine],
  ['Motor', undeclared, undeclared],
  ['Motor[]', engine, [engine]],
];

const refused: readonly (readonly [type: string, value: unknown])[] = [
  ['int', ''],
  ['int', '1.5'],
  ['int', '2147483648'],
  ['int', null],
  ['byte', '128'],
  ['long', '9007199254740993'],
  ['double', '0x1F'],
  ['double', '#ff'],
  ['double', '1,5'],
  ['boolean', 'f'],
  ['boolean', ''],
  ['char', 'ab'],
  ['string', ['a']],
  ['string', []],
  ['string', map],
  ['string', engine],
  ['currency', 'XXQ'],
  ['currency', 'eur'],
  ['timezone', 'Nowhere/City'],
  ['timezone', 'GMT+24'],
  ['uri', 'a b'],
  ['uri', 'int[]'],
  ['url', 5],
  ['url', ['http://a.b/']],
  ['regexp', '['],
  ['regexp', new Intl.Locale('en')],
  ['locale', engine],
  ['charset', map],
  ['charset', 'no-such'],
  ['resource', engine],
  ['resource', 7],
  ['date', 'tomorrow'],
  ['stream', []],
  ['class', 'No'],
  ['class', 7],
  ['Level', 'low'],
  ['Level', ['LOW']],
  ['Engine', []],
  ['Engine', new Set()],
  ['Engine', map],
  ['Engine', new URL('http://a.b/')],
  ['Engine', 7],
  ['Motor[]', [['1']]],
  ['map<string, Engine>', new Map([['a', ['b']]])],
  ['ints', 'x'],
  ['int[]', '1,,3'],
  ['byte[]', ['300']],
  ['properties', new Map([['a', null]])],
  ['properties', new Map([['a', engine]])],
];

function convert(value: unknown, type: string): unknown {
  return convertValue(value, parseType(type), {
    classes,
    findClass: (name) => (name === 'Engine' ? Engine : undefined),
    converters: new Map(),
    resource: (location) => new Resource(location, location),
  });
}

describe('convertValue', () => {
  for (const [type, value, expected] of converted) {
    it(`makes ${type} of ${show(value)}`, () => {
      assert.deepEqual(convert(value, type), expected);
    });
  }

  for (const [type, value] of refused) {
    it(`refuses ${show(value)} as ${type}`, () => {
      assert.throws(() => convert(value, type), ConversionError);
    });
  }

  it('keeps what is of its type already', () => {
    const url = new URL('http://a.b/');
    const locale = new Intl.Locale('en');
    assert.equal(convert(url, 'url'), url);
    assert.equal(convert(url, 'uri'), url);
    assert.equal(convert(locale, 'locale'), locale);
    assert.equal(convert(/a/, 'regexp') instanceof RegExp, true);
    const resource = new Resource('x', 'x');
    assert.equal(convert(resource, 'resource'), resource);
  });
});

function show(value: unknown): string {
  if (value instanceof Map) return `Map(${JSON.stringify([...value], bigints)})`;
  if (value instanceof Set) return `Set(${JSON.stringify([...value])})`;
  return JSON.stringify(value, bigints) ?? String(value);
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
