import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Backoff } from '../../../webapps/chat/client/Backoff.ts';
import { cleanName, isOnlyEmoji, readLine, writeLine } from '../../../webapps/chat/client/line.ts';
import {
  contextPath,
  readRoom,
  rtmpAddress,
  socketAddress,
} from '../../../webapps/chat/client/place.ts';

describe('a line of the chat page', () => {
  const cases = [
    { frame: 'hello', line: { text: 'hello' } },
    { frame: '', line: { text: '' } },
    { frame: '{"name":"Ann","text":"hi"}', line: { name: 'Ann', text: 'hi' } },
    { frame: ' {"text":"hi","id":"x"}', line: { text: 'hi', id: 'x' } },
    { frame: '{"name":" \\n ","text":"hi"}', line: { text: 'hi' } },
    { frame: '{"name":7,"text":"hi","id":8}', line: { text: 'hi' } },
    { frame: '{"name":"Ann"}', line: { text: '{"name":"Ann"}' } },
    { frame: '{"text":5}', line: { text: '{"text":5}' } },
    { frame: '{not JSON', line: { text: '{not JSON' } },
    { frame: '["text"]', line: { text: '["text"]' } },
    { frame: '{"__proto__":{"text":"x"}}', line: { text: '{"__proto__":{"text":"x"}}' } },
  ];
  for (const { frame, line } of cases) {
    it(`is read from ${JSON.stringify(frame)}`, () => assert.deepEqual(readLine(frame), line));
  }

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (id, text) => {
        const line = { id, name: 'Ann', text };
        assert.deepEqual(readLine(writeLine(line)), line);
      }),
    );
  });

  it('is read from any text without failing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (frame) => {
        assert.equal(typeof readLine(frame).text, 'string');
      }),
    );
  });
});

describe('a name', () => {
  const cases = [
    { name: 'Ann', clean: 'Ann' },
    { name: '  Ann \n Fletcher ', clean: 'Ann Fletcher' },
    { name: '\u0000\u2028', clean: undefined },
    { name: '👩‍🚀'.repeat(30), clean: [...'👩‍🚀'.repeat(30)].slice(0, 40).join('') },
    { name: undefined, clean: undefined },
  ];
  for (const { name, clean } of cases) {
    it(`is cleaned: ${JSON.stringify(name)?.slice(0, 30)}`, () =>
      assert.equal(cleanName(name), clean));
  }
});

describe('emoji alone', () => {
  for (const text of ['👍', '👍🏽 🎉', '👩‍🚀', '❤️']) {
    it(`are ${text}`, () => assert.equal(isOnlyEmoji(text), true));
  }
  for (const text of ['', 'a👍', '1', '👍👍👍👍', '#']) {
    it(`are not "${text}"`, () => assert.equal(isOnlyEmoji(text), false));
  }
});

describe('the place of the chat page', () => {
  const cases = [
    { page: 'http://localhost:5080/chat/', path: '/chat', ws: 'ws://localhost:5080/chat' },
    { page: 'http://h/chat/index.html#room1', path: '/chat', ws: 'ws://h/chat' },
    { page: 'https://h/chat2/?x=1', path: '/chat2', ws: 'wss://h/chat2' },
    { page: 'http://h/a/b/', path: '/a/b', ws: 'ws://h/a/b' },
    { page: 'http://h/', path: '', ws: 'ws://h/' },
  ];
  for (const { page, path, ws } of cases) {
    it(`follows from ${page}`, () => {
      assert.equal(contextPath(new URL(page)), path);
      assert.equal(socketAddress(new URL(page), ''), ws);
      assert.equal(socketAddress(new URL(page), 'room1/x'), `${ws.replace(/\/$/, '')}/room1/x`);
    });
  }

  it('tells where RTMP clients find the room', () => {
    const page = new URL('http://localhost:5080/chat/');
    assert.equal(rtmpAddress(page, 'room1'), 'rtmp://localhost:5080/chat/room1');
  });

  const rooms = [
    { text: '', room: '' },
    { text: '#', room: '' },
    { text: '#room1', room: 'room1' },
    { text: ' /garden/pond/ ', room: 'garden/pond' },
    { text: 'no room', room: undefined },
    { text: '../secret', room: undefined },
    { text: 'a//b', room: undefined },
    { text: 'x'.repeat(61), room: undefined },
  ];
  for (const { text, room } of rooms) {
    it(`reads "${text.slice(0, 20)}" as ${room === undefined ? 'no room' : `room "${room}"`}`, () =>
      assert.equal(readRoom(text), room));
  }
});

describe('the pauses between attempts to connect', () => {
  it('double up to the longest, and start over after a success', () => {
    const backoff = new Backoff({ firstMs: 100, longestMs: 1000, random: () => 1 });
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map(() => backoff.next()),
      [100, 200, 400, 800, 1000, 1000],
    );
    backoff.reset();
    assert.equal(backoff.next(), 100);
  });

  it('differ between clients, by less than half', () => {
    const soonest = new Backoff({ firstMs: 100, random: () => 0 });
    assert.equal(soonest.next(), 60);
  });
});
