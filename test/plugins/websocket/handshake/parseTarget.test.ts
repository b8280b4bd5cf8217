import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  appendScope,
  parseTarget,
} from '../../../../src/plugins/websocket/handshake/parseTarget.ts';

describe('parseTarget', () => {
  const paths: readonly (readonly [target: string, path: string | undefined])[] = [
    ['/chat', 'chat'],
    ['/chat/', 'chat'],
    ['//chat//room1', 'chat/room1'],
    ['/chat/room%201', 'chat/room 1'],
    ['/chat/%E2%82%AC', 'chat/€'],
    ['/', ''],
    ['/chat/a%2Fb', undefined],
    ['/chat/%zz', undefined],
    ['/chat/%FF', undefined],
    ['chat', undefined],
    ['http://host/chat', undefined],
  ];
  for (const [target, path] of paths) {
    it(`reads the path of ${target} as ${path}`, () => {
      assert.equal(parseTarget(target)?.path, path);
    });
  }

  it('decodes parameters, and gives one without value an empty text', () => {
    const parameters = parseTarget('/chat?id=a%20b&flag&sum=1+1&eq=a=b')?.parameters;
    assert.deepEqual({ ...parameters }, { id: 'a b', flag: '', sum: '1 1', eq: 'a=b' });
  });

  it('takes the first of repeated parameters', () => {
    assert.equal(parseTarget('/chat?a=1&a=2')?.parameters['a'], '1');
  });

  it('treats __proto__ as a name like any other', () => {
    const parameters = parseTarget('/chat?__proto__=x')?.parameters;
    assert.deepEqual(Object.entries(parameters ?? {}), [['__proto__', 'x']]);
    assert.equal(({} as Record<string, unknown>)['x'], undefined);
  });

  it('looks at no more than 100 parameters', () => {
    const query = Array.from({ length: 200 }, (_, n) => `p${n}=1`).join('&');
    assert.equal(Object.keys(parseTarget(`/chat?${query}`)?.parameters ?? {}).length, 100);
  });

  it('appends the rooms of a scope parameter', () => {
    assert.equal(appendScope('chat', 'room1/room2'), 'chat/room1/room2');
    assert.equal(appendScope('chat/room1', '/room2/'), 'chat/room1/room2');
    assert.equal(appendScope('chat', undefined), 'chat');
    assert.equal(appendScope('chat', ''), 'chat');
  });
});
