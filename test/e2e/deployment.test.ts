import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, open, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { zipOf } from '../support/buildZip.ts';
import { type CommandOutcome, red5 } from '../support/red5Command.ts';
import { RTMPTestClient } from '../support/rtmp/RTMPTestClient.ts';
import { ServerProcess } from '../support/ServerProcess.ts';
import { plainWebapp, shippedConfig } from '../support/serverFiles.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';
import { until } from '../support/until.ts';
import { WebSocketTestClient } from '../support/WebSocketTestClient.ts';

/** How long after it stopped changing a webapp may take to run: two seconds, and much for a busy machine. */
const promptMs = 20_000;

interface Listed {
  readonly name: string;
  readonly state: string;
  readonly generation: number;
  readonly connections: number;
}

/** A server that runs in a process of its own, in a folder that a test changes. */
class Site implements AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly server: ServerProcess;

  private constructor(folder: TemporaryFolder, server: ServerProcess) {
    this.folder = folder;
    this.server = server;
  }

  /** @param settleMs - how long files have to stay unchanged */
  static async start(files: Readonly<Record<string, string>> = {}, settleMs = 800): Promise<Site> {
    const folder = await TemporaryFolder.create({
      'conf/red5.yaml': (await shippedConfig()).replace('settleMs: 800', `settleMs: ${settleMs}`),
      ...files,
    });
    await mkdir(folder.file('webapps'), { recursive: true });
    return new Site(folder, await ServerProcess.start({ folder: folder.path }));
  }

  red5(...args: readonly string[]): Promise<CommandOutcome> {
    return red5([...args, '--root', this.folder.path]);
  }

  async list(): Promise<readonly Listed[]> {
    const { code, stdout, stderr } = await this.red5('list', '--json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Listed[];
  }

  async title(pathname: string): Promise<string | number> {
    const response = await fetch(this.server.httpURL(pathname));
    const text = await response.text();
    return response.ok ? (/<title>([^<]*)/.exec(text)?.[1] ?? '') : response.status;
  }

  async shows(pathname: string, title: string | number): Promise<void> {
    await until(
      `${pathname} shows ${title}\n${this.server.log}`,
      async () => (await this.title(pathname)) === title,
      promptMs,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** The files of a webapp that answers with its version, named as in its folder. */
function versioned(name: string, version: string): Record<string, string> {
  const files = plainWebapp(name, './Application.ts');
  return {
    'red5-web.yaml': `${files[`webapps/${name}/red5-web.yaml`]}
  webSocketScope:
    class: WebSocketScope
    constructor-args: [!ref web.scope]
    properties:
      listeners: [!bean { class: ./Listener.ts }]
`,
    'Application.ts': `import { MultiThreadedApplicationAdapter } from 'red5-node';
import { version } from './lib/version.mjs';
export class Application extends MultiThreadedApplicationAdapter {
  static readonly remoteMethods = ['version'];
  version(): string { return version; }
}
`,
    'Listener.ts': `import { WebSocketDataListener, type WSMessage } from 'red5-node';
import { version } from './lib/version.mjs';
export class Listener extends WebSocketDataListener {
  override onWSMessage(message: WSMessage): void { message.connection.send(version); }
}
`,
    'lib/version.mjs': `export const version = '${version}';\n`,
    'index.html': `<!doctype html><title>${version}</title>`,
  };
}

const inWebapps = (name: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).map(([file, text]) => [`webapps/${name}/${file}`, text]),
  );

/** Writes a file a piece at a time, as a slow network brings it. */
async function writeSlowly(
  file: string,
  bytes: Buffer,
  pieces: number,
  pauseMs: number,
): Promise<void> {
  const handle = await open(file, 'w');
  for (let piece = 0; piece < pieces; piece += 1) {
    const [from, to] = [piece, piece + 1].map((at) => Math.floor((bytes.length * at) / pieces));
    await handle.write(bytes.subarray(from, to));
    await delay(pauseMs);
  }
  await handle.close();
}

async function ask(site: Site, name: string): Promise<string> {
  await using client = await WebSocketTestClient.open(site.server.wsURL(`/${name}/room`));
  client.send('version?');
  const [answer = ''] = await client.texts.atLeast(1);
  return answer;
}

describe('a server that runs', () => {
  it('takes a folder that is dropped in, follows its changes, and lets it go', async () => {
    await using site = await Site.start();
    await site.folder.write(inWebapps('one', versioned('one', 'first')));
    await site.shows('/one/', 'first');
    assert.equal(await ask(site, 'one'), 'first');
    // A plain module that others import.
    await site.folder.write({
      'webapps/one/lib/version.mjs': "export const version = 'second';\n",
    });
    await until('the new code runs', async () => (await ask(site, 'one')) === 'second', promptMs);
    await rm(site.folder.file('webapps/one'), { recursive: true });
    await site.shows('/one/', 404);
    assert.equal(await site.server.stop(), 0);
  });

  it('starts a folder that is copied slowly once, when it is whole', async () => {
    await using site = await Site.start({}, 2_000);
    const files = { ...versioned('slow', 'whole'), 'big.bin': 'x'.repeat(20_000) };
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(site.folder.file('webapps/slow', name)), { recursive: true });
      await writeSlowly(site.folder.file('webapps/slow', name), Buffer.from(text), 4, 200);
      assert.doesNotMatch(site.server.log, /webapp "slow"/);
    }
    await site.shows('/slow/', 'whole');
    assert.doesNotMatch(site.server.log, /ERROR/);
    assert.equal((await site.list())[0]?.generation, 1);
    assert.equal(await site.server.stop(), 0);
  });

  it('takes twenty webapps at once', async () => {
    await using site = await Site.start();
    const names = Array.from({ length: 20 }, (_, index) => `app${index}`);
    const files = names.map((name) => inWebapps(name, versioned(name, name)));
    await site.folder.write(Object.assign({}, ...files));
    await until(
      'all run',
      async () => (await site.list()).filter(({ state }) => state === 'running').length === 20,
      promptMs * 3,
    );
    for (const name of names) assert.equal(await site.title(`/${name}/`), name);
    for (const name of names) await rm(site.folder.file('webapps', name), { recursive: true });
    await until('all are gone', async () => (await site.list()).length === 0, promptMs * 3);
    assert.equal(await site.server.stop(), 0);
  });

  it('is not disturbed by rubbish', async () => {
    await using site = await Site.start(inWebapps('good', versioned('good', 'good')));
    const { folder } = site;
    await folder.write({
      'webapps/notes.txt': 'x',
      'webapps/pictures/a.png': 'x',
      'webapps/broken-xml/red5-web.xml': '<beans><bean',
      'webapps/broken-yaml/red5-web.yaml': 'beans: [',
      'webapps/twice/red5-web.yaml': 'beans: {}',
      'webapps/twice/red5-web.xml': '<beans/>',
      'webapps/same-path/red5-web.yaml': versioned('good', 'x')['red5-web.yaml'] ?? '',
      'webapps/throws/red5-web.yaml': 'beans: { a: { class: ./A.ts } }',
      'webapps/throws/A.ts': 'export class A {}\nthrow new Error("on purpose");',
      'webapps/no.zip': 'no archive',
      'webapps/ .war': 'x',
      'webapps/🎈/red5-web.yaml': 'beans: {}',
    });
    await symlink('/nonexistent', folder.file('webapps/dangling'));
    await writeFile(
      folder.file('webapps/evil.war'),
      zipOf({ '../../evil.txt': 'x', 'red5-web.yaml': 'beans: {}' }),
    );
    await mkdir(folder.file('webapps/red5-web.yaml'));
    for (const pattern of [
      /webapps\/broken-xml\/red5-web\.xml:1:\d+ XML_SYNTAX/,
      /webapps\/broken-yaml\/red5-web\.yaml:1:\d+ YAML_SYNTAX/,
      /BEAN_FILE_AMBIGUOUS/,
      /throws\/A\.ts:2|on purpose/,
      /ARCHIVE_UNREADABLE archive "no\.zip"/,
      /ARCHIVE_ENTRY_UNSAFE archive "evil\.war"/,
      /ARCHIVE_NAME archive " \.war"/,
    ]) {
      await site.server.logged(pattern);
    }
    assert.equal(existsSync(folder.file('evil.txt')), false);
    assert.equal(await ask(site, 'good'), 'good');
    assert.equal(await site.server.stop(), 0);
  });

  it('takes an archive of a Red5 webapp that is copied slowly, replaces it, and lets it go', async () => {
    await using site = await Site.start();
    const war = (title: string) =>
      zipOf({
        'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n',
        'WEB-INF/red5-web.xml': `<?xml version="1.0" encoding="UTF-8"?>
<beans xmlns="http://www.springframework.org/schema/beans">
  <bean id="placeholderConfig" class="org.springframework.beans.factory.config.PropertyPlaceholderConfigurer">
    <property name="location" value="/WEB-INF/red5-web.properties"/>
  </bean>
  <bean id="web.context" class="org.red5.server.Context" autowire="byType"/>
  <bean id="web.scope" class="org.red5.server.scope.WebScope">
    <property name="server" ref="red5.server"/>
    <property name="parent" ref="global.scope"/>
    <property name="context" ref="web.context"/>
    <property name="handler" ref="web.handler"/>
    <property name="contextPath" value="\${webapp.contextPath}"/>
    <property name="virtualHosts" value="\${webapp.virtualHosts}"/>
  </bean>
  <bean id="web.handler" class="org.red5.server.adapter.MultiThreadedApplicationAdapter"/>
</beans>`,
        'WEB-INF/red5-web.properties': 'webapp.contextPath=/demo\nwebapp.virtualHosts=*\n',
        'WEB-INF/web.xml': '<web-app/>',
        'index.html': `<title>${title}</title>`,
      });
    const file = site.folder.file('webapps/demo-1.0.war');
    await writeSlowly(file, war('first'), 6, 250);
    await site.shows('/demo/', 'first');
    assert.equal(await site.title('/demo/WEB-INF/red5-web.xml'), 404);
    await writeFile(file, war('second, longer'));
    await site.shows('/demo/', 'second, longer');
    await rm(file);
    await site.shows('/demo/', 404);
    await until('its files are gone', () => !existsSync(site.folder.file('webapps/demo')));
    assert.doesNotMatch(site.server.log, /ERROR/);
    assert.equal(await site.server.stop(), 0);
  });

  it('starts with the archives that lie there, before anybody can connect', async () => {
    await using folder = await TemporaryFolder.create({ 'conf/red5.yaml': await shippedConfig() });
    await mkdir(folder.file('webapps'));
    await writeFile(folder.file('webapps/one.war'), zipOf(versioned('one', 'first')));
    await using server = await ServerProcess.start({ folder: folder.path });
    assert.match(server.log, /webapp "one" runs[\s\S]*http listens/);
    assert.equal(await server.stop(), 0);
  });
});

describe('red5 deploy, undeploy, redeploy and list', () => {
  it('do what they say while clients are connected', async () => {
    await using site = await Site.start();
    await using source = await TemporaryFolder.create();
    for (const [file, text] of Object.entries(versioned('one', 'first')))
      await source.write({ [`one/${file}`]: text });
    const deployed = await site.red5('deploy', source.file('one'));
    assert.deepEqual(deployed, { code: 0, stdout: 'webapp "one" runs in version 1\n', stderr: '' });

    await using browser = await WebSocketTestClient.open(site.server.wsURL('/one/room'));
    await using flash = await RTMPTestClient.join(site.server.ports.rtmp, 'one/room');
    assert.deepEqual((await flash.call('version')).args, ['first']);
    const listed = await site.red5('list');
    assert.match(listed.stdout, /^NAME +STATE +PATH +VERSION +CLIENTS/);
    assert.match(listed.stdout, /^one +running +\/one +1 +2 /m);

    const undeployed = await site.red5('undeploy', 'one');
    assert.equal(undeployed.code, 0, undeployed.stderr);
    await browser.closed;
    await flash.closed;
    assert.deepEqual(await site.list(), []);
    await assert.rejects(WebSocketTestClient.open(site.server.wsURL('/one/room')));
    // Its files stay; nothing brings it back but a change, or the command.
    assert.ok(existsSync(site.folder.file('webapps/one/red5-web.yaml')));
    assert.equal((await site.red5('deploy', site.folder.file('webapps/one'))).code, 0);
    assert.equal((await site.red5('redeploy', 'one')).stdout, 'webapp "one" runs in version 2\n');
    assert.equal(await ask(site, 'one'), 'first');
    assert.equal(await site.server.stop(), 0);
  });

  it('show problems with file and line, and end with 1', async () => {
    await using site = await Site.start(inWebapps('one', versioned('one', 'first')));
    await using source = await TemporaryFolder.create();
    await cp(site.folder.file('webapps/one'), source.file('one'), { recursive: true });
    const beans = await readFile(source.file('one/red5-web.yaml'), 'utf8');
    await source.write({
      'one/red5-web.yaml': beans.replace('!ref web.handler', '!ref web.handlr'),
    });
    const failed = await site.red5('deploy', source.file('one'));
    assert.equal(failed.code, 1);
    assert.equal(failed.stdout, '');
    assert.match(
      failed.stderr,
      /^webapps\/one\/red5-web\.yaml:\d+:\d+ BEAN_NOT_FOUND no bean named "web\.handlr"/m,
    );
    assert.match(failed.stderr, /version 1 still runs\n$/);
    assert.equal(await ask(site, 'one'), 'first');
    const json = await site.red5('deploy', source.file('one'), '--json');
    assert.equal(json.code, 1);
    assert.equal(JSON.parse(json.stderr || json.stdout).ok, false);
    assert.equal(await site.server.stop(), 0);
  });

  for (const [args, code, why] of [
    [['undeploy', 'nosuch'], 1, /there is no webapp "nosuch"/],
    [['redeploy', 'nosuch'], 1, /there is no webapp "nosuch"/],
    [['deploy', '/nosuch'], 2, /there is no folder or archive/],
    [['deploy'], 2, /Usage:/],
    [['list', 'x'], 2, /Usage:/],
  ] as const) {
    it(`refuses "red5 ${args.join(' ')}" with exit code ${code}`, async () => {
      await using site = await Site.start();
      const outcome = await site.red5(...args);
      assert.equal(outcome.code, code);
      assert.match(outcome.stderr, why);
    });
  }

  it('say that no server runs, and end with 1', async () => {
    await using folder = await TemporaryFolder.create({ 'conf/red5.yaml': await shippedConfig() });
    for (const args of [['list'], ['undeploy', 'x'], ['deploy', folder.path]]) {
      const { code, stderr } = await red5([...args, '--root', folder.path]);
      assert.equal(code, 1);
      assert.match(stderr, /^red5: no server runs in /);
    }
  });
});
