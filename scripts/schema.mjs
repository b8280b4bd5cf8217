// `npm run schema` writes schema/red5-web.schema.json, by which editors check and complete bean files in YAML and JSON. With `--check` it only says
// whether the file is current. Words come from the readers, classes and properties from what ships.
import { mkdir, readFile, writeFile } from 'node:fs/promises';

import { registerBuiltIns } from '../src/container/beans/registerBuiltIns.ts';
import {
  autowireModes,
  beanAttributes,
  beansDefaults,
  booleanAttributes,
  collectionAttributes,
  placeholderAttributes,
} from '../src/container/definition/beanWords.ts';
import { standardClasses } from '../src/standard.ts';

const target = 'schema/red5-web.schema.json';

/** What each word says when the pointer rests on it. */
const explained = {
  id: 'Name of the bean, where it does not stand under its name.',
  name: 'More names of the bean: one text separated by commas, or a list.',
  class:
    'A class that ships (WebScope), its Java name, or a code file of the webapp: ./Application.ts takes the export called like the file, ./parts.ts#Door the one named.',
  parent: 'A bean whose class, properties and arguments are taken over.',
  scope: 'singleton (default): one object. prototype: a new one each time it is asked for.',
  singleton: 'Old spelling of scope: false is prototype.',
  abstract: 'Only a parent for others; never made.',
  'lazy-init': 'Made when it is needed, not at the start.',
  autowire: 'Fills properties that are not set here: by the type of a bean, or by its name.',
  'dependency-check': 'Of old Spring versions.',
  'depends-on': 'Beans that are made before this one and destroyed after it.',
  'autowire-candidate': 'False: not taken when others are autowired by type.',
  primary: 'Taken when several beans have the wanted type.',
  'init-method': 'Called when all properties are set. It may return a promise, which is awaited.',
  'destroy-method': 'Called at the end.',
  'factory-bean': 'The bean whose factory-method makes this one.',
  'factory-method': 'A method that makes the bean instead of its constructor.',
  description: 'What the bean is for.',
  meta: 'Notes for programs.',
  properties: 'What is set after construction, in this order.',
  'constructor-args':
    'Arguments of the constructor: a list by order, a mapping by name or by number from 0.',
  qualifiers: 'Kept, without effect.',
};

const ref = (name) => ({ $ref: `#/definitions/${name}` });
const object = (properties, more = {}) => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
});
const explain = (name, schema) =>
  explained[name] === undefined ? schema : { description: explained[name], allOf: [schema] };

/** The value of a key that is an attribute in XML. */
function attribute(name) {
  if (booleanAttributes.has(name)) return ref('flag');
  if (name === 'autowire' || name === 'default-autowire') return ref('autowireMode');
  if (name === 'class') return ref('className');
  if (name === 'scope') return { anyOf: [{ enum: ['singleton', 'prototype'] }, ref('text')] };
  if (name === 'name' || name === 'depends-on') return ref('names');
  return ref('text');
}

function attributes(names) {
  return Object.fromEntries(names.map((name) => [name, explain(name, attribute(name))]));
}

function beanProperties(withId) {
  return {
    ...(withId ? { id: explain('id', ref('text')) } : {}),
    ...attributes(beanAttributes),
    description: explain('description', ref('text')),
    meta: explain('meta', { type: 'object', additionalProperties: ref('text') }),
    properties: explain('properties', { type: 'object', additionalProperties: ref('value') }),
    'constructor-args': explain('constructor-args', ref('arguments')),
    qualifiers: explain('qualifiers', {
      type: 'array',
      items: { type: 'object', additionalProperties: ref('text') },
    }),
  };
}

/** The classes that bean files can name, those of the container included. */
function shippedClasses() {
  const classes = standardClasses();
  registerBuiltIns({ classes, addBuiltIn() {} });
  const found = new Map();
  for (const name of classes.names()) {
    const type = classes.find(name).class;
    found.set(type, [...(found.get(type) ?? []), name]);
  }
  return [...found].map(([type, names]) => ({ type, names, info: classes.describe(type) }));
}

/** For beans of a class that says what its properties are: their names. */
function ownProperties({ type, names, info }) {
  const properties = Object.fromEntries(
    info
      .propertyNames()
      .sort()
      .map((name) => [name, { ...typeWord(type, name), allOf: [ref('value')] }]),
  );
  return {
    if: { properties: { class: { enum: names } }, required: ['class'] },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      properties: {
        // a.b, a[0]: a property of what the property holds
        properties: {
          properties,
          patternProperties: { '[.\\[]': {} },
          additionalProperties: false,
        },
      },
    },
  };
}

/** What a property takes, in the words of `beanInfo`. */
function typeWord(type, name) {
  for (let one = type; one?.beanInfo !== undefined; one = Object.getPrototypeOf(one)) {
    const found = one.beanInfo.properties?.[name];
    if (found !== undefined) return { description: `Takes ${found}.` };
  }
  return {};
}

/** `{$ref: name}`: what is written `!ref name` with a tag. */
function dollarForms() {
  const listOf = (form) => ({
    anyOf: [
      { type: 'array', items: ref('value') },
      object({
        items: { type: 'array', items: ref('value') },
        description: ref('text'),
        ...attributes(collectionAttributes[form]),
      }),
    ],
  });
  const mapOf = (form, entry) => ({
    anyOf: [
      object({
        entries: { type: 'object', additionalProperties: ref(entry) },
        description: ref('text'),
        ...attributes(collectionAttributes[form]),
      }),
      { type: 'object', additionalProperties: ref(entry) },
    ],
  });
  const name = { type: ['string', 'number', 'boolean'], pattern: '\\S' };
  return {
    $ref: { description: 'A bean of this file or of the server.', ...name },
    '$ref-parent': { description: "A bean of the server, not of the webapp's files.", ...name },
    $idref: { description: 'The name of a bean, as a text; the bean must exist.', ...name },
    $constant: { description: 'A static field of a class.', ...name },
    '$property-path': { description: 'A property of another bean.', ...name },
    $bean: ref('innerBean'),
    $value: {
      anyOf: [
        ref('text'),
        object(
          {
            type: ref('text'),
            value: ref('value'),
            description: ref('text'),
            meta: { type: 'object', additionalProperties: ref('text') },
          },
          { required: ['value'] },
        ),
      ],
    },
    $list: listOf('list'),
    $set: listOf('set'),
    $array: listOf('array'),
    $map: mapOf('map', 'value'),
    $props: mapOf('props', 'text'),
    $properties: mapOf('util-props', 'text'),
    '$util-list': listOf('util-list'),
    '$util-set': listOf('util-set'),
    '$util-map': mapOf('util-map', 'value'),
    '$util-properties': mapOf('util-props', 'text'),
  };
}

/** Keys by which a mapping is known to be a bean, and neither a map nor a collection with attributes. */
const BEAN_WORDS = [
  'class',
  'parent',
  'factory-bean',
  'factory-method',
  'properties',
  'constructor-args',
  'init-method',
  'destroy-method',
  'lazy-init',
  'depends-on',
  'autowire',
  'abstract',
];

function schema() {
  const classes = shippedClasses();
  const context = {
    'property-placeholder': ref('placeholders'),
    'property-override': ref('placeholders'),
    'annotation-config': { ...object({}), description: 'Has no effect.', type: ['object', 'null'] },
  };
  const dollars = dollarForms();
  const shortNames = classes.map(
    ({ names }) => names.find((name) => !name.includes('.')) ?? names[0],
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Generated by scripts/schema.mjs; do not edit.',
    title: 'Bean file of red5-node',
    description: 'The beans of a webapp (red5-web.yaml) or of the server (conf/red5.yaml).',
    ...ref('beans'),
    definitions: {
      beans: object({
        description: { description: 'What the file is for.', allOf: [ref('text')] },
        profile: {
          description: 'Profiles in which the file counts: dev, !live.',
          allOf: [ref('names')],
        },
        defaults: {
          description: 'What holds for the beans of this file that do not say otherwise.',
          ...object(
            Object.fromEntries(
              beansDefaults.map((name) => [
                name.slice('default-'.length),
                name === 'default-autowire-candidates' ? ref('names') : attribute(name),
              ]),
            ),
          ),
        },
        imports: {
          description:
            'Other bean files, relative to this one; XML and YAML can import each other.',
          type: 'array',
          items: ref('text'),
        },
        ...context,
        beans: {
          description: 'The beans, each under its name.',
          if: { type: 'array' },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: { items: ref('listedItem') },
          else: { type: 'object', additionalProperties: ref('namedItem') },
        },
        aliases: {
          description: 'More names: new name → name of the bean.',
          type: 'object',
          additionalProperties: ref('text'),
        },
        nested: {
          description: 'Parts of the file with defaults or profiles of their own.',
          type: 'array',
          items: ref('beans'),
        },
      }),
      text: { type: ['string', 'number', 'boolean'] },
      names: { anyOf: [ref('text'), { type: 'array', items: ref('text') }] },
      flag: {
        anyOf: [
          { type: 'boolean' },
          { type: 'string', pattern: '^(true|false|default|)$|[$#]\\{' },
        ],
      },
      autowireMode: { enum: [...autowireModes, ''] },
      className: {
        anyOf: [{ enum: shortNames }, { type: 'string', pattern: '\\S' }],
      },
      placeholders: {
        description:
          'Values for placeholders: of the command line, the environment, and the files at "location".',
        if: { type: 'array' },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { items: ref('placeholderSettings') },
        else: ref('placeholderSettings'),
      },
      placeholderSettings: {
        ...object(Object.fromEntries(placeholderAttributes.map((name) => [name, ref('names')]))),
        type: ['object', 'null'],
      },
      namedItem: {
        if: { type: 'object', not: ref('object') },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: ref('bean'),
        else: ref('objectItem'),
      },
      object: {
        description: 'A mapping without any word of a bean: !map, !properties.',
        type: 'object',
        minProperties: 1,
        not: { anyOf: BEAN_WORDS.map((name) => ({ required: [name] })) },
      },
      objectItem: {
        description:
          'A value that is a bean: !list, !set, !map, !properties, !constant, !property-path.',
        type: ['object', 'array', 'string'],
        pattern: '\\.',
        items: ref('value'),
        additionalProperties: ref('value'),
      },
      listedItem: {
        type: 'object',
        if: {
          maxProperties: 1,
          anyOf: ['import', 'alias', 'nested', ...Object.keys(context)].map((name) => ({
            required: [name],
          })),
        },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: object({
          import: ref('text'),
          alias: object({ name: ref('text'), alias: ref('text') }, { required: ['name', 'alias'] }),
          nested: ref('beans'),
          ...Object.fromEntries(Object.keys(context).map((name) => [name, context[name]])),
        }),
        else: {
          if: { required: ['object'] },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: object({ id: ref('text'), object: ref('objectItem') }),
          else: ref('innerBean'),
        },
      },
      bean: { ...object(beanProperties(false)), allOf: [ref('shipped')] },
      innerBean: { ...object(beanProperties(true)), allOf: [ref('shipped')] },
      shipped: {
        allOf: classes
          .filter(
            ({ type }) =>
              Object.keys((Object.hasOwn(type, 'beanInfo') && type.beanInfo.properties) || {})
                .length > 0,
          )
          .map(ownProperties),
      },
      arguments: {
        if: { type: 'array' },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { items: ref('argument') },
        else: { type: 'object', additionalProperties: ref('value') },
      },
      argument: {
        if: { type: 'object', required: ['$arg'], maxProperties: 1 },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: object({
          $arg: object(
            {
              index: { type: ['integer', 'string'], pattern: '^\\d{1,4}$', minimum: 0 },
              name: ref('text'),
              type: ref('text'),
              value: ref('value'),
              description: ref('text'),
            },
            { required: ['value'] },
          ),
        }),
        else: ref('value'),
      },
      value: {
        description: 'A text, !ref, a list, a map, or !bean.',
        if: { type: 'object' },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: ref('mapping'),
        else: { type: ['string', 'number', 'boolean', 'null', 'array'], items: ref('value') },
      },
      mapping: {
        if: { minProperties: 1, maxProperties: 1, propertyNames: { enum: Object.keys(dollars) } },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { properties: dollars },
        else: {
          // Tags are not seen here: what has a class and another word of beans is taken for one.
          if: {
            properties: { class: { type: 'string' } },
            required: ['class'],
            anyOf: [
              { properties: { properties: { type: 'object' } }, required: ['properties'] },
              {
                properties: { 'constructor-args': { type: ['object', 'array'] } },
                required: ['constructor-args'],
              },
            ],
          },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: ref('innerBean'),
          else: { additionalProperties: ref('value') },
        },
      },
    },
  };
}

const wanted = `${JSON.stringify(schema(), undefined, 2)}\n`;
if (process.argv.includes('--check')) {
  const present = await readFile(target, 'utf8').catch(() => '');
  if (present !== wanted) {
    console.error(`${target} is not current: run npm run schema`);
    process.exitCode = 1;
  }
} else {
  await mkdir('schema', { recursive: true });
  await writeFile(target, wanted);
}
