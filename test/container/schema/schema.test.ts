import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Ajv, type ValidateFunction } from 'ajv';
import { parseDocument } from 'yaml';
import { SourceText } from '../../../src/container/definition/SourceText.ts';
import { Problems } from '../../../src/container/errors/Problems.ts';
import { convertBeanFile } from '../../../src/container/index.ts';
import { readYaml } from '../../../src/container/readers/yaml/readYaml.ts';
import { yamlTags } from '../../../src/container/readers/yaml/yamlTags.ts';
import { type TemporaryFolder, temporaryFolder } from '../support.ts';
import { type Diagnostic, YamlLanguageServer } from './YamlLanguageServer.ts';

const root = join(import.meta.dirname, '../../..');
const fixtures = join(root, 'test/fixtures/config');

/** What editors see of a bean file: the data, without the tags. */
function dataOf(yaml: string): unknown {
  return parseDocument(yaml, { logLevel: 'silent' }).toJS({ maxAliasCount: -1 });
}

/** The places a schema complains about. */
function complaints(yaml: string, validate: ValidateFunction): string[] {
  if (validate(dataOf(yaml))) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

describe('the JSON Schema of bean files', () => {
  const schema: unknown = JSON.parse(
    readFileSync(join(root, 'schema/red5-web.schema.json'), 'utf8'),
  );
  // Unions of types are how "a text" is said; a bean and what its class adds are described in two places.
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false });
  const validate = ajv.compile(schema as object);

  it('is what its generator makes of the readers and classes that ship', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--conditions=red5-source', 'scripts/schema.mjs', '--check'],
      { cwd: root, encoding: 'utf8' },
    );
    assert.equal(status, 0, stderr);
  });

  const shipped = ['conf', 'webapps', 'test/fixtures/webapps'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /(?:^|[\\/])red5[^\\/]*\.ya?ml$/.test(name))
      .map((name) => join(folder, name)),
  );
  it('is tried with files that ship', () => {
    assert.ok(shipped.includes(join('conf', 'red5.yaml')));
    assert.ok(shipped.includes(join('webapps', 'chat', 'red5-web.yaml')));
  });
  for (const file of shipped) {
    it(`accepts ${file}`, () => {
      assert.deepEqual(complaints(readFileSync(join(root, file), 'utf8'), validate), []);
    });
  }

  const valid = readdirSync(fixtures)
    .map((name) => ({
      name,
      parts: readFileSync(join(fixtures, name), 'utf8').split(/^-{20,}\n/m),
    }))
    .filter(({ parts: [, , rest] }) => rest !== undefined && !/^(?:errors|fails):/m.test(rest));
  it('is tried with many fixtures', () => assert.ok(valid.length > 30));
  for (const { name, parts } of valid) {
    const [yaml = '', xml = ''] = parts;
    it(`accepts ${name}, as written and as converted from XML`, () => {
      const converted = convertBeanFile('red5-web.xml', xml, 'yaml');
      assert.deepEqual(complaints(yaml, validate), []);
      assert.deepEqual(complaints(converted.text, validate), [], converted.text);
      const plain = convertBeanFile('red5-web.xml', xml, 'yaml', { plain: true });
      assert.deepEqual(complaints(plain.text, validate), [], plain.text);
    });
  }

  const refused = [
    { name: 'a key that a bean file does not have', yaml: 'bean: {}' },
    { name: 'a default that there is not', yaml: 'defaults: { lazy: true }\nbeans: {}' },
    {
      name: 'a key that a bean does not have',
      yaml: 'beans: { a: { class: A, propertys: { b: c } } }',
    },
    { name: 'a bean under a name with another id', yaml: 'beans: { a: { class: A, id: b } }' },
    { name: 'a listed bean with an unknown key', yaml: 'beans: [{ klass: A, properties: {} }]' },
    { name: 'a text for a bean', yaml: 'beans: { a: A }' },
    { name: 'properties in a list', yaml: 'beans: { a: { class: A, properties: [b] } }' },
    { name: 'nothing for an attribute', yaml: 'beans: { a: { class: A, init-method: } }' },
    { name: 'an attribute that is a mapping', yaml: 'beans: { a: { class: { b: c } } }' },
    { name: 'a flag that is no boolean', yaml: 'beans: { a: { class: A, lazy-init: maybe } }' },
    { name: 'an unknown way of autowiring', yaml: 'beans: { a: { class: A, autowire: byTyp } }' },
    {
      name: 'one argument without a list',
      yaml: 'beans: { a: { class: A, constructor-args: b } }',
    },
    {
      name: 'an argument without a value',
      yaml: 'beans: { a: { class: A, constructor-args: [{ $arg: { index: 0 } }] } }',
    },
    {
      name: 'an argument whose index is no number',
      yaml: 'beans: { a: { class: A, constructor-args: [{ $arg: { index: x, value: 1 } }] } }',
    },
    {
      name: 'an inner bean with an unknown key',
      yaml: 'beans: { a: { class: A, properties: { b: !bean { class: B, propertis: {}, constructor-args: [] } } } }',
    },
    {
      name: 'the same without tags',
      yaml: 'beans: { a: { class: A, properties: { b: { $bean: { clas: B } } } } }',
    },
    {
      name: 'a reference to nothing',
      yaml: 'beans: { a: { class: A, properties: { b: { $ref: "" } } } }',
    },
    {
      name: 'a typed value without the value',
      yaml: 'beans: { a: { class: A, properties: { b: { $value: { type: int } } } } }',
    },
    {
      name: 'a table of texts with a list in it',
      yaml: 'beans: { a: { class: A, properties: { b: { $props: { c: [1] } } } } }',
    },
    {
      name: 'an attribute that a list does not have',
      yaml: 'beans: { a: { class: A, properties: { b: { $list: { items: [], typ: int } } } } }',
    },
    { name: 'imports that are no list', yaml: 'imports: a.xml\nbeans: {}' },
    { name: 'an alias that is a list', yaml: 'beans: {}\naliases: { a: [b] }' },
    { name: 'an alias without its bean', yaml: 'beans: [{ alias: { alias: a } }]' },
    {
      name: 'a setting that placeholders do not have',
      yaml: 'property-placeholder: { locations: a }\nbeans: {}',
    },
  ];
  for (const { name, yaml } of refused) {
    it(`refuses ${name}, as the reader does`, () => {
      const problems = new Problems();
      readYaml(new SourceText('red5-web.yaml', yaml), problems);
      assert.notDeepEqual(problems.errors, []);
      assert.notDeepEqual(complaints(yaml, validate), []);
    });
  }

  it('refuses a property that a class which ships does not have', () => {
    const yaml = 'beans: { web.scope: { class: WebScope, properties: { contextPat: /x } } }';
    assert.match(complaints(yaml, validate).join(), /contextPat/);
    assert.deepEqual(complaints(yaml.replace('contextPat:', 'context.path:'), validate), []);
  });
});

describe('bean files in an editor with the settings of the guide', () => {
  const guide = readFileSync(join(root, 'docs/guide/bean-files.md'), 'utf8');
  const settings = JSON.parse(/```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? '') as {
    'yaml.customTags': readonly string[];
  };
  const chat = readFileSync(join(root, 'webapps/chat/red5-web.yaml'), 'utf8');
  let workspace: TemporaryFolder;
  let editor: YamlLanguageServer;
  const file = (name: string): string => join(workspace.path, 'webapps/chat', name);

  before(async () => {
    workspace = await temporaryFolder({ 'webapps/chat/red5-web.yaml': chat });
    await mkdir(join(workspace.path, 'node_modules'));
    await symlink(root, join(workspace.path, 'node_modules/red5-node'), 'junction');
    editor = await YamlLanguageServer.open(workspace.path, settings);
  });
  after(async () => {
    await editor[Symbol.asyncDispose]();
    await workspace[Symbol.asyncDispose]();
  });

  it('know every tag', () => {
    const tags = settings['yaml.customTags'].map((tag) => tag.split(' ')[0]);
    assert.deepEqual([...new Set(tags)].sort(), yamlTags.map((tag) => `!${tag}`).sort());
  });

  it('have nothing underlined when they are right', async () => {
    assert.deepEqual(await editor.diagnose(file('red5-web.yaml'), chat), []);
    const server = readFileSync(join(root, 'conf/red5.yaml'), 'utf8');
    assert.deepEqual(await editor.diagnose(join(workspace.path, 'conf/red5.yaml'), server), []);
  });

  const slips = [
    { from: 'autowire: byType', to: 'autowyre: byType', says: /autowyre is not allowed/ },
    { from: 'contextPath:', to: 'contextPat:', says: /contextPat is not allowed/ },
    { from: '!ref router', to: '!reff router', says: /Unresolved tag: !reff/ },
    { from: 'lazy-init: true', to: 'lazy-init: maybe', says: /./ },
  ];
  for (const [index, { from, to, says }] of slips.entries()) {
    it(`have ${to} underlined`, async () => {
      const line = chat.split('\n').findIndex((one) => one.includes(from));
      const found = await editor.diagnose(file(`red5-${index}.yaml`), chat.replace(from, to));
      assert.deepEqual(linesOf(found), [line]);
      assert.match(found[0]?.message ?? '', says);
    });
  }

  it('name their schema in a comment', async () => {
    const line = /# yaml-language-server: .*/.exec(guide)?.[0];
    const text = `${line}\nbeans:\n  a:\n    clas: A\n    properties: {}\n`;
    assert.deepEqual(linesOf(await editor.diagnose(file('other.yaml'), text)), [3]);
  });

  it('are completed', async () => {
    const bean = 'beans:\n  web.scope:\n    class: WebScope\n    ';
    await editor.diagnose(file('red5-bean.yaml'), bean);
    const keys = await editor.complete(file('red5-bean.yaml'), 3, 4);
    await editor.diagnose(file('red5-properties.yaml'), `${bean}properties:\n      `);
    const properties = await editor.complete(file('red5-properties.yaml'), 4, 6);
    assert.ok(properties.includes('contextPath'), properties.join());
    assert.ok(keys.includes('init-method') && keys.includes('constructor-args'), keys.join());
  });
});

function linesOf(found: readonly Diagnostic[]): number[] {
  return [...new Set(found.map(({ range }) => range.start.line))];
}
