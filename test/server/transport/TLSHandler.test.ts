import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connect } from 'node:tls';
import { createLogger } from '../../../src/base/index.ts';
import { type SocketHandler, TCPTransport, TLSHandler } from '../../../src/server/index.ts';
import { selfSignedCertificate } from '../../../src/server/transport/tls/selfSignedCertificate.ts';

const silent = createLogger({ level: 'silent' });

/** A protocol that begins with a letter and says back what it gets. */
class Echo implements SocketHandler {
  readonly protocolName = 'echo';

  acceptsFirstByte(byte: number): boolean {
    return byte >= 0x61 && byte <= 0x7a;
  }

  handleSocket(socket: Socket, head: Buffer): void {
    socket.write(head);
    socket.on('data', (bytes) => socket.write(bytes));
  }
}

interface Running extends AsyncDisposable {
  readonly port: number;
  readonly tls: TLSHandler;
}

async function startTLS(properties: Partial<TLSHandler>): Promise<Running> {
  const tls = Object.assign(
    new TLSHandler(),
    { handlers: [new Echo()], logger: silent },
    properties,
  );
  const transport = new TCPTransport();
  transport.host = '127.0.0.1';
  transport.logger = silent;
  transport.handlers = [tls, new Echo()];
  await tls.start();
  await transport.start();
  return {
    port: transport.address?.port ?? 0,
    tls,
    async [Symbol.asyncDispose]() {
      await transport.stop();
      tls.stop();
    },
  };
}

/** Writes a pair of files into a new folder. */
async function certificateFiles(hosts: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'red5-tls-'));
  const keyFile = join(folder, 'key.pem');
  const certificateFile = join(folder, 'cert.pem');
  const write = async (names: readonly string[]) => {
    const { key, cert } = selfSignedCertificate(names, Date.now());
    await writeFile(keyFile, key);
    await writeFile(certificateFile, cert);
    return cert;
  };
  const cert = await write(hosts);
  return { keyFile, certificateFile, write, cert, remove: () => rm(folder, { recursive: true }) };
}

async function say(port: number, text: string, ca?: string) {
  const socket = connect({
    port,
    host: '127.0.0.1',
    ...(ca ? { ca } : { rejectUnauthorized: false }),
  });
  await once(socket, 'secureConnect');
  const subject = socket.getPeerCertificate().subject.CN;
  socket.write(text);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  return { answer: String(answer), subject };
}

describe('TLSHandler', () => {
  it('decrypts and hands over by the first byte inside, on a port shared with plain connections', async () => {
    await using running = await startTLS({ selfSigned: true });
    assert.equal((await say(running.port, 'hello')).answer, 'hello');
    const plain = connectPlain(running.port, '127.0.0.1');
    plain.write('plain');
    assert.equal(String((await once(plain, 'data'))[0]), 'plain');
    plain.destroy();
  });

  it('closes a connection that begins like no protocol inside, and one that is no TLS', async () => {
    await using running = await startTLS({ selfSigned: true });
    const socket = connect({ port: running.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.write('\u0001');
    socket.resume();
    await once(socket, 'close');
    const broken = connectPlain(running.port, '127.0.0.1');
    broken.on('error', () => undefined);
    broken.write(Buffer.from('1603010005ffffffffff', 'hex'));
    broken.resume();
    await once(broken, 'close');
  });

  it('closes a connection that its protocol fails to take, and goes on', async () => {
    const broken: SocketHandler = {
      protocolName: 'broken',
      acceptsFirstByte: (byte) => byte === 0x42,
      handleSocket() {
        throw new Error('not today');
      },
    };
    await using running = await startTLS({ selfSigned: true, handlers: [broken, new Echo()] });
    const socket = connect({ port: running.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.write('B');
    socket.resume();
    await once(socket, 'close');
    assert.equal((await say(running.port, 'hello')).answer, 'hello');
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`agrees on ${maxVersion} when that is its highest`, async () => {
      await using running = await startTLS({ selfSigned: true, maxVersion });
      const socket = connect({ port: running.port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      assert.equal(socket.getProtocol(), maxVersion);
      socket.destroy();
    });
  }

  it('names its addresses after what is inside', () => {
    const web = Object.assign(new Echo(), { protocolName: 'websocket', urlScheme: 'ws' });
    const tls = Object.assign(new TLSHandler(), { handlers: [new Echo(), web] });
    assert.deepEqual(tls.urlSchemes, ['echos', 'wss']);
  });

  it('does not start without files and without leave to make a certificate', async () => {
    const tls = Object.assign(new TLSHandler(), { logger: silent });
    await assert.rejects(tls.start(), { name: 'LifecycleError', code: 'TLS_CERTIFICATE' });
  });

  it('uses files, and new files after a reload, while open connections live on', async () => {
    const files = await certificateFiles(['one.example', '127.0.0.1']);
    await using running = await startTLS({
      keyFile: files.keyFile,
      certificateFile: files.certificateFile,
    });
    const first = await say(running.port, 'a', files.cert);
    assert.deepEqual(first, { answer: 'a', subject: 'one.example' });
    assert.equal(await running.tls.reload(), false);
    const old = connect({ port: running.port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(old, 'secureConnect');
    await files.write(['two.example']);
    assert.equal(await running.tls.reload(), true);
    assert.equal((await say(running.port, 'b')).subject, 'two.example');
    old.write('still');
    assert.equal(String((await once(old, 'data'))[0]), 'still');
    old.destroy();
    await writeFile(files.certificateFile, 'nonsense');
    assert.equal(await running.tls.reload(), false);
    await rm(files.certificateFile); // as between the two steps of a renewal
    assert.equal(await running.tls.reload(), false);
    assert.equal((await say(running.port, 'c')).subject, 'two.example');
    await files.remove();
  });

  for (const [what, write] of [
    ['are missing', async () => undefined],
    [
      'are no certificate',
      (key: string, cert: string) => Promise.all([writeFile(key, 'x'), writeFile(cert, 'y')]),
    ],
  ] as const) {
    it(`does not start when the files ${what}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'red5-tls-'));
      const keyFile = join(folder, 'key.pem');
      const certificateFile = join(folder, 'cert.pem');
      await write(keyFile, certificateFile);
      const tls = Object.assign(new TLSHandler(), { keyFile, certificateFile, logger: silent });
      await assert.rejects(tls.start(), { name: 'LifecycleError', code: 'TLS_CERTIFICATE' });
      await rm(folder, { recursive: true });
    });
  }

  it('takes nothing before start and after stop', async () => {
    const running = await startTLS({ selfSigned: true });
    running.tls.stop();
    running.tls.stop();
    const socket = connect({ port: running.port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.on('close', resolve));
    await running[Symbol.asyncDispose]();
  });
});

describe('selfSignedCertificate', () => {
  it('is for the hosts it was made for, for a year, and signed by itself', () => {
    const now = Date.UTC(2026, 10, 24);
    const { cert } = selfSignedCertificate(['localhost', '127.0.0.1', '::1'], now);
    const certificate = new X509Certificate(cert);
    assert.equal(certificate.subject, 'CN=localhost');
    assert.equal(certificate.checkHost('localhost'), 'localhost');
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(certificate.checkIP('::1'), '::1');
    assert.equal(certificate.checkHost('example.com'), undefined);
    assert.equal(Date.parse(certificate.validTo), now + 365 * 86_400_000);
    assert.ok(certificate.verify(certificate.publicKey));
  });
});
