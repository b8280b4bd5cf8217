import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';

const repository = path.resolve(import.meta.dirname, '../..');
const sources = readdirSync(path.join(repository, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => path.join(repository, 'src', file));

/** The lists of codes: objects of `*Errors.ts` files that map a code to a sentence. */
async function codes(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const file of sources.filter((name) => /[a-z]Errors\.ts$/.test(name))) {
    const exports: Record<string, unknown> = await import(pathToFileURL(file).href);
    for (const list of Object.values(exports)) {
      if (typeof list !== 'object' || list === null) continue;
      for (const [code, sentence] of Object.entries(list)) {
        if (/^[A-Z][A-Z0-9_]+$/.test(code)) found.set(code, String(sentence));
      }
    }
  }
  assert.ok(found.size > 50, `only ${found.size} codes were found`);
  return found;
}

describe('docs/reference/errors.md', () => {
  const text = readFileSync(path.join(repository, 'docs/reference/errors.md'), 'utf8');
  const chapters = new Map(
    [...text.matchAll(/^### (\w+)\n\n(.+)$/gm)].map(([, code = '', body = '']) => [code, body]),
  );

  it('has a heading for each code, and for nothing else', async () => {
    assert.deepEqual([...chapters.keys()].toSorted(), [...(await codes()).keys()].toSorted());
  });

  it('begins each chapter with the sentence of the code', async () => {
    for (const [code, sentence] of await codes()) {
      assert.ok(chapters.get(code)?.startsWith(`${sentence}.`), code);
    }
  });
});

describe('codes in src/', () => {
  it('are all in one of the lists', async () => {
    const known = await codes();
    let seen = 0;
    for (const file of sources) {
      const thrown = /new (?:Config|Protocol|Lifecycle|Red5)Error\(\s*'(\w+)'/g;
      for (const [, code = ''] of readFileSync(file, 'utf8').matchAll(thrown)) {
        seen += 1;
        assert.ok(known.has(code), `${code} in ${path.relative(repository, file)}`);
      }
    }
    assert.ok(seen > 10, `only ${seen} errors were found`);
  });
});
