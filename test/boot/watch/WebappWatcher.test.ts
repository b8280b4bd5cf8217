import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Deployment, WebappWatcher } from '../../../src/boot/index.ts';
import { zipOf } from '../../support/buildZip.ts';
import { plainWebapp } from '../../support/serverFiles.ts';
import { TemporaryFolder } from '../../support/TemporaryFolder.ts';
import { until } from '../../support/until.ts';
import { DeployServer, versionOf } from '../deploySupport.ts';

const settleMs = 200;

function start(
  files: Readonly<Record<string, string>> = {},
  more = (config: string) => config,
): Promise<DeployServer> {
  return DeployServer.start(files, (config) =>
    more(config.replace('settleMs: 800', `settleMs: ${settleMs}`)),
  );
}

function find(server: DeployServer, name: string): Deployment | undefined {
  return server.running.deployments.find((deployment) => deployment.name === name);
}

async function runs(server: DeployServer, name: string, generation = 1): Promise<void> {
  try {
    await until(`${name} runs in version ${generation}`, () => {
      const found = find(server, name);
      return found?.state === 'running' && found.generation === generation;
    });
  } catch (cause) {
    throw new Error(server.logger.lines.join('\n'), { cause });
  }
}

/** Waits until the watcher has dealt with everything that was written before. */
async function caughtUp(server: DeployServer): Promise<void> {
  const generation = find(server, 'marker')?.generation ?? 0;
  await server.write(versionOf('marker', String(Math.random())));
  await until(
    'the watcher caught up',
    () => (find(server, 'marker')?.generation ?? 0) > generation,
  );
}

describe('WebappWatcher', () => {
  it('deploys a folder that is copied in', async () => {
    await using server = await start();
    await server.write(versionOf('one', 'first'));
    await runs(server, 'one');
    assert.equal(await server.page('/one/'), 'first');
  });

  it('deploys a folder that is moved in', async () => {
    await using server = await start();
    await using elsewhere = await TemporaryFolder.create(plainWebapp('one'));
    await rename(elsewhere.file('webapps/one'), server.file('webapps/one'));
    await runs(server, 'one');
  });

  it('deploys a link to a folder elsewhere, and redeploys when a file there changes or the link is turned', async () => {
    await using server = await start();
    await using elsewhere = await TemporaryFolder.create({
      ...versionOf('a', 'a'),
      ...versionOf('b', 'b'),
    });
    await symlink(elsewhere.file('webapps/a'), server.file('webapps/a'));
    await runs(server, 'a');
    await elsewhere.write(versionOf('a', 'a2'));
    await runs(server, 'a', 2);
    await unlink(server.file('webapps/a'));
    await elsewhere.write({
      'webapps/b/red5-web.yaml':
        plainWebapp('a', './Application.ts')['webapps/a/red5-web.yaml'] ?? '',
    });
    await symlink(elsewhere.file('webapps/b'), server.file('webapps/a'));
    await runs(server, 'a', 3);
    assert.ok(server.notes.includes('start b'));
  });

  const sources: readonly {
    readonly name: string;
    readonly file: string;
    readonly text: string;
  }[] = [
    { name: 'a bean file', file: 'red5-web.yaml', text: '\n# changed\n' },
    { name: 'a properties file', file: 'conf/app.properties', text: 'a=2\n' },
    { name: 'a code file', file: 'Application.ts', text: '\n// changed\n' },
    {
      name: 'a code file that another imports',
      file: 'code/deep.ts',
      text: '\nexport const more = 1;\n',
    },
    { name: 'an imported bean file', file: 'beans/more.xml', text: '\n<!-- changed -->' },
    { name: 'package.json', file: 'package.json', text: ' ' },
  ];
  function withSources(): Record<string, string> {
    const files = versionOf('one', 'first', { body: 'deep = deep;' });
    const code = files['webapps/one/Application.ts'] ?? '';
    const beans = files['webapps/one/red5-web.yaml'] ?? '';
    return {
      ...files,
      'webapps/one/red5-web.yaml': `imports: [beans/more.xml]\n${beans}\n  props:\n    class: PropertyPlaceholderConfigurer\n    properties:\n      location: /conf/app.properties\n`,
      'webapps/one/Application.ts': `import { deep } from './code/deep.ts';\n${code}`,
      'webapps/one/code/deep.ts': 'export const deep = 1;',
      'webapps/one/beans/more.xml': '<beans></beans>',
      'webapps/one/conf/app.properties': 'a=1\n',
      'webapps/one/package.json': '{}',
      'webapps/one/style.css': 'a {}',
    };
  }
  for (const { name, file, text } of sources) {
    it(`redeploys when ${name} changes`, async () => {
      await using server = await start(withSources());
      assert.equal(find(server, 'one')?.state, 'running', server.logger.lines.join('\n'));
      const target = server.file('webapps/one', file);
      await writeFile(target, (await readFile(target, 'utf8')) + text);
      await runs(server, 'one', 2);
      assert.ok(
        server.logger.lines.some((line) => line.includes(`(${file})`)),
        server.logger.lines.join('\n'),
      );
    });
  }

  it('does nothing when a page, a picture or other data changes', async () => {
    await using server = await start({ ...withSources(), ...versionOf('marker', 'x') });
    for (const file of [
      'style.css',
      'index.html',
      'new/picture.png',
      'streams/a.flv',
      'persistence/x',
      'client/browser.ts',
      'node_modules/x/index.js',
      'data.xml',
    ]) {
      await server.write({ [`webapps/one/${file}`]: 'changed' });
    }
    await caughtUp(server);
    assert.equal(find(server, 'one')?.generation, 1);
  });

  it('does nothing when an editor or a version control system writes its own files', async () => {
    const names = [
      'red5-web.yaml~',
      '.red5-web.yaml.swp',
      '.#red5-web.yaml',
      '#red5-web.yaml#',
      '4913',
      '.DS_Store',
      '.svn',
      '.git',
      'Application.ts___jb_tmp___',
      'app.properties.bak',
    ];
    await using server = await start({ ...withSources(), ...versionOf('marker', 'x') });
    for (const name of names) await server.write({ [`webapps/one/${name}`]: 'x' });
    await caughtUp(server);
    for (const name of names) await rm(server.file('webapps/one', name));
    await caughtUp(server);
    assert.equal(find(server, 'one')?.generation, 1);
  });

  it('redeploys once when an editor saves by renaming, as vim does', async () => {
    await using server = await start({ ...versionOf('one', 'first'), ...versionOf('marker', 'x') });
    const file = server.file('webapps/one/Application.ts');
    await rename(file, `${file}~`);
    await server.write(versionOf('one', 'second'));
    await rm(`${file}~`);
    await runs(server, 'one', 2);
    await caughtUp(server);
    assert.equal(find(server, 'one')?.generation, 2);
    assert.deepEqual(server.notes.filter((note) => /first|second/.test(note)).toSorted(), [
      'start first',
      'start second',
      'stop first',
    ]);
  });

  it('undeploys a folder that is removed, and deploys it again when it comes back', async () => {
    await using server = await start(versionOf('one', 'first'));
    await rm(server.file('webapps/one'), { recursive: true });
    await until('it is gone', () => find(server, 'one') === undefined);
    assert.deepEqual(server.notes, ['start first', 'stop first']);
    await server.write(versionOf('one', 'second'));
    await runs(server, 'one');
    assert.equal(await server.page('/one/'), 'second');
  });

  it('undeploys a folder whose bean file is removed', async () => {
    await using server = await start(versionOf('one', 'first'));
    await rm(server.file('webapps/one/red5-web.yaml'));
    await until('it is gone', () => find(server, 'one') === undefined);
  });

  it('replaces a webapp when another folder is moved into its place', async () => {
    await using server = await start(versionOf('one', 'first'));
    await using elsewhere = await TemporaryFolder.create(versionOf('one', 'second'));
    await rename(server.file('webapps/one'), elsewhere.file('old'));
    await rename(elsewhere.file('webapps/one'), server.file('webapps/one'));
    await runs(server, 'one', 2);
    assert.equal(await server.page('/one/'), 'second');
  });

  it('waits for a slow copy to end, and deploys once', async () => {
    await using server = await start();
    const files = { ...versionOf('slow', 'whole'), 'webapps/slow/z.bin': 'x'.repeat(400) };
    // The bean file comes first: without the code it names, the webapp could not start.
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(server.file(name)), { recursive: true });
      const file = await open(server.file(name), 'w');
      for (let at = 0; at < text.length; at += 100) {
        await file.write(text.slice(at, at + 100));
        await delay(settleMs / 4);
      }
      await file.close();
    }
    await runs(server, 'slow');
    assert.deepEqual(server.notes, ['start whole']);
    assert.deepEqual(
      server.logger.lines.filter((line) => line.startsWith('error')),
      [],
    );
  });

  it('tries a webapp that failed again when any of its files changes, and says why each time', async () => {
    await using server = await start();
    const files = versionOf('one', 'good');
    await server.write({
      ...files,
      'webapps/one/Application.ts': 'import "./missing.ts"; export class Application {}',
    });
    await until('it failed', () => find(server, 'one')?.state === 'failed');
    await server.write({ 'webapps/one/missing.ts': 'throw new Error("not yet")' });
    await until(
      'it failed otherwise',
      () => find(server, 'one')?.problems.some((text) => text.includes('not yet')) === true,
    );
    await server.write(files);
    await until('it runs', () => find(server, 'one')?.state === 'running');
  });

  it('leaves a webapp that was undeployed by hand alone until it changes', async () => {
    await using server = await start({ ...versionOf('one', 'first'), ...versionOf('marker', 'x') });
    await server.running.undeploy('one');
    await caughtUp(server);
    assert.equal(find(server, 'one'), undefined);
    await server.write(versionOf('one', 'second'));
    await runs(server, 'one');
  });

  it('does not deploy again what was deployed by hand', async () => {
    await using server = await start(versionOf('marker', 'x'));
    await server.write(versionOf('one', 'first'));
    await server.deploy('one');
    await caughtUp(server);
    assert.equal(find(server, 'one')?.generation, 1);
  });

  it('is not driven into a loop by a webapp that writes its own sources while it starts', async () => {
    const writes = `
  async setScope(scope: any) { await import('node:fs/promises'); super.setScope?.(scope); }
  readonly written = require('node:fs').appendFileSync(require('node:path').join(__dirname, 'app.properties'), 'x=1\\n');`;
    const files = versionOf('one', 'first', { body: writes });
    const beans = `${files['webapps/one/red5-web.yaml']}\n  props:\n    class: PropertyPlaceholderConfigurer\n    properties:\n      location: /app.properties\n`;
    await using server = await start({
      ...versionOf('marker', 'x'),
      ...files,
      'webapps/one/red5-web.yaml': beans,
      'webapps/one/app.properties': '',
    });
    await caughtUp(server);
    await caughtUp(server);
    const generation = find(server, 'one')?.generation ?? 0;
    assert.ok(generation >= 1 && generation <= 2, `${generation}`);
    await caughtUp(server);
    assert.equal(find(server, 'one')?.generation, generation);
  });

  it('ignores what is no webapp: files, empty folders, links that lead nowhere or in a circle', async () => {
    await using server = await start(versionOf('marker', 'x'));
    await server.write({
      'webapps/readme.txt': 'x',
      'webapps/empty/x/y.txt': 'x',
      'webapps/.hidden/red5-web.yaml': 'beans: {}',
      'webapps/old~/red5-web.yaml': 'beans: {}',
    });
    await symlink('nowhere', server.file('webapps/nowhere-link'));
    await symlink('..', server.file('webapps/empty/circle'));
    await caughtUp(server);
    assert.deepEqual(
      server.running.deployments.map(({ name }) => name),
      ['marker'],
    );
    assert.deepEqual(
      server.logger.lines.filter((line) => /^(error|warn)/.test(line)),
      [],
    );
  });

  it('works without the help of the system, by looking from time to time', async () => {
    const config = (text: string) =>
      text.replace('maxWatchedFolders: 1000', 'maxWatchedFolders: 0');
    await using server = await start(versionOf('one', 'first'), config);
    await server.write({ ...versionOf('one', 'second'), ...versionOf('two', 'x') });
    await runs(server, 'one', 2);
    await runs(server, 'two');
    await rm(server.file('webapps/two'), { recursive: true });
    await until('two is gone', () => find(server, 'two') === undefined);
    assert.equal(server.running.getBean<WebappWatcher>('webapp.watcher').watchedFolders, 0);
  });

  it('watches no more folders than it may, and node_modules not at all', async () => {
    const files: Record<string, string> = { ...versionOf('one', 'first') };
    for (let index = 0; index < 50; index += 1) {
      files[`webapps/one/static/${index}/a.txt`] = 'x';
      files[`webapps/one/node_modules/p${index}/index.js`] = 'x';
    }
    await using server = await start(files);
    assert.ok(server.running.getBean<WebappWatcher>('webapp.watcher').watchedFolders <= 3);
  });

  it('can be switched off', async () => {
    const off = (text: string): string => text.replace('${webapps.watch:true}', 'false');
    await using server = await start({}, off);
    assert.equal(server.running.getBean<WebappWatcher>('webapp.watcher').watchedFolders, 0);
    await server.write(versionOf('one', 'first'));
    await delay(settleMs * 3);
    assert.deepEqual(server.running.deployments, []);
  });
});

describe('WebappWatcher and archives', () => {
  function archive(name: string, version: string): Buffer {
    const files = Object.entries(versionOf(name, version));
    return zipOf(
      Object.fromEntries(files.map(([file, text]) => [file.replace(`webapps/${name}/`, ''), text])),
    );
  }

  it('deploys an archive, redeploys a newer one and undeploys one that is removed', async () => {
    await using server = await start();
    await mkdir(server.file('webapps'), { recursive: true });
    await writeFile(server.file('webapps/one.war'), archive('one', 'first'));
    await runs(server, 'one');
    assert.equal(await server.page('/one/'), 'first');
    await writeFile(server.file('webapps/one.war'), archive('one', 'second'));
    await runs(server, 'one', 2);
    assert.equal(await server.page('/one/'), 'second');
    await writeFile(server.file('webapps/one.war'), 'broken');
    await until('it is reported', () =>
      server.logger.lines.some((line) => /ARCHIVE_UNREADABLE.*one\.war/s.test(line)),
    );
    assert.equal(await server.page('/one/'), 'second');
    await rm(server.file('webapps/one.war'));
    await until('it is gone', () => find(server, 'one') === undefined);
    await until('its files are gone', () => !existsSync(server.file('webapps/one')));
    assert.deepEqual(server.notes, ['start first', 'start second', 'stop first', 'stop second']);
  });

  it('waits for an archive that is copied slowly', async () => {
    await using server = await start();
    const bytes = archive('one', 'whole');
    const file = await open(server.file('webapps/one.zip'), 'w');
    for (let at = 0; at < bytes.length; at += 200) {
      await file.write(bytes.subarray(at, at + 200));
      await delay(settleMs / 4);
    }
    await file.close();
    await runs(server, 'one');
    assert.deepEqual(
      server.logger.lines.filter((line) => line.startsWith('error')),
      [],
    );
  });

  it('takes the newest of several archives of one webapp', async () => {
    await using server = await start();
    await writeFile(server.file('webapps/one-1.0.war'), archive('one', 'old'));
    await runs(server, 'one');
    await writeFile(server.file('webapps/one-1.1.war'), archive('one', 'new'));
    await runs(server, 'one', 2);
    assert.equal(await server.page('/one/'), 'new');
    await rm(server.file('webapps/one-1.1.war'));
    await runs(server, 'one', 3);
    assert.equal(await server.page('/one/'), 'old');
  });

  it('goes back to the files of the version that runs when a newer archive does not start', async () => {
    await using server = await start();
    await writeFile(server.file('webapps/one.war'), archive('one', 'good'));
    await runs(server, 'one');
    await writeFile(
      server.file('webapps/one.war'),
      zipOf({ 'red5-web.yaml': 'beans: { a: { class: Nothing } }' }),
    );
    await until('it is reported', () =>
      server.logger.lines.some((line) => line.includes('CLASS_NOT_FOUND')),
    );
    await until('the files are back', async () => {
      // Between two folders there is a moment without one.
      const text = await readFile(server.file('webapps/one/red5-web.yaml'), 'utf8').catch(() => '');
      return text.includes('web.scope');
    });
    assert.equal(await server.page('/one/'), 'good');
  });
});
