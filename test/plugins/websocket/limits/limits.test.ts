import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConnectionCounter } from '../../../../src/plugins/websocket/limits/ConnectionCounter.ts';
import { TokenBucket } from '../../../../src/plugins/websocket/limits/TokenBucket.ts';

describe('TokenBucket', () => {
  it('allows twice the rate at once, then the rate', () => {
    const bucket = new TokenBucket(10, 0);
    for (let n = 0; n < 20; n++) assert.equal(bucket.take(1, 0), true);
    assert.equal(bucket.take(1, 0), false);
    assert.equal(bucket.take(1, 99), false);
    assert.equal(bucket.take(1, 100), true);
    assert.equal(bucket.take(1, 100), false);
  });

  it('never saves up more than the burst', () => {
    const bucket = new TokenBucket(10, 0);
    assert.equal(bucket.take(21, 1_000_000), false);
    assert.equal(bucket.take(20, 1_000_000), true);
  });

  it('is no limit at a rate of 0', () => {
    const bucket = new TokenBucket(0, 0);
    assert.equal(bucket.take(1e9, 0), true);
  });

  it('takes nothing away when the clock goes back', () => {
    const bucket = new TokenBucket(1, 1000);
    assert.equal(bucket.take(1, 0), true);
    assert.equal(bucket.take(1, 0), true);
  });
});

describe('ConnectionCounter', () => {
  const chat = { name: 'chat' };
  const other = { name: 'other' };

  it('says which cap is reached, and counts nothing then', () => {
    const counter = new ConnectionCounter({ total: 3, perApplication: 2, perAddress: 1 });
    assert.equal(counter.add(chat, '192.0.2.1'), undefined);
    assert.equal(counter.add(chat, '192.0.2.1'), 'address');
    assert.equal(counter.add(chat, '192.0.2.2'), undefined);
    assert.equal(counter.add(chat, '192.0.2.3'), 'application');
    assert.equal(counter.add(other, '192.0.2.3'), undefined);
    assert.equal(counter.add(other, '192.0.2.4'), 'total');
    assert.equal(counter.total, 3);
  });

  it('makes room again', () => {
    const counter = new ConnectionCounter({ total: 1, perApplication: 1, perAddress: 1 });
    assert.equal(counter.add(chat, '192.0.2.1'), undefined);
    counter.remove(chat, '192.0.2.1');
    assert.equal(counter.total, 0);
    assert.equal(counter.add(chat, '192.0.2.1'), undefined);
  });

  it('takes the addresses of an IPv6 network for one, as each client has a whole network of them', () => {
    const counter = new ConnectionCounter({ total: 0, perApplication: 0, perAddress: 1 });
    assert.equal(counter.add(chat, '2001:db8:1:2::1'), undefined);
    assert.equal(counter.add(chat, '2001:db8:1:2:ffff::9'), 'address');
    assert.equal(counter.add(chat, '2001:db8:1:3::1'), undefined);
    assert.equal(counter.add(chat, '2001:0DB8:0001:0003::5'), 'address');
    assert.equal(counter.add(chat, '2001:db8::1'), undefined);
    assert.equal(counter.add(chat, '2001:db8:0:0:7::1'), 'address');
    assert.equal(counter.add(chat, 'fe80::1%eth0'), undefined);
    assert.equal(counter.add(chat, '::ffff:192.0.2.1'), undefined);
    counter.remove(chat, '2001:db8:1:2:3:4:5:6');
    assert.equal(counter.add(chat, '2001:db8:1:2::7'), undefined);
  });

  it('has no cap per address for loopback, and none at 0', () => {
    const counter = new ConnectionCounter({ total: 0, perApplication: 0, perAddress: 1 });
    for (let n = 0; n < 5; n++) {
      assert.equal(counter.add(chat, '127.0.0.1'), undefined);
      assert.equal(counter.add(chat, '::1'), undefined);
    }
  });
});
