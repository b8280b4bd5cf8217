import type { SourceLocation } from '../../base/index.ts';
import { didYouMean } from '../errors/nearestName.ts';
import type { Problems } from '../errors/Problems.ts';
import {
  type ArgumentDefinition,
  type AutowireMode,
  BeanDefinition,
  type DefinitionFlag,
  type MethodName,
  type Value,
} from './BeanDefinition.ts';
import type {
  ArgumentNode,
  Attributes,
  BeanNode,
  ContextNode,
  ListValue,
  MapValue,
  NamedValue,
  ObjectNode,
  PropertyNode,
  PropsValue,
  Text,
  ValueNode,
} from './beanFile.ts';
import { autowireModes } from './beanWords.ts';

/** What the enclosing `<beans>` says about its beans: `default-…` attributes by their names. */
export type Defaults = ReadonlyMap<string, Text>;

const FLAGS: readonly DefinitionFlag[] = ['abstract', 'lazy-init', 'primary', 'autowire-candidate'];
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const FACTORIES = 'org.springframework.beans.factory.config.';

/** Names in an attribute: separated by commas, semicolons or blanks. */
export function splitNames(text: string): string[] {
  return text.split(/[,;\s]+/).filter((name) => name !== '');
}

/** Turns the node of a bean into a definition without a name; names are given where it is registered. */
export function toDefinition(
  node: BeanNode,
  defaults: Defaults,
  problems: Problems,
  inner = false,
): BeanDefinition {
  const { attributes } = node;
  const definition = new BeanDefinition('', node.location, inner);
  const given = (name: string): Text | undefined => {
    const text = attributes.get(name);
    return text === undefined || text.text.trim() === '' ? undefined : text;
  };
  definition.class = trimmed(given('class'));
  definition.parent = trimmed(given('parent'));
  definition.scope = trimmed(given('scope')) ?? singletonScope(given('singleton'));
  definition.factoryBean = trimmed(given('factory-bean'));
  definition.factoryMethod = trimmed(given('factory-method'));
  definition.autowire = autowireOf(attributes, defaults);
  setFlags(definition, attributes, defaults);
  const dependsOn = given('depends-on');
  definition.dependsOn = partsOf(dependsOn);
  definition.initMethod = methodOf('init-method', attributes, defaults);
  definition.destroyMethod = methodOf('destroy-method', attributes, defaults);
  definition.description = node.description?.text;
  definition.others = node.others;
  for (const { key, value } of node.meta) definition.meta.set(key.text, value.text);
  addProperties(definition, node.properties, defaults, problems);
  definition.args = toArguments(node.args, defaults, problems);
  return definition;
}

function trimmed(text: Text | undefined): Text | undefined {
  return text && { ...text, text: text.text.trim() };
}

function partsOf(text: Text | undefined): Text[] {
  if (text === undefined) return [];
  return splitNames(text.text).map((name) => ({ text: name, location: text.location }));
}

function singletonScope(singleton: Text | undefined): Text | undefined {
  if (singleton?.text !== 'false') return undefined;
  return { text: 'prototype', location: singleton.location };
}

function autowireOf(attributes: Attributes, defaults: Defaults): AutowireMode {
  const own = attributes.get('autowire')?.text ?? 'default';
  const mode =
    own === 'default' || own === '' ? (defaults.get('default-autowire')?.text ?? 'no') : own;
  return mode !== 'default' && autowireModes.includes(mode) ? (mode as AutowireMode) : 'no';
}

function setFlags(definition: BeanDefinition, attributes: Attributes, defaults: Defaults): void {
  for (const flag of FLAGS) {
    const text = attributes.get(flag);
    if (text !== undefined && text.text !== 'default' && text.text !== '')
      definition.flags.set(flag, text);
  }
  const lazy = defaults.get('default-lazy-init');
  if (!definition.flags.has('lazy-init') && lazy !== undefined)
    definition.flags.set('lazy-init', lazy);
}

function methodOf(
  kind: string,
  attributes: Attributes,
  defaults: Defaults,
): MethodName | undefined {
  const own = attributes.get(kind);
  const method = own ?? defaults.get(`default-${kind}`);
  if (method === undefined) return undefined;
  // An empty one switches the default off, also that of a parent definition.
  return { text: method.text.trim(), location: method.location, optional: own === undefined };
}

function addProperties(
  definition: BeanDefinition,
  nodes: readonly PropertyNode[],
  defaults: Defaults,
  problems: Problems,
): void {
  for (const node of nodes) {
    const name = node.name.text.trim();
    if (!isPropertyName(name)) {
      problems.add(
        'NAME_INVALID',
        `"${name}" cannot be the name of a property`,
        node.name.location,
      );
      continue;
    }
    const value = toValue(node.value, defaults, problems);
    definition.properties.set(name, { name, location: node.location, value, meta: node.meta });
  }
}

/** False for the empty name and for those that reach the prototype of an object. */
function isPropertyName(name: string): boolean {
  if (name === '') return false;
  return !name
    .split(/[.[\]]/)
    .some((step) => RESERVED.has(step.trim().replace(/^['"]|['"]$/g, '')));
}

function toArguments(
  nodes: readonly ArgumentNode[],
  defaults: Defaults,
  problems: Problems,
): ArgumentDefinition[] {
  const indexes = new Set<number>();
  return nodes.flatMap((node): ArgumentDefinition[] => {
    const index = node.index === undefined ? undefined : Number(node.index.text);
    if (index !== undefined && indexes.has(index)) {
      const message = `argument ${index} is given twice`;
      problems.add('ARGUMENT_DUPLICATE', message, node.index?.location);
      return [];
    }
    if (index !== undefined) indexes.add(index);
    return [
      {
        location: node.location,
        ...(index === undefined ? {} : { index }),
        ...(node.name === undefined || node.name.text === '' ? {} : { name: node.name.text }),
        ...(node.type === undefined || node.type.text === '' ? {} : { type: node.type }),
        value: toValue(node.value, defaults, problems),
      },
    ];
  });
}

/** Turns any value of a file into the value of a definition. */
export function toValue(node: ValueNode, defaults: Defaults, problems: Problems): Value {
  switch (node.kind) {
    case 'text':
    case 'null':
    case 'ref':
    case 'ref-parent':
    case 'idref':
      return node;
    case 'bean':
      return {
        kind: 'inner',
        location: node.location,
        definition: toInner(node.bean, defaults, problems),
      };
    case 'constant':
    case 'property-path':
      return {
        kind: 'inner',
        location: node.location,
        definition: namedDefinition(node, problems, true),
      };
    default:
      if (!node.util) return toCollection(node, defaults, problems);
      return {
        kind: 'inner',
        location: node.location,
        definition: utilDefinition(node, defaults, problems, true),
      };
  }
}

function toInner(node: BeanNode, defaults: Defaults, problems: Problems): BeanDefinition {
  const definition = toDefinition(node, defaults, problems, true);
  const names = splitNames(node.attributes.get('name')?.text ?? '');
  definition.name = node.attributes.get('id')?.text || (names[0] ?? '');
  return definition;
}

function toCollection(
  node: ListValue | MapValue | PropsValue,
  defaults: Defaults,
  problems: Problems,
): Value {
  const own = node.attributes.get('merge')?.text ?? 'default';
  const merge =
    (own === 'default' || own === '' ? defaults.get('default-merge')?.text : own) === 'true';
  const { location } = node;
  const valueType = typeAttribute(node.attributes.get('value-type'));
  const typed = valueType === undefined ? {} : { valueType };
  if (node.kind === 'props') return { kind: 'props', location, merge, entries: node.entries };
  if (node.kind !== 'map') {
    const items = node.items.map((item) => toValue(item, defaults, problems));
    return { kind: node.kind, location, merge, ...typed, items };
  }
  const keyType = typeAttribute(node.attributes.get('key-type'));
  const entries = node.entries.map(({ key, value }) => ({
    key: toValue(key, defaults, problems),
    value: toValue(value, defaults, problems),
  }));
  return { kind: 'map', location, merge, ...typed, ...(keyType && { keyType }), entries };
}

function typeAttribute(text: Text | undefined): Text | undefined {
  return text === undefined || text.text.trim() === '' ? undefined : trimmed(text);
}

/** The definition behind `<util:…>` as a bean of its own. */
export function objectDefinition(
  node: ObjectNode,
  defaults: Defaults,
  problems: Problems,
): BeanDefinition {
  const { value } = node;
  if (value.kind === 'constant' || value.kind === 'property-path')
    return namedDefinition(value, problems, false);
  if ('util' in value) return utilDefinition(value, defaults, problems, false);
  throw new Error(`a ${value.kind} is no bean of its own`);
}

function namedDefinition(node: NamedValue, problems: Problems, inner: boolean): BeanDefinition {
  const definition = new BeanDefinition('', node.location, inner);
  const constant = node.kind === 'constant';
  definition.class = {
    text: `${FACTORIES}${constant ? 'FieldRetrievingFactoryBean' : 'PropertyPathFactoryBean'}`,
    location: node.location,
  };
  if (constant) {
    addText(definition, 'staticField', node.name, node.location);
    return definition;
  }
  const dot = node.name.search(/[.[]/);
  if (!/^[^.]+\../.test(node.name)) {
    const message = `a property path is written beanName.property, not "${node.name}"`;
    problems.add('ATTRIBUTE_INVALID', message, node.location);
  }
  const bean = dot === -1 ? node.name : node.name.slice(0, dot);
  addText(definition, 'targetBeanName', bean, node.location);
  addText(
    definition,
    'propertyPath',
    dot === -1 ? '' : node.name.slice(dot).replace(/^\./, ''),
    node.location,
  );
  return definition;
}

function addText(
  definition: BeanDefinition,
  name: string,
  text: string,
  location: SourceLocation,
): void {
  definition.properties.set(name, {
    name,
    location,
    value: { kind: 'text', text, location },
    meta: [],
  });
}

const UTIL_FACTORIES = {
  list: {
    factory: 'ListFactoryBean',
    source: 'sourceList',
    class: 'targetListClass',
    attribute: 'list-class',
  },
  array: {
    factory: 'ListFactoryBean',
    source: 'sourceList',
    class: 'targetListClass',
    attribute: 'list-class',
  },
  set: {
    factory: 'SetFactoryBean',
    source: 'sourceSet',
    class: 'targetSetClass',
    attribute: 'set-class',
  },
  map: {
    factory: 'MapFactoryBean',
    source: 'sourceMap',
    class: 'targetMapClass',
    attribute: 'map-class',
  },
  props: { factory: 'PropertiesFactoryBean', source: 'properties', class: '', attribute: '' },
} as const;
const PROPERTIES_ATTRIBUTES: Readonly<Record<string, string>> = {
  location: 'locations',
  'local-override': 'localOverride',
  'ignore-resource-not-found': 'ignoreResourceNotFound',
  'file-encoding': 'fileEncoding',
};

function utilDefinition(
  node: ListValue | MapValue | PropsValue,
  defaults: Defaults,
  problems: Problems,
  inner: boolean,
): BeanDefinition {
  const definition = new BeanDefinition('', node.location, inner);
  const form = UTIL_FACTORIES[node.kind];
  definition.class = { text: `${FACTORIES}${form.factory}`, location: node.location };
  definition.scope = trimmed(node.attributes.get('scope'));
  const lazy = defaults.get('default-lazy-init');
  if (lazy !== undefined) definition.flags.set('lazy-init', lazy);
  const isEmptyTable = node.kind === 'props' && node.entries.length === 0;
  if (!isEmptyTable) {
    const value = toCollection(node, defaults, problems);
    definition.properties.set(form.source, {
      name: form.source,
      location: node.location,
      value,
      meta: [],
    });
  }
  const type = form.attribute === '' ? undefined : node.attributes.get(form.attribute);
  if (type !== undefined) addText(definition, form.class, type.text, type.location);
  if (node.kind !== 'props') return definition;
  for (const [attribute, property] of Object.entries(PROPERTIES_ATTRIBUTES)) {
    const text = node.attributes.get(attribute);
    if (text !== undefined) addText(definition, property, text.text, text.location);
  }
  return definition;
}

const PLACEHOLDER_ATTRIBUTES: Readonly<Record<string, string>> = {
  location: 'locations',
  'file-encoding': 'fileEncoding',
  order: 'order',
  'ignore-resource-not-found': 'ignoreResourceNotFound',
  'ignore-unresolvable': 'ignoreUnresolvablePlaceholders',
  'local-override': 'localOverride',
  'value-separator': 'valueSeparator',
  'trim-values': 'trimValues',
  'null-value': 'nullValue',
};

/** The definition behind `<context:property-placeholder>` and `<context:property-override>`. */
export function contextDefinition(node: ContextNode, problems: Problems): BeanDefinition {
  const { attributes, location } = node;
  const mode = attributes.get('system-properties-mode');
  const modes = ['ENVIRONMENT', 'NEVER', 'FALLBACK', 'OVERRIDE'];
  if (mode !== undefined && !modes.includes(mode.text)) {
    const message = `system-properties-mode is one of ${modes.join(', ')}, not "${mode.text}"${didYouMean(mode.text, modes)}`;
    problems.add('ATTRIBUTE_INVALID', message, mode.location);
  }
  const old = mode !== undefined && mode.text !== 'ENVIRONMENT';
  const definition = new BeanDefinition('', location);
  let name = 'org.springframework.context.support.PropertySourcesPlaceholderConfigurer';
  if (node.kind === 'property-override') name = `${FACTORIES}PropertyOverrideConfigurer`;
  else if (old) name = `${FACTORIES}PropertyPlaceholderConfigurer`;
  definition.class = { text: name, location };
  for (const [attribute, property] of Object.entries(PLACEHOLDER_ATTRIBUTES)) {
    const text = attributes.get(attribute);
    if (text !== undefined) addText(definition, property, text.text, text.location);
  }
  if (node.kind === 'property-override')
    definition.properties.delete('ignoreUnresolvablePlaceholders');
  if (node.kind === 'property-override' && attributes.get('ignore-unresolvable')?.text === 'true') {
    addText(definition, 'ignoreInvalidKeys', 'true', location);
  }
  if (old && mode !== undefined) {
    addText(
      definition,
      'systemPropertiesModeName',
      `SYSTEM_PROPERTIES_MODE_${mode.text}`,
      mode.location,
    );
  }
  const properties = attributes.get('properties-ref');
  if (properties !== undefined) {
    const value: Value = { kind: 'ref', name: properties.text, location: properties.location };
    definition.properties.set('properties', { name: 'properties', location, value, meta: [] });
  }
  return definition;
}
