import { createHmac, timingSafeEqual } from 'node:crypto';

/** Bytes of C1, S1, C2 and S2. */
export const HANDSHAKE_BYTES = 1536;

const DIGEST_BYTES = 32;

// Both keys end in the same 32 bytes. They are known to everybody: the digest tells Flash from other clients and proves nothing.
const COMMON_KEY = Buffer.from(
  'f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae',
  'hex',
);
const CLIENT_KEY = Buffer.from('Genuine Adobe Flash Player 001');
const SERVER_KEY = Buffer.from('Genuine Adobe Flash Media Server 001');

/** Where the digest stands: four bytes at `base` say how far behind them. */
export type DigestScheme = 0 | 1;

const SCHEME_BASE: Readonly<Record<DigestScheme, number>> = { 0: 8, 1: 772 };
const OFFSET_RANGE = 728;

/** A digest that was found in a handshake message. */
export interface FoundDigest {
  readonly scheme: DigestScheme;
  readonly digest: Buffer;
}

/** Looks for a client's digest in C1, first by scheme 1, then by scheme 0. */
export function findClientDigest(c1: Buffer): FoundDigest | undefined {
  for (const scheme of [1, 0] as const) {
    const offset = digestOffset(c1, scheme);
    const digest = c1.subarray(offset, offset + DIGEST_BYTES);
    if (timingSafeEqual(digest, digestAround(c1, offset, CLIENT_KEY))) return { scheme, digest };
  }
  return undefined;
}

/** Puts the server's digest into S1, whose other bytes are final. */
export function signS1(s1: Buffer, scheme: DigestScheme): void {
  const offset = digestOffset(s1, scheme);
  digestAround(s1, offset, SERVER_KEY).copy(s1, offset);
}

/** Ends S2 with the signature that answers the client's digest. */
export function signS2(s2: Buffer, clientDigest: Buffer): void {
  const key = hmac(Buffer.concat([SERVER_KEY, COMMON_KEY]), clientDigest);
  const end = HANDSHAKE_BYTES - DIGEST_BYTES;
  hmac(key, s2.subarray(0, end)).copy(s2, end);
}

function digestOffset(message: Buffer, scheme: DigestScheme): number {
  const base = SCHEME_BASE[scheme];
  let sum = 0;
  for (let i = base; i < base + 4; i++) sum += message.readUInt8(i);
  return base + 4 + (sum % OFFSET_RANGE);
}

function digestAround(message: Buffer, offset: number, key: Buffer): Buffer {
  return createHmac('sha256', key)
    .update(message.subarray(0, offset))
    .update(message.subarray(offset + DIGEST_BYTES))
    .digest();
}

function hmac(key: Buffer, data: Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}
