import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { red5 } from '../support/red5Command.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';

const beans = `# What is shared.
beans:
  store:
    class: MemoryStore
  web.scope:
    class: WebScope
    properties:
      store: !ref store
      handler: !bean
        class: MultiThreadedApplicationAdapter
  spare:
    class: MemoryStore
    depends-on: store
    lazy-init: true
`;

describe('red5 beans', () => {
  it('converts a file to the other form and back, comments included, and never writes over a file', async () => {
    await using folder = await TemporaryFolder.create({ 'beans.yaml': beans });
    const xml = await red5(['beans', 'to-xml', folder.file('beans.yaml')]);
    assert.equal(xml.code, 0, xml.stderr);
    assert.match(xml.stdout, /<!-- What is shared\. -->/);
    assert.match(xml.stdout, /<property name="store" ref="store"\/>/);
    await writeFile(folder.file('beans.xml'), xml.stdout);

    const out = folder.file('again.yaml');
    const convert = (): ReturnType<typeof red5> =>
      red5(['beans', 'to-yaml', folder.file('beans.xml'), '--out', out]);
    const made = await convert();
    assert.equal(made.code, 0, made.stderr);
    const again = await readFile(out, 'utf8');
    assert.match(again, /# What is shared\./);
    assert.match(again, /store: !ref store/);
    const refused = await convert();
    assert.equal(refused.code, 2);
    assert.match(refused.stdout + refused.stderr, /again\.yaml exists already/);
    assert.equal(await readFile(out, 'utf8'), again);
  });

  it('writes references without tags when that is asked for, and only compares with --check', async () => {
    await using folder = await TemporaryFolder.create({ 'beans.yaml': beans });
    const file = folder.file('beans.yaml');
    const plain = await red5(['beans', 'to-yaml', file, '--plain']);
    assert.match(plain.stdout, /\$ref: store/);
    const checked = await red5(['beans', 'to-xml', file, '--check']);
    assert.equal(checked.code, 0);
    assert.match(checked.stdout, /converts to xml and back without loss/);
    assert.doesNotMatch(checked.stdout, /<beans/);
  });

  it('shows who has which bean, as text and as a flow chart', async () => {
    await using folder = await TemporaryFolder.create({ 'app/red5-web.yaml': beans });
    const text = await red5(['beans', 'graph', folder.file('app')]);
    assert.equal(text.code, 0, text.stderr);
    assert.match(text.stdout, /^web\.scope {2}WebScope\n {2}store -> store\n/m);
    assert.match(text.stdout, /^spare {2}MemoryStore \(lazy\)\n/m);
    assert.match(text.stdout, /depends-on -> store/);
    const chart = await red5(['beans', 'graph', folder.file('app'), '--mermaid']);
    assert.match(chart.stdout, /^flowchart LR\n/);
    const [, store] = /(b\d+)\["store<br\/>MemoryStore"\]/.exec(chart.stdout) ?? [];
    assert.match(chart.stdout, new RegExp(`b\\d+ -->\\|"store"\\| ${store}\\b`));
  });

  it('finds a webapp by its name in the server’s folder', async () => {
    const { code, stdout } = await red5(['beans', 'graph', 'chat']);
    assert.equal(code, 0);
    assert.match(stdout, /^router {2}chat\.Router\n {2}app -> web\.handler\n/m);
    assert.match(stdout, /server -> red5\.server {2}\(of the parent\)/);
  });

  const wrong: readonly { name: string; args: readonly string[]; says: RegExp }[] = [
    {
      name: 'no word',
      args: ['beans'],
      says: /"red5 beans" is not how it is used\n\nUsage: red5 beans/,
    },
    {
      name: 'another word',
      args: ['beans', 'to-json', 'x'],
      says: /"red5 beans to-json x" is not how it is used\n\nUsage: red5 beans/,
    },
    { name: 'no file', args: ['beans', 'to-xml', 'none.yaml'], says: /no file "none\.yaml"/ },
    { name: 'no webapp', args: ['beans', 'graph', 'none'], says: /there is no folder ".*none"/ },
  ];
  for (const { name, args, says } of wrong) {
    it(`ends with 2 and says what is wrong: ${name}`, async () => {
      const { code, stdout, stderr } = await red5(args);
      assert.equal(code, 2);
      assert.match(stdout + stderr, says);
    });
  }

  it('shows where a file is wrong instead of converting it', async () => {
    await using folder = await TemporaryFolder.create({
      'a/red5-web.yaml': 'beans:\n  x: {clas: Y}\n',
    });
    for (const args of [
      ['to-xml', folder.file('a/red5-web.yaml')],
      ['graph', folder.file('a')],
    ]) {
      const { code, stdout, stderr } = await red5(['beans', ...args]);
      assert.equal(code, 2);
      assert.match(stdout + stderr, /red5-web\.yaml:2:7 /);
      assert.doesNotMatch(stdout + stderr, /\n {4}at /);
    }
  });
});
