import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { LifecycleError } from '../../src/base/index.ts';
import type { RunningServer } from '../../src/boot/index.ts';
import { ConfigErrors } from '../../src/container/index.ts';
import { startServer } from '../../src/startServer.ts';
import { MemoryLogger, plainWebapp, shippedConfig } from '../support/serverFiles.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';

const anyPorts = { 'http.port': '0', 'rtmp.port': '0', 'ws.port': '0' };

async function serverFolder(files: Readonly<Record<string, string>>): Promise<TemporaryFolder> {
  return TemporaryFolder.create({ 'conf/red5.yaml': await shippedConfig(), ...files });
}

function start(
  folder: TemporaryFolder,
  logger = new MemoryLogger(),
  systemProperties: Readonly<Record<string, string>> = anyPorts,
): Promise<RunningServer> {
  return startServer({ root: folder.path, systemProperties, logger });
}

function httpURL(server: RunningServer, pathname: string): string {
  const address = server.addresses.find(({ transport }) => transport === 'http');
  return `http://127.0.0.1:${address?.port}${pathname}`;
}

/** An application that writes its callbacks into a global list of the test's process. */
function noting(list: string): string {
  return `
import { MultiThreadedApplicationAdapter, PluginRegistry, Red5Error } from 'red5-node';
export class Application extends MultiThreadedApplicationAdapter {
  notes = (globalThis as Record<string, unknown>)['${list}'] as string[];
  override async appStart(scope: any) {
    this.notes.push('appStart ' + scope.name + ' ' + (PluginRegistry.getPlugin('WebSocketPlugin') !== undefined));
    return super.appStart(scope);
  }
  override async appStop(scope: any) {
    this.notes.push('appStop ' + scope.name);
  }
}
`;
}

describe('startServer', () => {
  it('starts the shipped configuration with a webapp and stops it', async () => {
    await using folder = await serverFolder(plainWebapp('plain'));
    await using server = await start(folder);
    assert.deepEqual(
      server.applications.map(({ name, contextPath }) => ({ name, contextPath })),
      [{ name: 'plain', contextPath: '/plain' }],
    );
    assert.deepEqual(
      server.addresses.map(({ transport }) => transport),
      ['http', 'rtmp', 'websocket'],
    );
    const url = httpURL(server, '/plain/');
    const page = await fetch(url);
    assert.match(await page.text(), /<title>plain/);
    const hidden = await fetch(httpURL(server, '/plain/red5-web.yaml'));
    assert.equal(hidden.status, 404);
    await server.stop();
    await assert.rejects(fetch(url));
    assert.deepEqual(server.addresses, []);
  });

  it('loads code beside the bean file, which gets the classes the server runs on', async () => {
    const notes: string[] = [];
    Reflect.set(globalThis, 'codeNotes', notes);
    await using folder = await serverFolder({
      ...plainWebapp('own', './Application.ts'),
      'webapps/own/Application.ts': noting('codeNotes'),
    });
    const server = await start(folder);
    assert.equal((await fetch(httpURL(server, '/own/Application.ts'))).status, 404);
    await server.stop();
    assert.deepEqual(notes, ['appStart own true', 'appStop own']);
  });

  it('keeps two servers in one process apart', async () => {
    await using first = await serverFolder(plainWebapp('a'));
    await using second = await serverFolder(plainWebapp('a'));
    await using one = await start(first);
    await using two = await start(second);
    assert.notEqual(one.getBean('red5.server'), two.getBean('red5.server'));
    await one.stop();
    assert.equal((await fetch(httpURL(two, '/a/'))).status, 200);
  });

  it('leaves a broken webapp out and starts the others', async () => {
    const broken = plainWebapp('broken');
    broken['webapps/broken/red5-web.yaml'] = (broken['webapps/broken/red5-web.yaml'] ?? '').replace(
      '!ref web.handler',
      '!ref web.handlr',
    );
    await using folder = await serverFolder({ ...broken, ...plainWebapp('good') });
    const logger = new MemoryLogger();
    await using server = await start(folder, logger);
    assert.deepEqual(
      server.applications.map(({ name }) => name),
      ['good'],
    );
    const [error = ''] = logger.lines.filter((line) => line.startsWith('error'));
    assert.match(error, /webapps\/broken\/red5-web\.yaml:11:\d+ BEAN_NOT_FOUND/);
    assert.match(error, /^ +11 \| .*!ref web\.handlr$/m);
    assert.match(error, /web\.handler/);
  });

  it('tells what is wrong with the server and with its webapps in one go, and starts nothing', async () => {
    const broken = plainWebapp('broken');
    broken['webapps/broken/red5-web.yaml'] = (broken['webapps/broken/red5-web.yaml'] ?? '').replace(
      '!ref web.handler',
      '!ref web.handlr',
    );
    const conf = (await shippedConfig()).replace('class: HTTPPlugin', 'class: HTTPPlugn');
    await using folder = await serverFolder({
      ...broken,
      ...plainWebapp('good'),
      'conf/red5.yaml': conf,
    });
    const logger = new MemoryLogger();
    await assert.rejects(start(folder, logger), (error) => {
      assert.ok(error instanceof ConfigErrors);
      assert.deepEqual(
        error.errors.map(({ code, location }) => `${location?.file} ${code}`),
        ['conf/red5.yaml CLASS_NOT_FOUND', 'webapps/broken/red5-web.yaml BEAN_NOT_FOUND'],
      );
      return true;
    });
    assert.deepEqual(logger.lines, []);
  });

  it('blames no webapp for beans that an unreadable server file would define', async () => {
    const conf = `${await shippedConfig()}\n  broken: [`;
    await using folder = await serverFolder({ ...plainWebapp('good'), 'conf/red5.yaml': conf });
    await assert.rejects(start(folder, new MemoryLogger()), (error) => {
      assert.ok(error instanceof ConfigErrors);
      assert.ok(error.errors.every(({ location }) => location?.file === 'conf/red5.yaml'));
      return true;
    });
  });

  it('leaves a webapp out whose appStart says no or throws', async () => {
    const code = (start: string) =>
      `import { MultiThreadedApplicationAdapter } from 'red5-node';
       export class Application extends MultiThreadedApplicationAdapter { override appStart(): boolean { ${start} } }`;
    await using folder = await serverFolder({
      ...plainWebapp('no', './Application.ts'),
      'webapps/no/Application.ts': code('return false;'),
      ...plainWebapp('throws', './Application.ts'),
      'webapps/throws/Application.ts': code("throw new Error('out of coffee');"),
      ...plainWebapp('good'),
    });
    const logger = new MemoryLogger();
    await using server = await start(folder, logger);
    assert.deepEqual(
      server.applications.map(({ name }) => name),
      ['good'],
    );
    const errors = logger.lines.filter((line) => line.startsWith('error'));
    assert.ok(errors.some((line) => line.includes('"no" was left out')));
    assert.ok(errors.some((line) => line.includes('out of coffee')));
  });

  it('refuses a webapp with red5-web.xml and red5-web.yaml', async () => {
    const logger = new MemoryLogger();
    await using folder = await serverFolder({
      ...plainWebapp('both'),
      'webapps/both/WEB-INF/red5-web.xml': '<beans/>',
    });
    await using server = await start(folder, logger);
    assert.deepEqual(server.applications, []);
    assert.ok(logger.lines.some((line) => line.includes('BEAN_FILE_AMBIGUOUS')));
  });

  it('reports every error of the server configuration and starts nothing', async () => {
    const config = (await shippedConfig())
      .replace('class: HTTPPlugin', 'class: HTTPPlugn')
      .replace('maxChunkStreams: 64', 'maxChunkStream: 64');
    await using folder = await TemporaryFolder.create({ 'conf/red5.yaml': config });
    await assert.rejects(start(folder), (error) => {
      assert.ok(error instanceof ConfigErrors);
      const codes = error.errors.map(({ code }) => code);
      assert.ok(
        codes.includes('CLASS_NOT_FOUND') && codes.includes('PROPERTY_UNKNOWN'),
        `${codes}`,
      );
      return true;
    });
  });

  it('takes ports from -D before the environment before the default', async () => {
    await using folder = await serverFolder({});
    const logger = new MemoryLogger();
    await using server = await startServer({
      root: folder.path,
      systemProperties: { 'http.port': '0', 'rtmp.port': '0', 'ws.host': '127.0.0.1' },
      env: { HTTP_PORT: '1', WS_PORT: '0' },
      logger,
    });
    assert.equal(server.addresses.length, 3);
    const websocket = server.addresses.find(({ transport }) => transport === 'websocket');
    assert.equal(websocket?.host, '127.0.0.1');
  });

  it('stops all webapps when a port is in use, and says which bean wanted it', async () => {
    const notes: string[] = [];
    Reflect.set(globalThis, 'portNotes', notes);
    const other = createServer().listen(0, '0.0.0.0').unref();
    await once(other, 'listening');
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    await using folder = await serverFolder({
      ...plainWebapp('own', './Application.ts'),
      'webapps/own/Application.ts': noting('portNotes'),
    });
    const properties = { ...anyPorts, 'rtmp.port': String(address.port) };
    await assert.rejects(start(folder, new MemoryLogger(), properties), (error) => {
      assert.ok(error instanceof LifecycleError);
      assert.equal(error.bean, 'rtmp.transport');
      assert.ok(error.cause instanceof LifecycleError);
      assert.equal(error.cause.code, 'PORT_IN_USE');
      return true;
    });
    other.close();
    assert.deepEqual(notes, ['appStart own true', 'appStop own']);
  });

  it('stops while it starts when it is told so', async () => {
    await using folder = await serverFolder(plainWebapp('plain'));
    const aborter = new AbortController();
    aborter.abort();
    await assert.rejects(
      startServer({
        root: folder.path,
        systemProperties: anyPorts,
        logger: new MemoryLogger(),
        signal: aborter.signal,
      }),
      { name: 'AbortError' },
    );
  });

  it('stops once, however often it is asked', async () => {
    await using folder = await serverFolder(plainWebapp('plain'));
    const server = await start(folder);
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
  });
});
