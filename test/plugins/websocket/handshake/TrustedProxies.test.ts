import assert from 'node:assert/strict';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { TrustedProxies } from '../../../../src/plugins/websocket/handshake/TrustedProxies.ts';

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

  it('refuses entries that are no addresses', () => {
    assert.throws(() => new TrustedProxies(['proxy.example']), { code: 'BAD_PROXY_ADDRESS' });
    assert.throws(() => new TrustedProxies(['10.0.0.0/x']), { code: 'BAD_PROXY_ADDRESS' });
  });
});
