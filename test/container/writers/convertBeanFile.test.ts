import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseDocument, visit } from 'yaml';
import { SourceText } from '../../../src/container/definition/SourceText.ts';
import { Problems } from '../../../src/container/errors/Problems.ts';
import { convertBeanFile } from '../../../src/container/index.ts';
import { decodeText } from '../../../src/container/readers/decodeText.ts';
import { readBeanFile } from '../../../src/container/readers/readBeanFile.ts';
import { commentsOf, meaningOf } from '../../../src/container/writers/meaningOf.ts';
import { toXml } from '../../../src/container/writers/toXml.ts';
import { toYaml } from '../../../src/container/writers/toYaml.ts';
import { anyBeanFile } from './anyBeanFile.ts';

const SHARED = process.env['RED5_SHARED'] ?? resolve(import.meta.dirname, '../../../../shared');

function read(file: string, text: string) {
  const problems = new Problems();
  const beans = readBeanFile(new SourceText(file, text), problems);
  assert.deepEqual(
    problems.errors.map((error) => `${error.code} ${error.message}`),
    [],
    text,
  );
  assert.ok(beans !== undefined);
  return beans;
}

describe('converters', () => {
  it('keep the meaning and the comments of any bean file, both ways', () => {
    fc.assert(
      fc.property(anyBeanFile(), (file) => {
        const yaml = toYaml(file);
        const fromYaml = read('a.yaml', yaml);
        assert.equal(meaningOf(fromYaml), meaningOf(file), yaml);
        assert.deepEqual(commentsOf(fromYaml), commentsOf(file), yaml);
        const xml = toXml(fromYaml);
        const fromXml = read('a.xml', xml);
        assert.equal(meaningOf(fromXml), meaningOf(file), xml);
        assert.deepEqual(commentsOf(fromXml), commentsOf(file), xml);
      }),
      { numRuns: 300 },
    );
  });

  it('write the same YAML again for what they wrote', () => {
    fc.assert(
      fc.property(anyBeanFile(), (file) => {
        const yaml = toYaml(file);
        assert.equal(toYaml(read('a.yaml', yaml)), yaml);
      }),
      { numRuns: 200 },
    );
  });

  it('write keys with $ that mean the same as tags', () => {
    fc.assert(
      fc.property(anyBeanFile(), (file) => {
        const plain = toYaml(file, { plain: true });
        visit(parseDocument(plain), {
          Node: (_key, node) => assert.ok(node.tag?.startsWith('!') !== true, plain),
        });
        assert.equal(meaningOf(read('a.yaml', plain)), meaningOf(file), plain);
      }),
      { numRuns: 200 },
    );
  });

  it('write a file people like to read', () => {
    const xml = `<beans>
  <!-- The handler -->
  <bean id="web.handler" class="chat.Application"/>
  <bean id="router" class="chat.Router" lazy-init="true">
    <!-- who is told -->
    <property name="app" ref="web.handler"/>
    <property name="rooms"><list><value>lobby</value></list></property>
  </bean>
</beans>`;
    const yaml = `beans:
  # The handler
  web.handler:
    class: chat.Application

  router:
    class: chat.Router
    lazy-init: true
    properties:
      # who is told
      app: !ref web.handler
      rooms:
        - lobby
`;
    assert.equal(convertBeanFile('a.xml', xml, 'yaml').text, yaml);
    const back = convertBeanFile('a.yaml', yaml, 'xml');
    assert.equal(back.lossFree, true);
    assert.match(back.text, /<property name="app" ref="web.handler"\/>/);
  });

  it('note commented-out beans with their line', () => {
    const { notes, text } = convertBeanFile(
      'a.xml',
      '<beans>\n<!-- <bean id="x"/> -->\n</beans>',
      'yaml',
    );
    assert.deepEqual(notes, ['a.xml:2 a commented-out <bean> is kept as XML text']);
    assert.match(text, /# <bean id="x"\/>/);
  });

  it('refuse characters that XML cannot have', () => {
    const yaml = 'beans: { a: { class: Part, properties: { name: "\\0" } } }';
    assert.throws(() => convertBeanFile('a.yaml', yaml, 'xml'), { code: 'NOT_SUPPORTED' });
  });

  const folders = ['bean-files', 'spring-cases']
    .map((name) => join(SHARED, name))
    .filter(existsSync);
  it('lose nothing of real files', {
    skip: folders.length === 0 ? 'no real files here' : false,
  }, () => {
    let converted = 0;
    for (const folder of folders) {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const file = join(folder, name);
        if (!name.endsWith('.xml') || !statSync(file).isFile()) continue;
        const text = decodeText(readFileSync(file), name).text;
        const problems = new Problems();
        readBeanFile(new SourceText(name, text), problems);
        if (problems.errors.length > 0) continue;
        const yaml = convertBeanFile(name, text, 'yaml');
        assert.equal(yaml.lossFree, true, name);
        assert.equal(convertBeanFile('a.yaml', yaml.text, 'xml').lossFree, true, name);
        converted += 1;
      }
    }
    assert.ok(converted > 30, `${converted} files`);
  });
});
