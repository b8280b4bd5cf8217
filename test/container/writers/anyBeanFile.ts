import fc from 'fast-check';
import type {
  Attributes,
  BeanNode,
  BeansItem,
  BeansNode,
  Commented,
  Text,
  ValueNode,
} from '../../../src/container/definition/beanFile.ts';

const location = { file: 'any', line: 1, column: 1 };
const text = (value: string): Text => ({ text: value, location });

/** Texts that are hard to quote, and ordinary ones. */
const anyText = fc.oneof(
  fc.constantFrom(
    '',
    'null',
    '~',
    'true',
    'yes',
    '007',
    '1.10',
    '0x1F',
    '-3',
    '12:30',
    `$${'{a}'}`,
    '#{b}',
    '&c',
    '*d',
    '!e',
    '- x',
    'a: b',
    'a #b',
    ' x ',
    '<<',
    '$ref',
    'entries',
    'location',
    '{a}',
    '[b]',
    "it's",
    '"q"',
    'a\nb',
    '\n',
    'a\n\n b\n',
    '\ttab',
    'é漢😀',
    '@x',
    '%y',
    '`z`',
    '|',
    '>',
    '?',
    ',',
  ),
  fc.string({ maxLength: 12 }).filter(isXml),
);

/** Only what XML can hold. */
function isXml(value: string): boolean {
  return [...value].every((char) => {
    const code = char.codePointAt(0) ?? 0;
    return (
      code >= 0x20 && code !== 0xfffe && code !== 0xffff && !(code >= 0xd800 && code <= 0xdfff)
    );
  });
}

const name = fc.constantFrom('a', 'b', 'web.scope', 'x#0', 'with blank', '7', 'null', 'é', '$odd');
const comment = fc.constantFrom(
  'a note',
  'two\nlines',
  'with blank\n\nline',
  '# hash',
  'x: y',
  '<bean/>',
);
const comments = fc.option(fc.array(comment, { minLength: 1, maxLength: 2 }), {
  nil: undefined,
  freq: 3,
});
const trimmed = anyText.map((value) => value.trim());
const description = fc.option(trimmed.map(text), { nil: undefined, freq: 4 });

function commented<T extends object>(
  node: fc.Arbitrary<T>,
  withEnd = false,
): fc.Arbitrary<T & Commented> {
  const end = withEnd ? comments : fc.constant(undefined);
  return fc.tuple(node, comments, end).map(([value, before, after]) => ({
    ...value,
    ...(before === undefined ? {} : { comments: before }),
    ...(after === undefined ? {} : { endComments: after }),
  }));
}

function optional<T>(key: string, value: T | undefined): Record<string, T> {
  return value === undefined ? {} : { [key]: value };
}

const types = fc.constantFrom('int', 'java.lang.String');

function attributes(...keys: string[]): fc.Arbitrary<Attributes> {
  return fc
    .subarray(keys)
    .chain((chosen) =>
      fc
        .tuple(
          ...chosen.map((key) =>
            key === 'merge'
              ? fc.constantFrom('true', 'false')
              : key === 'scope'
                ? fc.constant('prototype')
                : types,
          ),
        )
        .map((values) => new Map(chosen.map((key, index) => [key, text(values[index] ?? '')]))),
    );
}

const values = fc.letrec<{ value: ValueNode; bean: BeanNode }>((tie) => {
  const described = fc
    .record({
      value: tie('value'),
      description,
      meta: fc.array(fc.tuple(name, anyText), { maxLength: 1 }),
    })
    .map(({ value, description: about, meta }) => ({
      location,
      value,
      ...optional('description', about),
      meta: meta.map(([key, one]) => ({ key: text(key), value: text(one) })),
    }));
  const items = fc.array(tie('value'), { maxLength: 3 });
  const key = fc.oneof(
    {
      weight: 4,
      arbitrary: anyText.map((value): ValueNode => ({ kind: 'text', location, text: value })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<ValueNode>(
        { kind: 'null', location },
        { kind: 'ref', location, name: 'a' },
        { kind: 'text', location, text: '5', type: text('int') },
      ),
    },
  );
  const keyText = (node: ValueNode): string =>
    JSON.stringify(node, ['kind', 'text', 'name', 'type']);
  const list = fc.constantFrom('list' as const, 'set' as const, 'array' as const).chain((kind) =>
    fc
      .record({ items, attributes: attributes('value-type', 'merge'), description })
      .map(({ description: about, ...rest }) => ({
        kind,
        location,
        util: false,
        ...rest,
        ...optional('description', about),
      })),
  );
  const map = fc
    .record({
      entries: fc.uniqueArray(
        commented(
          fc
            .record({ key, value: tie('value'), description })
            .map(({ description: about, ...rest }) => ({
              location,
              ...rest,
              ...optional('description', about),
            })),
        ),
        { maxLength: 3, selector: (entry) => keyText(entry.key) },
      ),
      attributes: attributes('key-type', 'value-type', 'merge'),
      description,
    })
    .map(({ description: about, ...rest }) => ({
      kind: 'map' as const,
      location,
      util: false,
      ...rest,
      ...optional('description', about),
    }));
  const props = fc
    .record({
      entries: fc.uniqueArray(
        commented(
          fc
            .record({ key: anyText.map(text), value: trimmed.map(text) })
            .map((one) => ({ location, ...one })),
        ),
        {
          maxLength: 3,
          selector: (entry) => entry.key.text,
        },
      ),
      attributes: attributes('merge'),
    })
    .map((rest) => ({ kind: 'props' as const, location, util: false, ...rest }));
  const property = commented(
    fc.tuple(anyText, described).map(([key_, one]) => ({ ...one, name: text(key_) })),
  );
  const argument = commented(
    fc
      .tuple(
        described,
        fc.option(fc.nat(9).map(String), { nil: undefined }),
        fc.option(types, { nil: undefined }),
        fc.option(name, { nil: undefined }),
      )
      .map(([one, index, type, called]) => ({
        ...one,
        ...(index === undefined ? {} : { index: text(index) }),
        ...(type === undefined ? {} : { type: text(type) }),
        ...(called === undefined ? {} : { name: text(called) }),
      })),
  );
  return {
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      anyText.map((value): ValueNode => ({ kind: 'text', location, text: value })),
      fc
        .tuple(anyText, types)
        .map(
          ([value, type]): ValueNode => ({ kind: 'text', location, text: value, type: text(type) }),
        ),
      fc.constant<ValueNode>({ kind: 'null', location }),
      fc
        .tuple(fc.constantFrom('ref' as const, 'ref-parent' as const, 'idref' as const), name)
        .map(([kind, called]): ValueNode => ({ kind, location, name: called })),
      fc
        .tuple(fc.constantFrom('constant' as const, 'property-path' as const), name)
        .map(([kind, called]): ValueNode => ({ kind, location, name: called })),
      commented(list, true) as fc.Arbitrary<ValueNode>,
      commented(map, true) as fc.Arbitrary<ValueNode>,
      commented(props, true) as fc.Arbitrary<ValueNode>,
      tie('bean').map((bean): ValueNode => ({ kind: 'bean', location, bean })),
    ),
    bean: commented(
      fc
        .record({
          attributes: fc
            .record({
              id: fc.option(name, { nil: undefined }),
              class: fc.option(anyText, { nil: undefined }),
              scope: fc.option(fc.constantFrom('prototype', 'session'), { nil: undefined }),
              'init-method': fc.option(fc.constantFrom('', 'init'), { nil: undefined }),
            })
            .map(
              (all) =>
                new Map(
                  Object.entries(all).flatMap(([key_, value]) =>
                    value === undefined ? [] : [[key_, text(value)] as const],
                  ),
                ),
            ),
          description,
          meta: fc.uniqueArray(fc.tuple(name, anyText), { maxLength: 2, selector: ([one]) => one }),
          args: fc.array(argument, { maxLength: 3 }),
          properties: fc.uniqueArray(property, { maxLength: 3, selector: (one) => one.name.text }),
        })
        .map(({ description: about, meta, ...rest }) => ({
          kind: 'bean' as const,
          location,
          others: [],
          ...rest,
          ...optional('description', about),
          meta: meta.map(([one, value]) => ({ key: text(one), value: text(value) })),
        })),
      true,
    ),
  };
});

/** Any bean file that both formats can express. */
export function anyBeanFile(depth = 1): fc.Arbitrary<BeansNode> {
  const item: fc.Arbitrary<BeansItem> = fc.oneof(
    { weight: 5, arbitrary: values.bean },
    {
      weight: 1,
      arbitrary: commented(
        anyText
          .filter((one) => one !== '')
          .map((one) => ({ kind: 'import' as const, location, resource: text(one) })),
      ),
    },
    {
      weight: 1,
      arbitrary: commented(
        fc.tuple(name, name).map(([one, other]) => ({
          kind: 'alias' as const,
          location,
          name: text(one),
          alias: text(other),
        })),
      ),
    },
    ...(depth > 0 ? [{ weight: 1, arbitrary: anyBeanFile(depth - 1) }] : []),
  );
  return commented(
    fc
      .tuple(
        fc.array(item, { maxLength: 4 }),
        description,
        fc.option(fc.constantFrom('dev', '!dev'), { nil: undefined }),
      )
      .map(([items, about, profile]) => ({
        kind: 'beans' as const,
        location,
        attributes: new Map(profile === undefined ? [] : [['profile', text(profile)]]),
        items,
        ...optional('description', about),
      })),
    true,
  );
}
