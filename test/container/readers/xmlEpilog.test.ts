import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SourceText } from '../../../src/container/definition/SourceText.ts';
import { parseXml } from '../../../src/container/readers/xml/parseXml.ts';

/** Text of a file, and how many comments stand before and after its root element. */
const cases: readonly (readonly [text: string, before: number, after: number])[] = [
  ['<beans></beans><!-- x -->', 0, 1],
  ['<beans/><!-- x -->\n<!-- y -->\n', 0, 2],
  ['<!-- a --><beans><bean id="a"/></beans><!--b--><?pi x?>', 1, 1],
  ['<beans></beans><?pi x?><!-- c -->', 0, 1],
  ['<beans></beans>\n<!-- x -->', 0, 1],
  ['<beans><!-- in --></beans>', 0, 0],
];

describe('what follows the root element of a bean file', () => {
  for (const [text, before, after] of cases) {
    it(`is read in ${JSON.stringify(text)}`, () => {
      const document = parseXml(new SourceText('a.xml', text));
      assert.deepEqual([document.before.length, document.after.length], [before, after]);
    });
  }

  for (const text of ['<beans></beans> text <!-- x -->', '<beans></beans><!-- x', '<!-- x -->']) {
    it(`is refused in ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseXml(new SourceText('a.xml', text)), { code: 'XML_SYNTAX' });
    });
  }
});
