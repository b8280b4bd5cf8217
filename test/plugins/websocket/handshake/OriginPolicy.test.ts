import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OriginPolicy } from '../../../../src/plugins/websocket/handshake/OriginPolicy.ts';

interface Case {
  readonly entries: readonly string[];
  readonly origin: string | undefined;
  readonly host?: string;
  readonly secure?: boolean;
  readonly allowed: boolean;
}

const cases: readonly Case[] = [
  { entries: ['https://a.example'], origin: 'https://a.example', allowed: true },
  { entries: ['https://a.example'], origin: 'https://a.example.evil', allowed: false },
  { entries: ['https://a.example'], origin: 'https://evil.a.example', allowed: false },
  { entries: ['https://a.example'], origin: 'http://a.example', allowed: false },
  { entries: ['https://a.example'], origin: 'https://a.example:8443', allowed: false },
  { entries: ['https://a.example'], origin: undefined, allowed: false },
  { entries: ['https://a.example'], origin: 'null', allowed: false },
  { entries: ['https://a.example:443/'], origin: 'https://a.example', allowed: true },
  { entries: ['HTTPS://A.example'], origin: 'https://a.example', allowed: true },
  { entries: ['a.example'], origin: 'https://a.example', allowed: true },
  { entries: ['a.example'], origin: 'http://a.example:5080', allowed: true },
  { entries: ['a.example'], origin: 'http://a.example.evil', allowed: false },
  { entries: ['a.example:8443'], origin: 'https://a.example:8443', allowed: true },
  { entries: ['a.example:8443'], origin: 'https://a.example', allowed: false },
  { entries: ['https://*'], origin: 'https://any.example', allowed: true },
  { entries: ['https://*'], origin: 'http://any.example', allowed: false },
  { entries: ['null'], origin: 'null', allowed: true },
  { entries: ['none'], origin: undefined, allowed: true },
  { entries: ['none'], origin: 'https://a.example', allowed: false },
  { entries: ['*'], origin: undefined, allowed: true },
  { entries: ['*'], origin: 'null', allowed: true },
  { entries: ['*'], origin: 'https://a.example', allowed: true },
  {
    entries: ['same-host'],
    origin: 'http://me.example:5080',
    host: 'me.example:8081',
    allowed: true,
  },
  {
    entries: ['same-host'],
    origin: 'http://you.example:8081',
    host: 'me.example:8081',
    allowed: false,
  },
  {
    entries: ['same-origin'],
    origin: 'http://me.example:8081',
    host: 'me.example:8081',
    allowed: true,
  },
  {
    entries: ['same-origin'],
    origin: 'http://me.example:5080',
    host: 'me.example:8081',
    allowed: false,
  },
  {
    entries: ['same-origin'],
    origin: 'https://me.example',
    host: 'me.example',
    secure: true,
    allowed: true,
  },
  { entries: ['same-origin'], origin: 'https://me.example', host: 'me.example', allowed: false },
  {
    entries: ['same-host'],
    origin: 'http://me.example@evil.example',
    host: 'me.example',
    allowed: false,
  },
  { entries: ['same-host'], origin: 'not an origin', host: 'me.example', allowed: false },
  { entries: [], origin: 'https://a.example', allowed: false },
  { entries: [], origin: undefined, allowed: false },
];

describe('OriginPolicy', () => {
  for (const { entries, origin, host = 'here.example', secure = false, allowed } of cases) {
    const title = `[${entries.join(', ')}] ${allowed ? 'allows' : 'refuses'} ${origin ?? 'no origin'} at ${host}`;
    it(secure ? `${title} over TLS` : title, () => {
      assert.equal(new OriginPolicy(entries).allows({ origin, host, secure }), allowed);
    });
  }
});
