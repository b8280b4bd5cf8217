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

  for (const [name, json, file, code] of [
    [
      'an ES module',
      '"type":"module","main":"m.js"',
      'm.js',
      'await null;\nexport const value = 42;',
    ],
    [
      'an ES module with exports',
      '"type":"module","exports":{".":{"import":"./m.js"}}',
      'm.js',
      'export const value = 42;',
    ],
    ['CommonJS', '"main":"m.js"', 'm.js', 'exports.value = 42;'],
  ] as const) {
    it(`takes a package of the webapp that is ${name}`, async () => {
      for (const from of ['a.ts', 'a.mjs', ...(name === 'CommonJS' ? ['a.cjs'] : [])]) {
        const { value } = await load(
          {
            [from]:
              from === 'a.cjs'
                ? "exports.value = require('own').value;"
                : "export { value } from 'own';",
            'node_modules/own/package.json': `{"name":"own",${json}}`,
            [`node_modules/own/${file}`]: code,
          },
          from,
        );
        assert.equal(value, 42, from);
      }
    });
  }

  describe('a file that another imports', () => {
    const thrower = 'function fail() {\n  throw new Error("here");\n}';
    const esm = (value: number) => `export const value = ${value};\nexport ${thrower}\n`;
    const typed = (value: number) =>
      `interface Gone {}\n${esm(value).replace('value =', 'value: number =')}`;
    const cjs = (value: number) => `exports.value = ${value};\nexports.fail = ${thrower};\n`;
    const module = { 'package.json': '{"type":"module"}' };
    const commonjs = { 'package.json': '{"type":"commonjs"}' };
    const forms: readonly {
      readonly from: string;
      readonly name: string;
      readonly file?: string;
      readonly text: (value: number) => string;
      readonly files?: Readonly<Record<string, string>>;
      readonly line: number;
    }[] = [
      { from: 'a.ts', name: './b.ts', text: typed, line: 4 },
      { from: 'a.ts', name: './b.js', file: 'b.ts', text: typed, line: 4 },
      { from: 'a.ts', name: './b', file: 'b.ts', text: typed, line: 4 },
      { from: 'a.mts', name: './b.cts', text: typed, line: 4 },
      { from: 'a.ts', name: './b.mjs', text: esm, line: 3 },
      { from: 'a.ts', name: './b.cjs', text: cjs, line: 3 },
      { from: 'a.ts', name: './b.js', text: esm, files: module, line: 3 },
      { from: 'a.ts', name: './b.js', text: cjs, files: commonjs, line: 3 },
      { from: 'a.ts', name: './b.js', text: esm, line: 3 },
      { from: 'a.mjs', name: './b.mjs', text: esm, line: 3 },
      { from: 'a.js', name: './b.js', text: esm, files: module, line: 3 },
      { from: 'a.js', name: './b.js', text: esm, line: 3 },
      {
        from: 'a.ts',
        name: './b.js',
        text: (value) => `await null;\n${esm(value)}`,
        files: module,
        line: 4,
      },
      { from: 'a.cjs', name: './b.cjs', text: cjs, line: 3 },
      { from: 'a.js', name: './b.js', text: cjs, files: commonjs, line: 3 },
    ];
    for (const { from, name, file = name.slice(2), text, files = {}, line } of forms) {
      const isCommonJS = from === 'a.cjs' || (files === commonjs && from === 'a.js');
      const kind = `${from} → ${name}${files === module ? ' (module)' : files === commonjs ? ' (commonjs)' : ''}`;
      it(`is read anew by another loader, and its errors have its line: ${kind}`, async () => {
        await using folder = await TemporaryFolder.create({
          ...files,
          [from]: isCommonJS ? `module.exports = require('${name}');` : `export * from '${name}';`,
        });
        for (const value of [1, 2]) {
          await folder.write({ [file]: text(value) });
          const loader = new ModuleLoader(folder.path, {});
          const loaded = await loader.load(folder.file(from));
          assert.equal(loaded['value'], value);
          assert.throws(loaded['fail'] as () => void, (error: Error) =>
            new RegExp(`/${file.replace('.', '\\.')}:${line}:`).test(error.stack ?? ''),
          );
          assert.deepEqual(
            loader.files.toSorted(),
            [folder.file(from), folder.file(file)].toSorted(),
          );
        }
      });
    }

    for (const [from, text] of [
      [
        'a.ts',
        "import data from './b.json' with { type: 'json' };\nexport const { value } = data;",
      ],
      ['a.cjs', "exports.value = require('./b.json').value;"],
    ] as const) {
      it(`is read anew when it is JSON: ${from}`, async () => {
        await using folder = await TemporaryFolder.create({ [from]: text });
        for (const value of [1, 2]) {
          await folder.write({ 'b.json': JSON.stringify({ value }) });
          const loader = new ModuleLoader(folder.path, {});
          assert.equal((await loader.load(folder.file(from)))['value'], value);
          assert.ok(loader.files.includes(folder.file('b.json')));
        }
      });
    }

    it('may import in a circle', async () => {
      const { value } = await load(
        {
          'a.mjs': "export { value } from './b.mjs';",
          'b.mjs': "import { c } from './c.mjs';\nexport const value = () => c();",
          'c.mjs': "import { value } from './b.mjs';\nexport const c = () => typeof value;",
        },
        'a.mjs',
      );
      assert.equal((value as () => string)(), 'function');
    });

    for (const [name, text, place] of [
      ['has a syntax error', 'const ok = 1;\nexport function {', /b\.js:2:/],
      [
        'has a syntax error and waits',
        'export const f = async () => { await 1; };\nconst = 1;',
        /b\.js:2:/,
      ],
      ['throws', 'const ok = 1;\nthrow new Error("at load");', /b\.js:2:/],
      ['imports what is missing', "import './missing.js';", /missing\.js/],
    ] as const) {
      it(`is named when it ${name}`, async () => {
        await assert.rejects(
          load({ 'a.ts': "import './b.js';", 'b.js': text, ...module }, 'a.ts'),
          (error: Error) => place.test(`${error.message}\n${error.stack}`),
        );
      });
    }
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
