import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lineOf } from '../../../src/apps/chat/lineOf.ts';

const endless: unknown[] = [];
endless.push(endless);

const cases = [
  { name: 'a text', value: 'hi', line: 'hi' },
  { name: 'a text with space around', value: ' hi ', line: ' hi ' },
  { name: 'a number', value: 1.5, line: '1.5' },
  { name: 'not a number', value: Number.NaN, line: 'NaN' },
  { name: 'a truth value', value: false, line: 'false' },
  { name: 'a date', value: new Date(0), line: '1970-01-01T00:00:00.000Z' },
  { name: 'a list', value: [1, 'a', undefined], line: '[1,"a",null]' },
  { name: 'an object', value: { name: 'Eve', text: 'hi' }, line: '{"name":"Eve","text":"hi"}' },
  {
    name: 'a map with a set',
    value: new Map([['k', new Set([1])]]),
    line: '{"k":[1]}',
  },
  { name: 'a list that contains itself', value: endless, line: undefined },
  { name: 'a big integer in an object', value: { big: 1n }, line: '[object Object]' },
  { name: 'null', value: null, line: undefined },
  { name: 'undefined', value: undefined, line: undefined },
  { name: 'an empty text', value: '', line: undefined },
  { name: 'space', value: ' \n', line: undefined },
  { name: 'no date', value: new Date(Number.NaN), line: undefined },
];

describe('the line of a value', () => {
  for (const { name, value, line } of cases) {
    it(`${line === undefined ? 'is none for' : 'is made of'} ${name}`, () =>
      assert.equal(lineOf(value), line));
  }
});
