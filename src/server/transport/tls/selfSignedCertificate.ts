import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

/** A private key and its certificate, both in PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 86_400_000;

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectID: 0x06,
  utf8: 0x0c,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  explicit0: 0xa0,
  explicit3: 0xa3,
  dnsName: 0x82,
  ipAddress: 0x87,
} as const;

// Object identifiers, encoded.
const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const COMMON_NAME = '550403';
const SUBJECT_ALT_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';

/**
 * Makes a certificate that signs itself, for development: no client trusts it unless it is told to.
 *
 * @param hosts - names and addresses it is for; the first is its name
 */
export function selfSignedCertificate(hosts: readonly string[], now: number): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectID(ECDSA_WITH_SHA256));
  const name = sequence(
    element(
      TAG.set,
      sequence(objectID(COMMON_NAME), element(TAG.utf8, Buffer.from(hosts[0] ?? ''))),
    ),
  );
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01; // positive, and without leading zeros
  const body = sequence(
    element(TAG.explicit0, element(TAG.integer, Buffer.of(2))), // version 3
    element(TAG.integer, serial),
    algorithm,
    name,
    sequence(time(now - DAY_MS), time(now + 365 * DAY_MS)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(
      TAG.explicit3,
      sequence(
        extension(SUBJECT_ALT_NAME, sequence(...hosts.map(alternativeName))),
        extension(BASIC_CONSTRAINTS, sequence(element(TAG.boolean, Buffer.of(0xff))), true),
      ),
    ),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(
    body,
    algorithm,
    element(TAG.bitString, Buffer.concat([Buffer.of(0), signature])),
  );
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: new X509Certificate(certificate).toString(),
  };
}

/** What people compare to be sure: SHA-256 of the certificate, in pairs. */
export function fingerprintOf(cert: string): string {
  const hash = createHash('sha256').update(new X509Certificate(cert).raw).digest('hex');
  return hash.toUpperCase().match(/../g)?.join(':') ?? '';
}

function alternativeName(host: string): Buffer {
  if (isIP(host) === 4) {
    return element(TAG.ipAddress, Buffer.from(host.split('.').map(Number)));
  }
  if (host === '::1')
    return element(TAG.ipAddress, Buffer.concat([Buffer.alloc(15), Buffer.of(1)]));
  return element(TAG.dnsName, Buffer.from(host, 'latin1'));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [element(TAG.boolean, Buffer.of(0xff))] : [];
  return sequence(objectID(id), ...flag, element(TAG.octetString, value));
}

function objectID(hex: string): Buffer {
  return element(TAG.objectID, Buffer.from(hex, 'hex'));
}

/** `20261124150000Z` */
function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');
  return element(TAG.generalizedTime, Buffer.from(digits, 'latin1'));
}

function sequence(...parts: Buffer[]): Buffer {
  return element(TAG.sequence, Buffer.concat(parts));
}

/** One element of DER: tag, length, content. */
function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  if (length < 0x100) return Buffer.concat([Buffer.of(tag, 0x81, length), content]);
  return Buffer.concat([Buffer.of(tag, 0x82, length >>> 8, length & 0xff), content]);
}
