import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SourceText } from '../../../src/container/definition/SourceText.ts';
import { Problems } from '../../../src/container/errors/Problems.ts';
import { decodeText } from '../../../src/container/readers/decodeText.ts';
import { limits } from '../../../src/container/readers/limits.ts';
import { readBeanFile } from '../../../src/container/readers/readBeanFile.ts';
import { problemsOf, readContext } from '../support.ts';

interface Hostile {
  readonly name: string;
  readonly file: string;
  readonly text: string | Uint8Array;
  /** Code of the first problem. */
  readonly code: string;
}

const bytes = (text: string, ...more: number[]): Uint8Array =>
  Buffer.concat([Buffer.from(text), Buffer.from(more)]);
const bomb = `${Array.from({ length: 9 }, (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`).join('')}`;
const aliasBomb = `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${Array.from(
  { length: 9 },
  (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join(', ')}]`,
).join('\n')}`;

const files: readonly Hostile[] = [
  {
    name: 'an entity bomb',
    file: 'a.xml',
    text: `<!DOCTYPE beans [<!ENTITY e0 "ha">${bomb}]><beans>&e9;</beans>`,
    code: 'XML_ENTITY',
  },
  {
    name: 'an external entity',
    file: 'a.xml',
    text: '<!DOCTYPE beans [<!ENTITY x SYSTEM "file:///etc/passwd">]><beans>&x;</beans>',
    code: 'XML_ENTITY',
  },
  {
    name: 'a parameter entity',
    file: 'a.xml',
    text: '<!DOCTYPE beans [<!ENTITY % x SYSTEM "http://localhost:1/x"> %x;]><beans/>',
    code: 'XML_ENTITY',
  },
  {
    name: 'an unknown entity',
    file: 'a.xml',
    text: '<beans><bean id="&nope;"/></beans>',
    code: 'XML_ENTITY',
  },
  {
    name: '100,000 nested tags',
    file: 'a.xml',
    text: '<beans>'.repeat(100_000) + '</beans>'.repeat(100_000),
    code: 'LIMIT_EXCEEDED',
  },
  { name: 'an unclosed tag', file: 'a.xml', text: '<beans><bean></beans>', code: 'XML_SYNTAX' },
  {
    name: 'an unclosed attribute',
    file: 'a.xml',
    text: '<beans><bean id="a></beans>',
    code: 'XML_SYNTAX',
  },
  { name: 'two roots', file: 'a.xml', text: '<beans/><beans/>', code: 'XML_SYNTAX' },
  { name: 'text after the root', file: 'a.xml', text: '<beans/>junk', code: 'XML_SYNTAX' },
  {
    name: 'NUL in XML',
    file: 'a.xml',
    text: '<beans><bean id="a\0"/></beans>',
    code: 'XML_SYNTAX',
  },
  {
    name: 'an element called __proto__',
    file: 'a.xml',
    text: '<beans><__proto__/></beans>',
    code: 'ELEMENT_UNKNOWN',
  },
  {
    name: 'an attribute called constructor',
    file: 'a.xml',
    text: '<beans><bean id="a" class="Part" constructor="x"/></beans>',
    code: 'ATTRIBUTE_UNKNOWN',
  },
  {
    name: 'an undeclared prefix',
    file: 'a.xml',
    text: '<beans><p:x/></beans>',
    code: 'XML_SYNTAX',
  },
  { name: 'an empty XML file', file: 'a.xml', text: '', code: 'XML_SYNTAX' },
  {
    name: 'an alias bomb',
    file: 'a.yaml',
    text: `beans: { a: { class: Part, properties: { extra: *a9 } } }\n${aliasBomb}`,
    code: 'YAML_ALIAS',
  },
  {
    name: 'an alias bomb that is used',
    file: 'a.yaml',
    text: `meta: { x: y }\nbeans:\n  a:\n    class: Part\n    properties:\n${aliasBomb.replace(/^/gm, '      ')}`,
    code: 'ATTRIBUTE_UNKNOWN',
  },
  {
    name: 'a recursive alias',
    file: 'a.yaml',
    text: 'beans: { a: { class: Part, properties: { extra: &x [*x] } } }',
    code: 'YAML_ALIAS',
  },
  {
    name: 'an undefined alias',
    file: 'a.yaml',
    text: 'beans: { a: { class: *x } }',
    code: 'YAML_ALIAS',
  },
  {
    name: '100,000 nested lists',
    file: 'a.yaml',
    text: '['.repeat(100_000),
    code: 'LIMIT_EXCEEDED',
  },
  {
    name: '100,000 nested dashes',
    file: 'a.yaml',
    text: '- '.repeat(100_000),
    code: 'LIMIT_EXCEEDED',
  },
  {
    name: '300 nested maps',
    file: 'a.yaml',
    text: `beans: { a: { class: Part, properties: { extra: ${'{ k: '.repeat(300)}x${' }'.repeat(300)} } } }`,
    code: 'LIMIT_EXCEEDED',
  },
  {
    name: 'a tag that makes objects',
    file: 'a.yaml',
    text: 'beans: { a: !!js/function "return 1" }',
    code: 'YAML_SHAPE',
  },
  { name: 'YAML 1.1', file: 'a.yaml', text: '%YAML 1.1\n---\nbeans: {}', code: 'NOT_SUPPORTED' },
  { name: 'two documents', file: 'a.yaml', text: 'beans: {}\n---\nbeans: {}', code: 'YAML_SYNTAX' },
  { name: 'an empty YAML file', file: 'a.yaml', text: '', code: 'YAML_SHAPE' },
  {
    name: 'invalid UTF-8',
    file: 'a.yaml',
    text: bytes('beans:\n  a', 0xc3, 0x28),
    code: 'FILE_UNREADABLE',
  },
  {
    name: 'an unknown encoding',
    file: 'a.xml',
    text: '<?xml version="1.0" encoding="klingon"?><beans/>',
    code: 'FILE_UNREADABLE',
  },
  {
    name: 'a file of 50 MB',
    file: 'a.yaml',
    text: Buffer.alloc(50 * 1024 * 1024, '#'),
    code: 'FILE_TOO_LARGE',
  },
  { name: 'a file of another kind', file: 'a.txt', text: 'beans', code: 'FILE_TYPE_UNKNOWN' },
];

describe('hostile bean files', () => {
  for (const { name, file, text, code } of files) {
    it(`answers ${name} with a located error, soon`, async () => {
      const before = Date.now();
      const problems = await problemsOf({ [file]: text }, { load: [file] });
      assert.ok(Date.now() - before < 5_000, `${Date.now() - before} ms`);
      assert.match(problems[0] ?? '', new RegExp(`^${file}:\\d+:\\d+ ${code}$`), problems[0]);
    });
  }

  it('points at the byte that is not text', () => {
    assert.throws(
      () => decodeText(bytes('ab\ncd', 0xff), 'a.yaml'),
      (error: Error & { location?: unknown }) => {
        assert.deepEqual(error.location, { file: 'a.yaml', line: 2, column: 3 });
        return true;
      },
    );
  });

  it('reads UTF-16 and declared encodings', () => {
    const utf16 = Buffer.from('\ufeffbeans: {}', 'utf16le');
    assert.equal(decodeText(utf16, 'a.yaml').text, 'beans: {}');
    const latin = Buffer.from(
      '<?xml version="1.0" encoding="ISO-8859-1"?><beans><!-- é --></beans>',
      'latin1',
    );
    assert.match(decodeText(latin, 'a.xml').text, /é/);
  });

  it('uses keys of the prototype of objects as plain names', async () => {
    await using context = await readContext({
      'a.yaml': `beans:
  __proto__: { class: java.lang.String, constructor-args: [proto] }
  constructor: { class: java.lang.String, constructor-args: [ctor] }
  toString: { class: java.lang.String, constructor-args: [text] }
  table: !map { __proto__: polluted, constructor: too }`,
    });
    await context.refresh();
    assert.equal(context.getBean('__proto__'), 'proto');
    assert.equal(context.getBean('constructor'), 'ctor');
    assert.deepEqual(
      [...context.getBean<Map<string, string>>('table')],
      [
        ['__proto__', 'polluted'],
        ['constructor', 'too'],
      ],
    );
    assert.equal(context.containsBean('hasOwnProperty'), false);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });

  it('lets aliases of plain data be expanded within their budget', () => {
    const problems = new Problems();
    const text = 'beans: { a: { class: Part, properties: { tags: &x [a, b], extra: *x } } }';
    assert.ok(readBeanFile(new SourceText('a.yaml', text), problems) !== undefined);
    assert.deepEqual(problems.errors, []);
    assert.ok(limits.aliasNodes >= 100);
  });

  it('makes two beans of an aliased inner bean', async () => {
    class Part {
      next: unknown = undefined;
      other: unknown = undefined;
    }
    await using context = await readContext(
      {
        'a.yaml':
          'beans: { a: { class: Part, properties: { next: &b !bean { class: Part }, other: *b } } }',
      },
      { with: { Part } },
    );
    await context.refresh();
    const { next, other } = context.getBean<Part>('a');
    assert.ok(next instanceof Part && other instanceof Part && next !== other);
  });
});
