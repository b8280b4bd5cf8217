import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts, ServerFolder, ServerProcess } from '../support/ServerProcess.ts';
import { plainWebapp, shippedConfig } from '../support/serverFiles.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';

const repository = path.resolve(import.meta.dirname, '../..');

function red5(...args: readonly string[]) {
  const result = spawnSync(process.execPath, [path.join(repository, 'dist/main.js'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  return { code: result.status, stdout: result.stdout, stderr: result.stderr };
}

async function serverFolder(files: Readonly<Record<string, string>>): Promise<TemporaryFolder> {
  return TemporaryFolder.create({ 'conf/red5.yaml': await shippedConfig(), ...files });
}

describe('red5', () => {
  it('prints its version and its usage', () => {
    const { version } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8'));
    assert.deepEqual(red5('--version'), { code: 0, stdout: `${version}\n`, stderr: '' });
    const help = red5('--help');
    assert.equal(help.code, 0);
    assert.match(help.stdout, /red5 start \[--root DIR\] \[-Dkey=value …\]/);
  });

  for (const args of [
    [],
    ['stat'],
    ['start', 'now'],
    ['start', '--prot', '1'],
    ['start', '-Dx'],
    ['start', '-Dlog.level=loud'],
  ]) {
    it(`refuses "red5 ${args.join(' ')}" with exit code 2 and its usage`, () => {
      const { code, stderr, stdout } = red5(...args);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /^red5: .+\n\nUsage:/);
    });
  }

  it('ends with 2 and each error with its line when the configuration is wrong', async () => {
    await using folder = await TemporaryFolder.create({
      'conf/red5.yaml': (await shippedConfig()).replace('class: HTTPPlugin', 'class: HTTPPlugn'),
    });
    const { code, stderr } = red5('start', '--root', folder.path);
    assert.equal(code, 2);
    assert.match(stderr, /conf\/red5\.yaml:\d+:\d+ CLASS_NOT_FOUND/);
    // The line of the folder that was asked for, not of a file with the same path where the command runs.
    assert.match(stderr, /^ +\d+ \| +class: HTTPPlugn$/m);
    assert.match(stderr, /\^/);
    assert.match(stderr, /HTTPPlugin/);
    assert.doesNotMatch(stderr, /\n\s+at /);
  });

  it('ends with 2 when there is no server in the folder', async () => {
    await using folder = await TemporaryFolder.create();
    const { code, stderr } = red5('start', '--root', folder.path);
    assert.equal(code, 2);
    assert.match(stderr, /--root/);
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`stops in order on ${signal} and ends by itself with 0`, async () => {
      await using folder = await ServerFolder.create();
      await using server = await ServerProcess.start({ folder: folder.path });
      process.kill(server.processID, signal);
      assert.equal(await server.exited(), 0);
      assert.match(server.log, /stopped/);
    });
  }

  it('prints each application and each address, ready to be clicked', async () => {
    await using folder = await serverFolder({ ...plainWebapp('a'), ...plainWebapp('b') });
    await using server = await ServerProcess.start({ folder: folder.path });
    const { http, rtmp, ws } = server.ports;
    for (const text of [
      `http://localhost:${http}/a/`,
      `http://localhost:${http}/b/`,
      `http://localhost:${http}/`,
      `rtmp://localhost:${rtmp}/`,
      `ws://localhost:${ws}/`,
    ]) {
      assert.ok(server.log.includes(text), `${text} in:\n${server.log}`);
    }
    assert.equal(await server.stop(), 0);
  });

  it('takes -D before the environment', async () => {
    await using folder = await serverFolder({});
    const { http } = await freePorts();
    await using server = await ServerProcess.spawn({
      folder: folder.path,
      args: [`-Dhttp.port=${http}`],
    });
    await server.logged(new RegExp(`http://localhost:${http}/`));
    assert.equal(await server.stop(), 0);
  });

  it('ends with 1 and one line when a port is in use', async () => {
    const other = createServer().listen(0, '0.0.0.0').unref();
    await once(other, 'listening');
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    await using folder = await serverFolder(plainWebapp('plain'));
    const ports = { ...(await freePorts()), rtmp: address.port };
    await using server = await ServerProcess.spawn({ folder: folder.path, ports });
    assert.equal(await server.exited(), 1);
    other.close();
    const errors = server.log.split('\n').filter((line) => /ERROR|in use/.test(line));
    assert.equal(errors.length, 1, server.log);
    for (const word of [`0.0.0.0:${address.port}`, 'rtmp.transport', '-Drtmp.port', 'RTMP_PORT']) {
      assert.ok(errors[0]?.includes(word), `${word} in: ${errors[0]}`);
    }
  });

  it('starts a second chat from a copy of its folder with another context path', async () => {
    await using folder = await ServerFolder.create();
    await cp(folder.file('webapps/chat'), folder.file('webapps/chat2'), { recursive: true });
    const properties = folder.file('webapps/chat2/red5-web.properties');
    const text = await readFile(properties, 'utf8');
    await writeFile(properties, text.replace(/^(webapp\.contextPath\s*=\s*)\/chat$/m, '$1/chat2'));
    await using server = await ServerProcess.start({ folder: folder.path });
    for (const app of ['chat', 'chat2']) {
      const page = await fetch(server.httpURL(`/${app}/`));
      assert.equal(page.status, 200);
    }
    assert.equal(await server.stop(), 0);
  });

  it("lives on after a webapp's stray errors, and names it", async () => {
    await using folder = await serverFolder({
      ...plainWebapp('stray', './Application.ts'),
      'webapps/stray/Application.ts': `
import { MultiThreadedApplicationAdapter } from 'red5-node';
export class Application extends MultiThreadedApplicationAdapter {
  override appStart(scope: any) {
    setTimeout(() => { throw new Error('from a timer'); }, 300);
    setTimeout(() => { void Promise.reject(new Error('from a promise')); }, 300);
    setTimeout(() => { scope.server.scheduling.removeScheduledJob('none'); }, 350);
    return super.appStart(scope);
  }
}`,
    });
    await using server = await ServerProcess.start({ folder: folder.path });
    await server.logged(/uncaught error in webapp "stray"[\s\S]*from a timer/);
    await server.logged(/nobody handled it in webapp "stray"[\s\S]*from a promise/);
    await server.logged(/uncaught error in webapp "stray"[\s\S]*no scheduled job/);
    assert.equal((await fetch(server.httpURL('/stray/'))).status, 200);
    assert.equal(await server.stop(), 0);
  });

  it('names what a webapp left open when the process does not end by itself', async () => {
    await using folder = await serverFolder({
      ...plainWebapp('leaky', './Application.ts'),
      'webapps/leaky/Application.ts': `
import { MultiThreadedApplicationAdapter } from 'red5-node';
export class Application extends MultiThreadedApplicationAdapter {
  override appStart(scope: any) { setInterval(() => {}, 1000); return super.appStart(scope); }
}`,
    });
    await using server = await ServerProcess.start({ folder: folder.path });
    assert.equal(await server.stop(), 1);
    assert.match(server.log, /still open after the stop: .*Timeout/);
  });

  it('ends in time with 1 and names what hangs: webapp, bean and what it was doing', async () => {
    const code = (body: string) => `
import { MultiThreadedApplicationAdapter } from 'red5-node';
export class Application extends MultiThreadedApplicationAdapter { ${body} }`;
    const hang = 'await new Promise(() => setInterval(() => {}, 1000));';
    await using folder = await serverFolder({
      ...plainWebapp('good', './Application.ts'),
      'webapps/good/Application.ts': code(
        "override async appStop() { console.log('good stopped'); }",
      ),
      ...plainWebapp('hangs', './Application.ts'),
      'webapps/hangs/Application.ts': code(`override async appStop() { ${hang} }`),
      ...plainWebapp('stuck', './Application.ts'),
      'webapps/stuck/Application.ts': code(`async destroy() { ${hang} }`),
    });
    const conf = folder.file('conf/red5.yaml');
    const text = await readFile(conf, 'utf8');
    await writeFile(conf, text.replace('stopTimeoutMs: 10000', 'stopTimeoutMs: 500'));
    await using server = await ServerProcess.start({ folder: folder.path });
    const began = performance.now();
    process.kill(server.processID, 'SIGTERM');
    assert.equal(await server.exited(), 1);
    assert.ok(performance.now() - began < 6_000);
    assert.match(server.log, /good stopped/);
    assert.match(server.log, /webapp "hangs": \S*red5-web\.yaml:\d+:\d+ .*appStop of "hangs"/);
    assert.match(
      server.log,
      /webapp "stuck": \S*red5-web\.yaml:\d+:\d+ .*"web.handler" .*destroyed/,
    );
  });

  it('names the line of a webapp that keeps the whole process busy', async () => {
    await using folder = await serverFolder({
      ...plainWebapp('busy', './Application.ts'),
      'webapps/busy/Application.ts': `import { MultiThreadedApplicationAdapter } from 'red5-node';
export class Application extends MultiThreadedApplicationAdapter {
  override appStart(scope: any) {
    setTimeout(() => {
      const end = Date.now() + 2000;
      while (Date.now() < end);
    }, 500);
    return super.appStart(scope);
  }
}`,
    });
    const conf = folder.file('conf/red5.yaml');
    const text = await readFile(conf, 'utf8');
    await writeFile(conf, text.replace('blockedAfterMs: 5000', 'blockedAfterMs: 500'));
    await using server = await ServerProcess.start({ folder: folder.path });
    await server.logged(/blocked for \d+ ms\s+at .*webapps\/busy\/Application\.ts:[67]:/);
    await server.logged(/runs again after \d+ ms/);
    assert.equal(await server.stop(), 0);
  });

  it('stops while a webapp hangs in its start', async () => {
    await using folder = await serverFolder({
      ...plainWebapp('hangs', './Application.ts'),
      'webapps/hangs/Application.ts': `
import { MultiThreadedApplicationAdapter } from 'red5-node';
export class Application extends MultiThreadedApplicationAdapter {
  override appStart(): Promise<boolean> { console.log('hanging'); return new Promise(() => {}); }
}`,
    });
    await using server = await ServerProcess.spawn({ folder: folder.path });
    await server.logged(/hanging/);
    process.kill(server.processID, 'SIGTERM');
    assert.notEqual(await server.exited(14_000), null);
  });

  it('ends at once at the second Ctrl-C', async () => {
    await using folder = await serverFolder({
      ...plainWebapp('slow', './Application.ts'),
      'webapps/slow/Application.ts': `
import { MultiThreadedApplicationAdapter } from 'red5-node';
export class Application extends MultiThreadedApplicationAdapter {
  override async appStop() { await new Promise((resolve) => setTimeout(resolve, 60_000)); }
}`,
    });
    await using server = await ServerProcess.start({ folder: folder.path });
    process.kill(server.processID, 'SIGINT');
    await server.logged(/stopping/);
    // One Ctrl-C may arrive twice; a person needs longer for the second.
    await delay(700);
    process.kill(server.processID, 'SIGINT');
    assert.equal(await server.exited(3_000), 130);
  });

  it('takes a Ctrl-C that arrives twice, as it does under npm, for one', async () => {
    await using folder = await ServerFolder.create();
    await using server = await ServerProcess.start({ folder: folder.path });
    process.kill(server.processID, 'SIGINT');
    process.kill(server.processID, 'SIGINT');
    await server.logged(/stopping/);
    assert.equal(await server.exited(), 0);
    assert.match(server.log, /stopped/);
  });
});
