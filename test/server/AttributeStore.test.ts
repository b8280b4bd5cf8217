import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AttributeStore } from '../../src/server/index.ts';

describe('AttributeStore', () => {
  it('says whether a value is new or different by content', () => {
    const store = new AttributeStore();
    const list = [1];
    const cases: [unknown, boolean][] = [
      [1, true],
      [1, false],
      [Number.NaN, true],
      [Number.NaN, false],
      ['1', true],
      [list, true],
      [[1], false],
      [[1, 2], true],
      [[1], true],
      [{ a: { b: 1 } }, true],
      [{ a: { b: 1 } }, false],
      [{ a: { b: 1, c: 2 } }, true],
      [{ a: { b: 1 } }, true],
      [new Map([['k', 1]]), true],
      [new Map([['k', 1]]), false],
      [new Date(5), true],
      [new Date(5), false],
      [new Date(6), true],
      [Uint8Array.of(1, 2), true],
      [Uint8Array.of(1, 2), false],
      [Uint8Array.of(1, 3), true],
      [new Set([1]), true],
      [new Set([1]), false],
      [null, false],
      [undefined, false],
    ];
    for (const [value, changed] of cases)
      assert.equal(store.setAttribute('k', value), changed, String(value));
    assert.deepEqual(store.getAttribute('k'), new Set([1]));
  });

  it('counts an object that is set again as changed, since it may have been modified', () => {
    const store = new AttributeStore();
    const list = [1];
    store.setAttribute('k', list);
    list.push(2);
    assert.equal(store.setAttribute('k', list), true);
    const frozen = Object.freeze([1]);
    store.setAttribute('k', frozen);
    assert.equal(store.setAttribute('k', frozen), false);
  });

  it('finds, defaults and removes', () => {
    const store = new AttributeStore();
    assert.equal(store.getAttribute('k'), undefined);
    assert.equal(store.getAttribute('k', 5), 5);
    assert.equal(store.hasAttribute('k'), false);
    assert.equal(store.setAttributeIfAbsent('k', 1), undefined);
    assert.equal(store.setAttributeIfAbsent('k', 2), 1);
    assert.equal(store.setAttributes({ k: 1, l: 2 }), true);
    assert.equal(store.setAttributes(store), false);
    assert.deepEqual(store.getAttributeNames(), ['k', 'l']);
    assert.equal(store.attributeCount, 2);
    assert.equal(store.removeAttribute('k'), true);
    assert.equal(store.removeAttribute('k'), false);
    store.removeAttributes();
    assert.equal(store.attributes.size, 0);
  });

  it('gives typed values, and refuses those of another type', () => {
    const store = new AttributeStore();
    store.setAttributes({ s: 'x', n: 1, b: true, l: [1] });
    assert.equal(store.getStringAttribute('s'), 'x');
    assert.equal(store.getNumberAttribute('n'), 1);
    assert.equal(store.getBoolAttribute('b'), true);
    assert.deepEqual(store.getListAttribute('l'), [1]);
    assert.equal(store.getStringAttribute('absent'), undefined);
    assert.throws(() => store.getStringAttribute('n'), { code: 'ATTRIBUTE_TYPE' });
    assert.throws(() => store.getNumberAttribute('s'), { code: 'ATTRIBUTE_TYPE' });
  });

  it('tells listeners of changes only', () => {
    const store = new AttributeStore();
    const heard: unknown[] = [];
    const listener = {
      attributeChanged: (_store: AttributeStore, name: string, value: unknown, previous: unknown) =>
        heard.push([name, value, previous]),
    };
    store.addAttributeListener(listener);
    store.setAttribute('k', 1);
    store.setAttribute('k', 1);
    store.setAttribute('k', 2);
    store.removeAttribute('k');
    store.removeAttribute('k');
    store.removeAttributeListener(listener);
    store.setAttribute('k', 3);
    assert.deepEqual(heard, [
      ['k', 1, undefined],
      ['k', 2, 1],
      ['k', undefined, 2],
    ]);
  });
});
