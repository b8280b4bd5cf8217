import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  idOf,
  parseFields,
  readClientMessage,
} from '../../../../src/plugins/websocket/json/ClientMessage.ts';
import { JSONFault } from '../../../../src/plugins/websocket/json/JSONFault.ts';

function read(text: string): void {
  try {
    const fields = parseFields(text);
    idOf(fields);
    readClientMessage(fields, 64);
  } catch (error) {
    if (!(error instanceof JSONFault)) throw error;
    assert.ok(error.message.length < 300, error.message);
    assert.doesNotMatch(error.message, /\n/);
  }
}

const types = ['join', 'call', 'result', 'error', 'use', 'change', 'release', 'leave', 'ping'];
const names = [
  'type',
  'id',
  'name',
  'ops',
  'op',
  'key',
  'value',
  'args',
  'method',
  'epoch',
  'since',
];
const specials = [
  '$date',
  '$bytes',
  '$map',
  '$set',
  '$class',
  '$value',
  '$plain',
  '$number',
  '$array',
  '$named',
];

describe('reading messages', () => {
  it('gives a message or a fault, whatever is sent', () => {
    const { tree } = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.constantFrom<unknown>(null, true, 0, 1, -1, 1e308, '', 'set', 'x', 'AQID', ...types),
        fc.string(),
        fc.double(),
      ),
      tree: fc.oneof(
        { depthSize: 'medium', withCrossShrink: true },
        tie('leaf'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names, ...specials, '__proto__'), tie('tree'), {
          maxKeys: 4,
        }),
      ),
    }));
    const message = fc.record(
      {
        type: fc.constantFrom(...types),
        version: fc.constantFrom(1, 2),
        id: fc.oneof(fc.nat(), tree),
        name: fc.oneof(fc.string(), tree),
        method: fc.oneof(fc.string(), tree),
        args: fc.oneof(fc.array(tree), tree),
        ops: fc.oneof(fc.array(tree), tree),
        value: tree,
      },
      { requiredKeys: ['type'] },
    );
    fc.assert(
      fc.property(fc.oneof(message, tree), (sent) => read(JSON.stringify(sent) ?? '')),
      { numRuns: 3000 },
    );
    fc.assert(fc.property(fc.string(), read), { numRuns: 1000 });
  });

  for (const [name, open, close] of [
    ['lists', '[', ']'],
    ['objects', '{"a":', '}'],
    ['plain objects', '{"$plain":{"a":', '}}'],
    ['typed objects', '{"$class":"a","$value":', '}'],
    ['maps', '{"$map":[[1,', ']]}'],
    ['sets', '{"$set":[', ']}'],
    ['named elements', '{"$array":[],"$named":{"a":', '}}'],
  ] as const) {
    it(`counts the levels of ${name}`, () => {
      const nested = (levels: number) =>
        `{"type":"call","method":"m","args":[${open.repeat(levels)}{}${close.repeat(levels)}]}`;
      readClientMessage(parseFields(nested(30)), 64);
      for (const levels of [65, 20_000]) {
        assert.throws(() => readClientMessage(parseFields(nested(levels)), 64), {
          code: 'JSON.BadValue',
        });
      }
    });
  }
});
