import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { SourceText } from '../../src/container/definition/SourceText.ts';
import { Problems } from '../../src/container/errors/Problems.ts';
import { parsePath, readStep } from '../../src/container/factory/propertyPath.ts';
import { ConfigErrors } from '../../src/container/index.ts';
import { readBeanFile } from '../../src/container/readers/readBeanFile.ts';
import { meaningOf } from '../../src/container/writers/meaningOf.ts';
import { fixtureClasses } from './fixtureClasses.ts';
import { type ReadOptions, readContext } from './support.ts';

/** The third part of a `*.case` file. */
interface Expected {
  readonly title: string;
  /** Path from a bean → value, after everything was made. */
  readonly made?: Readonly<Record<string, unknown>>;
  /** Names of the beans of the context. */
  readonly names?: readonly string[];
  /** What the beans did, up to the close. */
  readonly log?: readonly string[];
  /** `yaml-place xml-place CODE` of each problem; `-` when one of the formats has none. */
  readonly errors?: readonly string[];
  /** The same for problems of beans that nobody needs at the start. */
  readonly warnings?: readonly string[];
  /** XML of a parent context; it is closed last. */
  readonly parent?: string;
  /** Code of the failure of refresh. */
  readonly fails?: string;
  /** Other files beside the bean file. */
  readonly files?: Readonly<Record<string, string>>;
  readonly systemProperties?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly profiles?: readonly string[];
}

const FOLDER = join(import.meta.dirname, '../fixtures/config');
const cases = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.case'))
  .sort();

describe('bean files in both formats', () => {
  it('has cases', () => {
    assert.ok(cases.length > 40);
  });

  for (const name of cases) {
    const [yaml = '', xml = '', rest = ''] = readFileSync(join(FOLDER, name), 'utf8').split(
      /^-{20,}\n/m,
    );
    const expected = parse(rest) as Expected;
    it(`${name.replace('.case', '')}: ${expected.title}`, async () => {
      const formats = { 'red5-web.yaml': yaml, 'red5-web.xml': xml };
      const results = [];
      for (const [file, text] of Object.entries(formats))
        results.push(await run(file, text, expected));
      if (expected.errors === undefined)
        assert.equal(meaning('red5-web.yaml', yaml), meaning('red5-web.xml', xml));
      check(results, expected);
    });
  }
});

function meaning(file: string, text: string): string {
  const beans = readBeanFile(new SourceText(file, text), new Problems());
  assert.ok(beans !== undefined);
  return meaningOf(beans);
}

interface Result {
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly names: readonly string[];
  readonly made: Readonly<Record<string, unknown>>;
  readonly log: readonly string[];
  readonly failure: string | undefined;
}

async function run(file: string, text: string, expected: Expected): Promise<Result> {
  const log: string[] = [];
  const options: ReadOptions = {
    load: [file],
    classes: fixtureClasses(log),
    systemProperties: expected.systemProperties ?? {},
    env: expected.env ?? {},
    profiles: expected.profiles ?? [],
  };
  const nothing = { errors: [], warnings: [], names: [], made: {}, log, failure: undefined };
  try {
    await using parent =
      expected.parent === undefined
        ? undefined
        : await readContext(
            { 'parent.xml': expected.parent },
            options.classes && { classes: options.classes },
          );
    await parent?.refresh();
    await using context = await readContext(
      { [file]: text, ...expected.files },
      parent === undefined ? options : { ...options, parent },
    );
    const warnings = context.warnings.map(placeOf);
    const names = context.getBeanNames();
    try {
      await context.refresh();
    } catch (error) {
      const code: unknown = error instanceof Error && 'code' in error ? error.code : error;
      return { ...nothing, warnings, names, failure: String(code) };
    }
    const made: Record<string, unknown> = {};
    for (const path of Object.keys(expected.made ?? {}))
      made[path] = plain(readFrom(context, path));
    await context.start();
    await context.close();
    if (parent !== undefined) log.push('closed');
    await parent?.close();
    return { ...nothing, warnings, names, made };
  } catch (error) {
    if (!(error instanceof ConfigErrors)) throw error;
    return { ...nothing, errors: error.errors.map(placeOf) };
  }
}

function placeOf({
  code,
  location,
}: {
  code: string;
  location: { line: number; column: number } | undefined;
}): string {
  return `${location?.line}:${location?.column} ${code}`;
}

/** `bean|path`, or the bean alone. */
function readFrom(context: { getBean(name: string): unknown }, path: string): unknown {
  const [bean = '', steps = ''] = path.split('|');
  let value = context.getBean(bean);
  for (const step of parsePath(steps, undefined)) value = readStep(value, step);
  return value;
}

function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Set || Array.isArray(value)) return [...value].map(plain);
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, one]) => [String(key), plain(one)]));
  if (typeof value === 'object' && value !== null) return value.constructor.name;
  return value;
}

function check([yaml, xml]: readonly Result[], expected: Expected): void {
  assert.ok(yaml !== undefined && xml !== undefined);
  assert.deepEqual(pairUp(yaml.errors, xml.errors), expected.errors ?? []);
  assert.deepEqual(pairUp(yaml.warnings, xml.warnings), expected.warnings ?? []);
  for (const result of [yaml, xml]) {
    assert.equal(result.failure, expected.fails);
    if (expected.names !== undefined) assert.deepEqual(result.names, expected.names);
    assert.deepEqual(result.made, expected.made ?? {});
    if (expected.log !== undefined) assert.deepEqual(result.log, expected.log);
  }
}

/** `yaml-place xml-place CODE` of the problems of both formats, in order. */
function pairUp(yaml: readonly string[], xml: readonly string[]): string[] {
  return Array.from({ length: Math.max(yaml.length, xml.length) }, (_, index) => {
    const [yamlPlace = '-', yamlCode = ''] = (yaml[index] ?? '')
      .split(' ')
      .filter((part) => part !== '');
    const [xmlPlace = '-', xmlCode = ''] = (xml[index] ?? '')
      .split(' ')
      .filter((part) => part !== '');
    const codes = new Set([yamlCode, xmlCode].filter((code) => code !== ''));
    return `${yamlPlace} ${xmlPlace} ${[...codes].join('|')}`;
  });
}
