import assert from 'node:assert/strict';
import { symlink } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { ModuleLoader } from '../../src/boot/ModuleLoader.ts';
import { TemporaryFolder } from '../support/TemporaryFolder.ts';

class Base {}

type Constructor = new () => Record<string, unknown>;

async function load(files: Readonly<Record<string, string>>, file: string) {
  await using folder = await TemporaryFolder.create(files);
  const loader = new ModuleLoader(folder.path, { 'red5-node': { Base } });
  return await loader.load(folder.file(file));
}

describe('ModuleLoader', () => {
  const forms = [
    {
      name: 'TypeScript',
      file: 'A.ts',
      text: "import { Base } from 'red5-node';\nexport class A extends Base { private readonly n: number = 1; }",
    },
    {
      name: 'TypeScript with top-level await',
      file: 'A.ts',
      text: "const { Base } = await import('red5-node');\nexport class A extends Base {}",
    },
    {
      name: 'an ES module',
      file: 'A.mjs',
      text: "import { Base } from 'red5-node';\nexport class A extends Base {}",
    },
    {
      name: 'an ES module called .js',
      file: 'A.js',
      text: "import { Base } from 'red5-node';\nexport class A extends Base {}",
    },
    {
      name: 'CommonJS',
      file: 'A.cjs',
      text: "const { Base } = require('red5-node');\nexports.A = class A extends Base {};",
    },
  ];
  for (const { name, file, text } of forms) {
    it(`loads ${name}, with the server's own red5-node`, async () => {
      const { A } = await load({ [file]: text }, file);
      assert.ok(new (A as Constructor)() instanceof Base);
    });
  }

  it('evaluates a file once, however it is reached', async () => {
    await using folder = await TemporaryFolder.create({
      'a.ts': "export { Shared } from './shared.ts';",
      'b.ts': "export { Shared } from './shared.js';",
      'shared.ts': 'export class Shared {}',
    });
    await symlink(folder.file('shared.ts'), folder.file('link.ts'));
    const loader = new ModuleLoader(folder.path, {});
    const loaded = await Promise.all(
      ['a.ts', 'b.ts', 'shared.ts', 'link.ts', 'a.ts'].map((file) =>
        loader.load(folder.file(file)),
      ),
    );
    assert.equal(new Set(loaded.map((exports) => exports['Shared'])).size, 1);
  });

  it('shares nothing with another loader', async () => {
    await using folder = await TemporaryFolder.create({ 'a.ts': 'export class A {}' });
    const [one, two] = await Promise.all(
      [1, 2].map(() => new ModuleLoader(folder.path, {}).load(folder.file('a.ts'))),
    );
    assert.notEqual(one?.['A'], two?.['A']);
  });

  it('knows every file it loaded, imported ones included', async () => {
    await using folder = await TemporaryFolder.create({
      'a.ts': "import './lib/b.js';",
      'lib/b.js': "import './c.cjs';",
      'lib/c.cjs': 'exports.c = 1;',
      'lib/unused.js': '',
    });
    const loader = new ModuleLoader(folder.path, {});
    await loader.load(folder.file('a.ts'));
    assert.deepEqual(
      loader.files.toSorted(),
      ['a.ts', 'lib/b.js', 'lib/c.cjs'].map((file) => folder.file(file)),
    );
  });

  it("finds packages in the webapp's own node_modules", async () => {
    const { value } = await load(
      {
        'a.ts': "export { value } from 'own';",
        'node_modules/own/package.json': '{"name":"own","main":"main.cjs"}',
        'node_modules/own/main.cjs': 'exports.value = 42;',
      },
      'a.ts',
    );
    assert.equal(value, 42);
  });

  it('fails with the file and line of a syntax error', async () => {
    await assert.rejects(
      load({ 'a.ts': 'export const a = 1;\nexport class {' }, 'a.ts'),
      /a\.ts:2:/,
    );
  });

  it('gives errors of loaded code the line of the source', async () => {
    const { A } = await load(
      {
        'a.ts':
          'interface Gone {\n  readonly a: number;\n}\n\nexport class A {\n  constructor() {\n    throw new Error("here");\n  }\n}\nexport type { Gone };',
      },
      'a.ts',
    );
    assert.throws(
      () => new (A as Constructor)(),
      (error: Error) => /a\.ts:7:/.test(error.stack ?? ''),
    );
  });
});
