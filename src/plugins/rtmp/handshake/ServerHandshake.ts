import { randomFillSync } from 'node:crypto';
import { rtmpError } from '../rtmpErrors.ts';
import { findClientDigest, HANDSHAKE_BYTES, signS1, signS2 } from './digest.ts';

const PLAIN_VERSION = 3;
const ENCRYPTED_VERSIONS: ReadonlySet<number> = new Set([6, 8, 9]);

/** What came of a piece of the handshake. */
export interface HandshakeStep {
  /** Bytes for the client: S0, S1 and S2 at once. */
  readonly reply?: Buffer;
  /** Set when the handshake is over: the bytes that follow it, which are chunks. */
  readonly rest?: Buffer;
}

/**
 * The server's side of the handshake, fed with bytes in pieces of any size.
 *
 * A client that signs its C1 (Flash, rtmpdump) gets signed answers, every other one the plain handshake, also if it
 * claims a version (rule 38: a version number without digest is no reason to refuse).
 */
export class ServerHandshake {
  readonly #uptimeMs: number;
  #received: Buffer = Buffer.alloc(0);
  #replied = false;

  /** @param uptimeMs - the time stamp of S1 */
  constructor(uptimeMs: number) {
    this.#uptimeMs = uptimeMs;
  }

  /**
   * Takes the next bytes.
   *
   * @throws ProtocolError with code `RTMP_BAD_VERSION` or `RTMPE_NOT_SUPPORTED`
   */
  receive(bytes: Buffer): HandshakeStep {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    if (this.#received.length > 0 && !this.#replied) checkVersion(this.#received.readUInt8(0));
    let reply: Buffer | undefined;
    if (!this.#replied && this.#received.length > HANDSHAKE_BYTES) {
      reply = this.#reply(this.#take(1 + HANDSHAKE_BYTES).subarray(1));
      this.#replied = true;
    }
    if (!this.#replied || this.#received.length < HANDSHAKE_BYTES) {
      return reply === undefined ? {} : { reply };
    }
    // C2 repeats S1 or signs it. Real clients send all kinds of things here, and nothing depends on it.
    this.#take(HANDSHAKE_BYTES);
    const rest = this.#received;
    return reply === undefined ? { rest } : { reply, rest };
  }

  #take(length: number): Buffer {
    const taken = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return taken;
  }

  #reply(c1: Buffer): Buffer {
    const reply = Buffer.alloc(1 + 2 * HANDSHAKE_BYTES);
    reply[0] = PLAIN_VERSION;
    const s1 = reply.subarray(1, 1 + HANDSHAKE_BYTES);
    const s2 = reply.subarray(1 + HANDSHAKE_BYTES);
    s1.writeUInt32BE(this.#uptimeMs >>> 0, 0);
    randomFillSync(s1, 8);
    c1.copy(s2);
    const found = c1.readUInt32BE(4) === 0 ? undefined : findClientDigest(c1);
    if (found !== undefined) {
      // A client takes a version of zero for the plain handshake; this one is that of a Flash Media Server that signs.
      s1.writeUInt32BE(0x04000001, 4);
      signS1(s1, found.scheme);
      signS2(s2, found.digest);
    }
    return reply;
  }
}

function checkVersion(version: number): void {
  if (version === PLAIN_VERSION) return;
  if (ENCRYPTED_VERSIONS.has(version)) {
    throw rtmpError('RTMPE_NOT_SUPPORTED', `the client asks for RTMPE (version ${version})`);
  }
  throw rtmpError('RTMP_BAD_VERSION', `version ${version}, expected ${PLAIN_VERSION}`);
}
