import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { createLogger } from '../../../src/base/index.ts';
import { HTTPPlugin } from '../../../src/plugins/http/index.ts';
import {
  MultiThreadedApplicationAdapter,
  type RequestHandler,
  Server,
  TCPTransport,
  type UpgradeHandler,
  WebScope,
} from '../../../src/server/index.ts';

const logger = createLogger({ level: 'silent', format: 'json' });

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A server with two applications: `/chat` for all hosts, and `/x` for the host `x.example`. */
async function startServer(folder: string, settings: Partial<HTTPPlugin> = {}) {
  const server = new Server();
  server.logger = logger;
  const plugin = Object.assign(new HTTPPlugin(), settings, { server });
  const transport = Object.assign(new TCPTransport(), {
    name: 'http',
    host: '127.0.0.1',
    handlers: [plugin],
    logger,
  });
  await plugin.start();
  await transport.start();
  const scopes: WebScope[] = [];
  const deploy = async (contextPath: string, name: string, virtualHosts = '*') => {
    const scope = new WebScope();
    scope.server = server;
    scope.parent = server.globalScope;
    scope.contextPath = contextPath;
    scope.virtualHosts = virtualHosts;
    scope.handler = new MultiThreadedApplicationAdapter();
    scope.setServletContext({
      name,
      folder: join(folder, name),
      isPrivate: (path) => path === 'secret.html',
    });
    await scope.start();
    scopes.push(scope);
  };
  await deploy('/chat', 'chat');
  await deploy('/x', 'x', 'x.example');
  const port = transport.address?.port ?? 0;
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    new Promise<Answer>((resolve, reject) => {
      const options = { port, host: '127.0.0.1', path, method, headers, agent: false };
      const asked = request(options, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      });
      asked.on('error', reject);
      asked.end();
    });
  const stop = async () => {
    await transport.stop();
    for (const scope of scopes) await scope.stop();
    await plugin.stop();
    await server.stop();
  };
  return { server, plugin, port, ask, deploy, stop, [Symbol.asyncDispose]: stop };
}

/** Everything a raw request is answered with. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

describe('HTTPPlugin', () => {
  let folder = '';

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'red5-http-'));
    const files: Record<string, string> = {
      'chat/index.html': '<p>chat</p>',
      'chat/app.js': '0123456789',
      'chat/a b/index.html': 'spaced',
      'chat/empty.txt': '',
      'chat/secret.html': 'secret',
      'chat/red5-web.yaml': 'beans:',
      'chat/Application.ts': 'code',
      'chat/WEB-INF/x.html': 'secret',
      'x/index.html': 'only here',
      'outside.txt': 'outside',
    };
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), content);
    }
    await utimes(join(folder, 'chat/app.js'), 1_700_000_000, 1_700_000_000);
  });

  after(() => rm(folder, { recursive: true }));

  it('serves files of an application with type, validators and careful headers', async () => {
    await using server = await startServer(folder);
    const { status, headers, body } = await server.ask('/chat/app.js?v=1');
    assert.equal(status, 200);
    assert.equal(body, '0123456789');
    assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(headers['content-length'], '10');
    assert.equal(headers['last-modified'], 'Tue, 14 Nov 2023 22:13:20 GMT');
    assert.equal(headers['cache-control'], 'no-cache');
    assert.equal(headers['accept-ranges'], 'bytes');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['x-frame-options'], 'SAMEORIGIN');
    assert.ok(headers.etag);
    assert.equal(headers['server'], undefined);
    assert.equal(headers['x-powered-by'], undefined);
  });

  it('serves the index page of a folder, and leads there from the path without its slash', async () => {
    await using server = await startServer(folder);
    assert.equal((await server.ask('/chat/')).body, '<p>chat</p>');
    const redirect = await server.ask('/chat?name=a');
    assert.equal(redirect.status, 308);
    assert.equal(redirect.headers.location, '/chat/?name=a');
    const spaced = await server.ask('/chat/a%20b');
    assert.equal(spaced.headers.location, '/chat/a%20b/');
    assert.equal((await server.ask('/chat/a%20b/')).body, 'spaced');
  });

  it('never leads to another host', async () => {
    await using server = await startServer(folder);
    assert.equal((await server.ask('//chat')).headers.location, '/chat/');
    assert.equal((await server.ask('//evil.example/..')).status, 404);
  });

  it('answers HEAD like GET without a body', async () => {
    await using server = await startServer(folder);
    const { status, headers, body } = await server.ask('/chat/app.js', {}, 'HEAD');
    assert.deepEqual([status, headers['content-length'], body], [200, '10', '']);
    const missing = await server.ask('/chat/none', {}, 'HEAD');
    assert.deepEqual([missing.status, missing.body], [404, '']);
  });

  it('serves an empty file', async () => {
    await using server = await startServer(folder);
    const { status, headers, body } = await server.ask('/chat/empty.txt');
    assert.deepEqual([status, headers['content-length'], body], [200, '0', '']);
  });

  it('answers conditional requests with 304', async () => {
    await using server = await startServer(folder);
    const etag = (await server.ask('/chat/app.js')).headers.etag ?? '';
    const cases: readonly (readonly [headers: Record<string, string>, status: number])[] = [
      [{ 'If-None-Match': etag }, 304],
      [{ 'If-None-Match': `"other", W/${etag}` }, 304],
      [{ 'If-None-Match': '*' }, 304],
      [{ 'If-None-Match': '"other"' }, 200],
      [{ 'If-Modified-Since': 'Tue, 14 Nov 2023 22:13:20 GMT' }, 304],
      [{ 'If-Modified-Since': 'Tue, 14 Nov 2023 22:13:19 GMT' }, 200],
      [{ 'If-Modified-Since': 'nonsense' }, 200],
      [{ 'If-None-Match': '"other"', 'If-Modified-Since': 'Tue, 14 Nov 2023 22:13:20 GMT' }, 200],
    ];
    for (const [headers, status] of cases) {
      assert.equal((await server.ask('/chat/app.js', headers)).status, status);
    }
  });

  it('answers ranges', async () => {
    await using server = await startServer(folder);
    const part = await server.ask('/chat/app.js', { Range: 'bytes=2-4' });
    assert.deepEqual(
      [part.status, part.body, part.headers['content-range'], part.headers['content-length']],
      [206, '234', 'bytes 2-4/10', '3'],
    );
    assert.equal((await server.ask('/chat/app.js', { Range: 'bytes=-2' })).body, '89');
    const beyond = await server.ask('/chat/app.js', { Range: 'bytes=10-' });
    assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, 'bytes */10']);
    const stale = await server.ask('/chat/app.js', { Range: 'bytes=2-4', 'If-Range': '"old"' });
    assert.deepEqual([stale.status, stale.body], [200, '0123456789']);
  });

  const hidden = [
    '/chat/secret.html',
    '/chat/red5-web.yaml',
    '/chat/Application.ts',
    '/chat/WEB-INF/x.html',
    '/chat/%57EB-INF/x.html',
    '/chat/../outside.txt',
    '/chat/..%2Foutside.txt',
    '/chat/%2e%2e/outside.txt',
    '/chat/%2e%2e%2foutside.txt',
    '/chat/..%5coutside.txt',
    '/chat/%252e%252e/outside.txt',
    '/chat//../../outside.txt',
    '/chat/app.js%00.html',
    '/chat/app.js/',
    '/chat/none.html',
    '/outside.txt',
    '/none/',
  ];
  for (const path of hidden) {
    it(`answers ${path} with 404`, async () => {
      await using server = await startServer(folder);
      const { status, headers } = await server.ask(path);
      assert.equal(status, 404);
      assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    });
  }

  it('answers malformed addresses with 400', async () => {
    await using server = await startServer(folder);
    assert.equal((await server.ask('/chat/%zz')).status, 400);
    assert.equal((await server.ask('/chat/%ff')).status, 400);
    const answer = await raw(
      server.port,
      'GET chat HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    assert.match(answer, /^HTTP\/1\.1 400 /);
  });

  it('answers other methods with 405', async () => {
    await using server = await startServer(folder);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      const { status, headers } = await server.ask('/chat/app.js', {}, method);
      assert.deepEqual([status, headers.allow], [405, 'GET, HEAD']);
    }
  });

  it('lists the applications of the host on the root page, names escaped', async () => {
    await using server = await startServer(folder);
    await server.deploy('/<b>"&', 'chat');
    const { status, headers, body } = await server.ask('/');
    assert.equal(status, 200);
    assert.match(body, /<a href="\/chat\/">chat/);
    assert.ok(body.includes('&#60;b&#62;&#34;&#38;'));
    assert.ok(!body.includes('<b>'));
    assert.ok(body.includes('/%3Cb%3E%22%26/'));
    assert.ok(!body.includes('href="/x/"'));
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
    assert.ok((await server.ask('/', { Host: 'X.example:5080' })).body.includes('href="/x/"'));
  });

  it('serves an application to its virtual hosts only', async () => {
    await using server = await startServer(folder);
    assert.equal((await server.ask('/x/')).status, 404);
    assert.equal((await server.ask('/x/', { Host: 'x.example' })).body, 'only here');
    assert.equal((await server.ask('/x/', { Host: 'x.example.:5080' })).body, 'only here');
  });

  it('goes by the host of an address in full, and refuses a second Host', async () => {
    await using server = await startServer(folder);
    const asked = (lines: string) => raw(server.port, `${lines}\r\nConnection: close\r\n\r\n`);
    const full = 'GET http://x.example:5080/x/ HTTP/1.1\r\nHost: other.example';
    assert.match(await asked(full), /^HTTP\/1\.1 200 .*only here$/s);
    const two = 'GET /x/ HTTP/1.1\r\nHost: other.example\r\nHost: x.example';
    assert.match(await asked(two), /^HTTP\/1\.1 400 /);
    const upgrade = `${two}\r\nUpgrade: websocket\r\nConnection: upgrade`;
    assert.match(await raw(server.port, `${upgrade}\r\n\r\n`), /^HTTP\/1\.1 400 /);
  });

  it('believes the host of a request that a trusted proxy passed on, and of no other', async () => {
    const forwarded = { Host: 'backend', 'X-Forwarded-Host': 'x.example' };
    await using plain = await startServer(folder);
    assert.equal((await plain.ask('/x/', forwarded)).status, 404);
    await using server = await startServer(folder, { trustedProxies: ['127.0.0.0/8'] });
    assert.equal((await server.ask('/x/', forwarded)).body, 'only here');
    assert.ok((await server.ask('/', forwarded)).body.includes('href="/x/"'));
    // What stands left of what the proxy wrote came with the request.
    const forged = { ...forwarded, 'X-Forwarded-Host': 'x.example, y.example' };
    assert.equal((await server.ask('/x/', forged)).status, 404);
  });

  it('serves an application with an empty context path at the root, beside the others', async () => {
    await using server = await startServer(folder);
    await server.deploy('/', 'x');
    assert.equal((await server.ask('/')).body, 'only here');
    assert.equal((await server.ask('/chat/')).body, '<p>chat</p>');
  });

  it('lets headers be replaced, added and left out', async () => {
    const headers = new Map([
      ['x-frame-options', 'DENY'],
      ['Referrer-Policy', ''],
      ['Strict-Transport-Security', 'max-age=1'],
    ]);
    await using server = await startServer(folder, { headers });
    const answer = await server.ask('/chat/');
    assert.equal(answer.headers['x-frame-options'], 'DENY');
    assert.equal(answer.headers['referrer-policy'], undefined);
    assert.equal(answer.headers['strict-transport-security'], 'max-age=1');
  });

  it('keeps a connection for several requests', async () => {
    await using server = await startServer(folder);
    const one = 'GET /chat/app.js HTTP/1.1\r\nHost: x\r\n\r\n';
    const last = one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
    const answer = await raw(server.port, one + one + last);
    assert.equal(answer.split('0123456789').length, 4);
  });

  it('hands upgrade requests to the handler of that name', async () => {
    const taken: string[] = [];
    const handler: UpgradeHandler = {
      upgradeName: 'websocket',
      handleUpgrade(asked, socket: Duplex, head: Buffer) {
        taken.push(`${asked.url} ${head.toString()}`);
        socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      },
    };
    await using server = await startServer(folder, { upgradeHandlers: [handler] });
    const ask = (name: string) =>
      raw(
        server.port,
        `GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${name}\r\n\r\nhead`,
      );
    assert.match(await ask('WebSocket'), /^HTTP\/1\.1 101 /);
    assert.deepEqual(taken, ['/chat head']);
  });

  it('answers who wants another protocol as if it had not asked, and lets go of the connection', async () => {
    await using server = await startServer(folder, {});
    // As curl --http2 does; the other side is left open, and cannot keep the connection.
    const client = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
    client.write(
      'GET /chat/app.js HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    );
    let answer = '';
    client.on('data', (chunk) => {
      answer += String(chunk);
    });
    await once(client, 'end');
    assert.match(answer, /^HTTP\/1\.1 200 .*\r\nConnection: close\r\n.*0123456789$/s);
    const cut = once(client, 'error');
    const timer = setInterval(() => client.write('still here'), 5);
    assert.match(String(await cut), /ECONNRESET|EPIPE/);
    clearInterval(timer);
  });

  it('asks request handlers in order before it looks for files', async () => {
    const asked: string[] = [];
    const handler = (name: string, path: string): RequestHandler => ({
      handleRequest(request, response) {
        asked.push(name);
        if (request.url !== path) return false;
        response.end(name);
        return true;
      },
    });
    const requestHandlers = [handler('one', '/chat/1'), handler('two', '/chat/2')];
    await using server = await startServer(folder, { requestHandlers });
    assert.equal((await server.ask('/chat/1')).body, 'one');
    assert.equal((await server.ask('/chat/2')).body, 'two');
    assert.equal((await server.ask('/chat/app.js')).body, '0123456789');
    assert.deepEqual(asked, ['one', 'one', 'two', 'one', 'two']);
  });

  it('closes connections that do not finish their headers in time', async () => {
    await using server = await startServer(folder, { headersTimeoutMs: 60 });
    const answer = await raw(server.port, 'GET / HTTP/1.1\r\nHost: x\r\n');
    assert.match(answer, /^HTTP\/1\.1 408 |^$/);
  });

  it('refuses headers that are too large', async () => {
    await using server = await startServer(folder, { maxHeaderBytes: 1024 });
    const answer = await raw(
      server.port,
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(2000)}\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1\.1 431 /);
  });

  it('stops with idle connections open, and twice', async () => {
    const server = await startServer(folder);
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET /chat/ HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    socket.resume();
    await server.stop();
    await closed;
    await server.plugin.stop();
  });
});
