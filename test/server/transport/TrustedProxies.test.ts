import assert from 'node:assert/strict';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { TrustedProxies } from '../../../src/server/transport/TrustedProxies.ts';

function requestFrom(remoteAddress: string, headers: IncomingHttpHeaders): IncomingMessage {
  return { socket: { remoteAddress, remotePort: 4000 }, headers } as unknown as IncomingMessage;
}

describe('TrustedProxies', () => {
  const headers = {
    host: 'inner:8081',
    'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.1.2.3',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'Chat.Example',
  };

  it('ignores forwarded headers of everybody else', () => {
    const facts = new TrustedProxies(['10.0.0.0/8']).factsOf(requestFrom('203.0.113.1', headers));
    assert.deepEqual(facts, {
      remoteAddress: '203.0.113.1',
      remotePort: 4000,
      secure: false,
      host: 'inner:8081',
    });
  });

  it('takes the first address from the right that is no proxy, not what a client claims', () => {
    const facts = new TrustedProxies(['10.0.0.0/8']).factsOf(
      requestFrom('::ffff:10.0.0.1', headers),
    );
    assert.equal(facts.remoteAddress, '203.0.113.9');
    assert.equal(facts.secure, true);
    assert.equal(facts.host, 'chat.example');
  });

  it('stops at an entry that is no address', () => {
    const facts = new TrustedProxies(['::1']).factsOf(
      requestFrom('::1', { 'x-forwarded-for': '203.0.113.9, unknown' }),
    );
    assert.equal(facts.remoteAddress, '::1');
  });

  const chains: readonly (readonly [
    name: string,
    headers: IncomingHttpHeaders,
    expected: { readonly remoteAddress: string; readonly secure: boolean; readonly host: string },
  ])[] = [
    [
      'takes what the outermost trusted proxy appended, not what the client claimed before it',
      {
        'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.0.0.2',
        'x-forwarded-proto': 'https, http, https',
        'x-forwarded-host': 'evil.example, chat.example, inner',
      },
      { remoteAddress: '203.0.113.9', secure: false, host: 'chat.example' },
    ],
    [
      'takes the only value where proxies replace it',
      {
        'x-forwarded-for': '203.0.113.9, 10.0.0.2',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'chat.example:8443',
      },
      { remoteAddress: '203.0.113.9', secure: true, host: 'chat.example:8443' },
    ],
    [
      'takes one value per proxy',
      {
        'x-forwarded-for': '203.0.113.9, 10.0.0.2',
        'x-forwarded-proto': 'https, http',
        'x-forwarded-host': 'chat.example, inner',
      },
      { remoteAddress: '203.0.113.9', secure: true, host: 'chat.example' },
    ],
    [
      'takes the scheme in any case, and wss as secure',
      { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'WSS' },
      { remoteAddress: '203.0.113.9', secure: true, host: 'inner:8081' },
    ],
    [
      'takes a scheme it does not know for not secure',
      { 'x-forwarded-proto': 'gopher' },
      { remoteAddress: '10.0.0.1', secure: false, host: 'inner:8081' },
    ],
    [
      'takes addresses with ports, IPv6 ones in brackets too',
      { 'x-forwarded-for': '[2001:db8::7]:51234, 10.0.0.2:80' },
      { remoteAddress: '2001:db8::7', secure: false, host: 'inner:8081' },
    ],
    [
      'takes IPv4 in IPv6 for IPv4',
      { 'x-forwarded-for': '203.0.113.9, ::ffff:10.0.0.2' },
      { remoteAddress: '203.0.113.9', secure: false, host: 'inner:8081' },
    ],
    [
      'takes the last proxy when all of the chain is proxies',
      { 'x-forwarded-for': '10.0.0.3, 10.0.0.2' },
      { remoteAddress: '10.0.0.3', secure: false, host: 'inner:8081' },
    ],
    [
      'ignores empty values',
      { 'x-forwarded-for': ', ,', 'x-forwarded-proto': '', 'x-forwarded-host': ' ' },
      { remoteAddress: '10.0.0.1', secure: false, host: 'inner:8081' },
    ],
  ];
  for (const [name, forwarded, expected] of chains) {
    it(name, () => {
      const request = requestFrom('10.0.0.1', { host: 'inner:8081', ...forwarded });
      const { remotePort: _, ...facts } = new TrustedProxies(['10.0.0.0/8']).factsOf(request);
      assert.deepEqual(facts, expected);
    });
  }

  it('refuses entries that are no addresses', () => {
    assert.throws(() => new TrustedProxies(['proxy.example']), { code: 'BAD_PROXY_ADDRESS' });
    assert.throws(() => new TrustedProxies(['10.0.0.0/x']), { code: 'BAD_PROXY_ADDRESS' });
  });
});
