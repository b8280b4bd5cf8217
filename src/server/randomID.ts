import { randomBytes } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';
const LENGTH = 13;

/** Thirteen random upper-case letters and digits (65 bits), as Red5 names clients and sessions. */
export function randomID(): string {
  let id = '';
  for (const byte of randomBytes(LENGTH)) id += ALPHABET[byte & 31];
  return id;
}
