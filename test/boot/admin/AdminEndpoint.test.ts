import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { ConfigError, Red5Error } from '../../../src/base/index.ts';
import {
  type AdminAnswer,
  type AdminEndpoint,
  askServer,
  type RunningServer,
} from '../../../src/boot/index.ts';
import { startServer } from '../../../src/startServer.ts';
import { zipOf } from '../../support/buildZip.ts';
import { MemoryLogger, plainWebapp, shippedConfig } from '../../support/serverFiles.ts';
import { TemporaryFolder } from '../../support/TemporaryFolder.ts';

const anyPorts = { 'http.port': '0', 'rtmp.port': '0', 'ws.port': '0' };

async function serverFolder(
  files: Readonly<Record<string, string>> = {},
): Promise<TemporaryFolder> {
  return TemporaryFolder.create({ 'conf/red5.yaml': await shippedConfig(), ...files });
}

function start(root: string, properties = {}, logger = new MemoryLogger()): Promise<RunningServer> {
  return startServer({
    root,
    logger,
    systemProperties: { ...anyPorts, 'webapps.watch': 'false', ...properties },
  });
}

interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Any request to wherever the endpoint listens. */
async function ask(
  server: RunningServer,
  { method = 'GET', path: pathname = '/deployments', headers = {}, body }: RawRequest,
): Promise<AdminAnswer> {
  const address = server.getBean<AdminEndpoint>('admin.endpoint').address ?? '';
  const place = address.startsWith('http')
    ? { port: new URL(address).port }
    : { socketPath: address };
  const asked = request({ ...place, method, path: pathname, headers, agent: false });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, body: JSON.parse(text) };
}

const json = { 'content-type': 'application/json' };

describe('AdminEndpoint', () => {
  it('listens on a socket that only its user can open, and takes it away when it stops', async () => {
    await using folder = await serverFolder(plainWebapp('one'));
    const server = await start(folder.path);
    const socket = folder.file('.red5/admin.sock');
    assert.equal((await stat(socket)).mode & 0o777, 0o600);
    assert.equal((await stat(path.dirname(socket))).mode & 0o777, 0o700);
    const { status, body } = await askServer(folder.path, { method: 'GET', path: '/deployments' });
    assert.equal(status, 200);
    assert.deepEqual(
      (body as { name: string }[]).map(({ name }) => name),
      ['one'],
    );
    await server.stop();
    assert.equal(existsSync(socket), false);
    await assert.rejects(
      askServer(folder.path, { method: 'GET', path: '/deployments' }),
      (error) => error instanceof Red5Error && error.code === 'ADMIN_NO_SERVER',
    );
  });

  it('makes its folder private if it was not', async () => {
    await using folder = await serverFolder({ '.red5/x': '' });
    await chmod(folder.file('.red5'), 0o777);
    await using server = await start(folder.path);
    assert.ok(server);
    assert.equal((await stat(folder.file('.red5'))).mode & 0o777, 0o700);
  });

  it('takes over the socket of a server that was killed', async () => {
    await using folder = await serverFolder();
    await mkdir(folder.file('.red5'));
    const dead = createServer().listen(folder.file('.red5/other.sock'));
    await once(dead, 'listening');
    // A socket nobody listens on any more, as a killed process leaves it.
    await rename(folder.file('.red5/other.sock'), folder.file('.red5/admin.sock'));
    dead.close();
    await once(dead, 'close');
    await using server = await start(folder.path);
    assert.equal((await ask(server, {})).status, 200);
  });

  it('leaves the socket to a server that runs in the same folder already, and says so', async () => {
    await using folder = await serverFolder();
    await using first = await start(folder.path);
    const logger = new MemoryLogger();
    await using second = await start(folder.path, {}, logger);
    assert.notEqual(
      second.getBean<AdminEndpoint>('admin.endpoint').address,
      first.getBean<AdminEndpoint>('admin.endpoint').address,
    );
    assert.equal((await ask(first, {})).status, 200);
  });

  it('finds another place when the path of the folder is too long for a socket', async () => {
    await using folder = await serverFolder();
    const deep = folder.file('x'.repeat(100));
    await mkdir(path.join(deep, 'conf'), { recursive: true });
    await writeFile(path.join(deep, 'conf/red5.yaml'), await shippedConfig());
    await using server = await start(deep);
    assert.ok(server);
    const { status } = await askServer(deep, { method: 'GET', path: '/deployments' });
    assert.equal(status, 200);
  });

  it('can be switched off', async () => {
    await using folder = await serverFolder();
    await using server = await start(folder.path, { 'admin.listen': 'off' });
    assert.equal(server.getBean<AdminEndpoint>('admin.endpoint').address, undefined);
    assert.equal(existsSync(folder.file('.red5')), false);
  });

  const refused: readonly (RawRequest & { readonly name: string; readonly status: number })[] = [
    { name: 'of a web page', headers: { origin: 'http://localhost:5080' }, status: 403 },
    {
      name: 'of a form of a web page',
      method: 'POST',
      path: '/deploy',
      headers: { 'sec-fetch-site': 'cross-site', 'content-type': 'text/plain' },
      body: '{"path":"/x"}',
      status: 403,
    },
    { name: 'for what it does not do', path: '/', status: 404 },
    { name: 'with a method it does not know', method: 'DELETE', status: 404 },
    {
      name: 'with a body of another type',
      method: 'POST',
      path: '/undeploy',
      body: '{"name":"one"}',
      status: 400,
    },
    {
      name: 'with a body that is no JSON',
      method: 'POST',
      path: '/undeploy',
      headers: json,
      body: '{',
      status: 400,
    },
    {
      name: 'with a body that is no object',
      method: 'POST',
      path: '/undeploy',
      headers: json,
      body: 'null',
      status: 400,
    },
    {
      name: 'without a name',
      method: 'POST',
      path: '/undeploy',
      headers: json,
      body: '{}',
      status: 400,
    },
    {
      name: 'without a path',
      method: 'POST',
      path: '/deploy',
      headers: json,
      body: '{"path":1}',
      status: 400,
    },
    {
      name: 'with a path that is not absolute',
      method: 'POST',
      path: '/deploy',
      headers: json,
      body: '{"path":"webapps/one"}',
      status: 400,
    },
    {
      name: 'with a path that is not there',
      method: 'POST',
      path: '/deploy',
      headers: json,
      body: '{"path":"/nosuch"}',
      status: 400,
    },
    {
      name: 'with a body that is too large',
      method: 'POST',
      path: '/deploy',
      headers: json,
      body: ' '.repeat(70_000),
      status: 400,
    },
  ];
  it('refuses requests it does not understand or trust, and lives on', async () => {
    await using folder = await serverFolder(plainWebapp('one'));
    await using server = await start(folder.path);
    for (const { name, status, ...raw } of refused) {
      const answer = await ask(server, raw);
      assert.equal(answer.status, status, `${name}: ${JSON.stringify(answer.body)}`);
      assert.equal(typeof (answer.body as { error: unknown }).error, 'string', name);
    }
    assert.equal(server.deployments[0]?.state, 'running');
  });
});

describe('AdminEndpoint on TCP', () => {
  it('needs the token that is kept in a file of its user, and keeps it over a restart', async () => {
    await using folder = await serverFolder(plainWebapp('one'));
    const listen = { 'admin.listen': '127.0.0.1:0' };
    const server = await start(folder.path, listen);
    const file = folder.file('.red5/admin.json');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const { token } = JSON.parse(await readFile(file, 'utf8'));
    assert.ok(token.length >= 43);
    for (const authorization of ['', 'Bearer ', 'Bearer wrong', `Bearer ${token}x`, token]) {
      assert.equal((await ask(server, { headers: { authorization } })).status, 401, authorization);
    }
    assert.equal(
      (await ask(server, { headers: { authorization: `Bearer ${token}` } })).status,
      200,
    );
    const fromPage = { authorization: `Bearer ${token}`, origin: 'null' };
    assert.equal((await ask(server, { headers: fromPage })).status, 403);
    assert.equal(
      (await askServer(folder.path, { method: 'GET', path: '/deployments' })).status,
      200,
    );
    await server.stop();
    await using again = await start(folder.path, listen);
    assert.equal((await ask(again, { headers: { authorization: `Bearer ${token}` } })).status, 200);
  });

  for (const listen of [
    '0.0.0.0:0',
    '[::]:0',
    '192.168.0.1:80',
    'example.org:80',
    'socke',
    '127.0.0.1',
    '127.0.0.1:99999',
  ]) {
    it(`is not started with listen "${listen}"`, async () => {
      await using folder = await serverFolder();
      await assert.rejects(start(folder.path, { 'admin.listen': listen }), (error) => {
        assert.match(String(error), /listen is/);
        return !(error instanceof ConfigError) || error.code === 'ADMIN_LISTEN_INVALID';
      });
    });
  }

  it('is open to other machines when that is asked for', async () => {
    await using folder = await TemporaryFolder.create({
      'conf/red5.yaml': (await shippedConfig()).replace('allowRemote: false', 'allowRemote: true'),
    });
    await using server = await start(folder.path, { 'admin.listen': '0.0.0.0:0' });
    assert.equal((await ask(server, {})).status, 401);
  });
});

describe('deploying from elsewhere', () => {
  const deploy = (folder: TemporaryFolder, source: string) =>
    askServer(folder.path, { method: 'POST', path: '/deploy', body: { path: source } });

  it('copies a folder to the webapps and starts it; again replaces it', async () => {
    await using folder = await serverFolder();
    await using source = await TemporaryFolder.create(plainWebapp('one'));
    await using server = await start(folder.path);
    for (const generation of [1, 2]) {
      const { status, body } = await deploy(folder, source.file('webapps/one'));
      assert.deepEqual(
        { status, body },
        { status: 200, body: { name: 'one', ok: true, generation, problems: [] } },
      );
    }
    assert.equal(server.deployments[0]?.folder, folder.file('webapps/one'));
  });

  it('leaves everything as it was when the new version does not start', async () => {
    await using folder = await serverFolder(plainWebapp('one'));
    await using source = await TemporaryFolder.create({
      'one/red5-web.yaml': 'beans: { a: { class: Nothing } }',
    });
    await using server = await start(folder.path);
    const { body } = await deploy(folder, source.file('one'));
    const { ok, problems } = body as { ok: boolean; problems: string[] };
    assert.equal(ok, false);
    assert.match(problems.join(), /webapps\/one\/red5-web\.yaml:1:\d+ CLASS_NOT_FOUND/);
    assert.equal(server.deployments[0]?.state, 'running');
    assert.match(await readFile(folder.file('webapps/one/red5-web.yaml'), 'utf8'), /web\.scope/);
    const { body: two } = await deploy(folder, source.file('one'));
    assert.equal((two as { ok: boolean }).ok, false);
  });

  it('takes an archive, which then lies in the webapps as well', async () => {
    await using folder = await serverFolder();
    await using source = await TemporaryFolder.create();
    const beans = plainWebapp('one')['webapps/one/red5-web.yaml'] ?? '';
    await writeFile(source.file('one-1.0.war'), zipOf({ 'WEB-INF/red5-web.yaml': beans }));
    await using server = await start(folder.path);
    const { body } = await deploy(folder, source.file('one-1.0.war'));
    assert.deepEqual(body, { name: 'one', ok: true, generation: 1, problems: [] });
    assert.deepEqual((await readdir(folder.file('webapps'))).toSorted(), [
      '.red5',
      'one',
      'one-1.0.war',
    ]);
    assert.equal(server.deployments.length, 1);
  });

  it('refuses a broken archive, and leaves nothing behind', async () => {
    await using folder = await serverFolder();
    await using source = await TemporaryFolder.create({
      'one.war': 'broken',
      'two/readme.txt': '',
      'three.txt': '',
    });
    await using server = await start(folder.path);
    const { status, body } = await deploy(folder, source.file('one.war'));
    assert.equal(status, 422);
    assert.match(
      (body as { problems: string[] }).problems.join(),
      /^ARCHIVE_UNREADABLE archive "one\.war"/,
    );
    for (const name of ['two', 'three.txt'])
      assert.equal((await deploy(folder, source.file(name))).status, 400);
    assert.deepEqual(server.deployments, []);
    assert.deepEqual(await readdir(folder.file('webapps')), ['.red5']);
  });

  it('starts a folder of the webapps where it is', async () => {
    await using folder = await serverFolder();
    await using server = await start(folder.path);
    await folder.write(plainWebapp('one'));
    await deploy(folder, folder.file('webapps/one'));
    assert.equal(server.deployments[0]?.state, 'running');
    assert.deepEqual(await readdir(folder.file('webapps')), ['one']);
  });
});
