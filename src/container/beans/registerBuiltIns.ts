import type { BeanInfo, MethodInfo, Signature } from '../../base/index.ts';
import type { ClassEntry } from '../classes/ClassRegistry.ts';
import type { NumberName } from '../classes/TypeRef.ts';
import { convertNumber } from '../conversion/convertNumber.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import { CustomEditorConfigurer } from './CustomEditorConfigurer.ts';
import { ListFactoryBean, MapFactoryBean, SetFactoryBean } from './collectionFactoryBeans.ts';
import { FieldRetrievingFactoryBean } from './FieldRetrievingFactoryBean.ts';
import { MethodInvokingBean, MethodInvokingFactoryBean } from './MethodInvokingFactoryBean.ts';
import { PropertiesFactoryBean } from './PropertiesFactoryBean.ts';
import { PropertyPathFactoryBean } from './PropertyPathFactoryBean.ts';
import {
  PropertyOverrideConfigurer,
  PropertyPlaceholderConfigurer,
  PropertySourcesPlaceholderConfigurer,
} from './placeholderConfigurers.ts';

const CONFIG = 'org.springframework.beans.factory.config.';
const SUPPORT = 'org.springframework.context.support.';

/** Classes that need the factory they work in. */
type OwnedClass = new (factory: BeanFactory) => object;

const OWNED: readonly (readonly [string, OwnedClass])[] = [
  ['PropertiesFactoryBean', PropertiesFactoryBean],
  ['FieldRetrievingFactoryBean', FieldRetrievingFactoryBean],
  ['PropertyPathFactoryBean', PropertyPathFactoryBean],
  ['MethodInvokingFactoryBean', MethodInvokingFactoryBean],
];

const PLAIN: readonly ClassEntry[] = [
  { name: 'ListFactoryBean', class: ListFactoryBean, aliases: [`${CONFIG}ListFactoryBean`] },
  { name: 'SetFactoryBean', class: SetFactoryBean, aliases: [`${CONFIG}SetFactoryBean`] },
  { name: 'MapFactoryBean', class: MapFactoryBean, aliases: [`${CONFIG}MapFactoryBean`] },
  {
    name: 'CustomEditorConfigurer',
    class: CustomEditorConfigurer,
    aliases: [`${CONFIG}CustomEditorConfigurer`],
  },
  {
    name: 'PropertyPlaceholderConfigurer',
    class: PropertyPlaceholderConfigurer,
    aliases: [`${CONFIG}PropertyPlaceholderConfigurer`],
  },
  {
    name: 'PropertySourcesPlaceholderConfigurer',
    class: PropertySourcesPlaceholderConfigurer,
    aliases: [`${SUPPORT}PropertySourcesPlaceholderConfigurer`],
  },
  {
    name: 'PropertyOverrideConfigurer',
    class: PropertyOverrideConfigurer,
    aliases: [`${CONFIG}PropertyOverrideConfigurer`],
  },
];

/**
 * Registers what the container itself offers to bean files: Spring's helpers, and Java's plain values.
 *
 * Names a program has registered already are left alone.
 */
export function registerBuiltIns(factory: BeanFactory): void {
  const { classes } = factory;
  const add = (entry: ClassEntry): void => {
    const names = [entry.name, ...(entry.aliases ?? [])].filter(
      (name) => classes.find(name) === undefined,
    );
    const [name, ...aliases] = names;
    if (name === undefined) return;
    classes.register({ ...entry, name, aliases });
    factory.addBuiltIn(entry.class);
  };
  for (const entry of [...PLAIN, ...JAVA_VALUES]) add(entry);
  for (const [name, type] of OWNED) {
    add({ name, class: type, aliases: [`${CONFIG}${name}`], make: () => new type(factory) });
  }
  const alias = 'org.springframework.beans.factory.config.MethodInvokingBean';
  add({
    name: 'MethodInvokingBean',
    class: MethodInvokingBean,
    aliases: [alias],
    make: () => new MethodInvokingBean(factory),
  });
}

const TEXT: Signature = [['value', 'string']];

/** `java.lang.String` and its kind as classes of beans: what they are made of is the bean. */
function javaValues(): ClassEntry[] {
  const list = [[], [['values', 'list']]] as const;
  const set = [[], [['values', 'set']]] as const;
  const map = [[], [['values', 'map']]] as const;
  const number =
    (name: NumberName): Make =>
    (one) =>
      convertNumber(one as string | number, name);
  return [
    value('java.lang.String', [[], TEXT], (text = '') => String(text)),
    value('java.lang.Integer', [[['value', 'int']], TEXT], number('int')),
    value('java.lang.Long', [[['value', 'long']], TEXT], number('long')),
    value('java.lang.Short', [[['value', 'short']], TEXT], number('short')),
    value('java.lang.Byte', [[['value', 'byte']], TEXT], number('byte')),
    value('java.lang.Double', [[['value', 'double']], TEXT], number('double')),
    value('java.lang.Float', [[['value', 'float']], TEXT], number('float')),
    value('java.lang.Boolean', [[['value', 'boolean']], TEXT], (one) => String(one) === 'true'),
    value('java.lang.Object', [[]], () => ({})),
    value('java.lang.Exception', [[], TEXT], (text = '') => new Error(String(text))),
    value('java.util.ArrayList', list, toArray),
    value('java.util.LinkedList', list, toArray),
    value('java.util.HashSet', set, toSet),
    value('java.util.LinkedHashSet', set, toSet),
    value('java.util.TreeSet', set, (values) => new Set([...toSet(values)].sort())),
    value('java.util.HashMap', map, toMap),
    value('java.util.LinkedHashMap', map, toMap),
    value('java.util.TreeMap', map, toMap),
    value('java.util.Properties', map, toMap),
  ];
}

/** Constants of Java's classes that bean files name. */
const CONSTANTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'java.lang.Boolean': { TRUE: true, FALSE: false },
  'java.lang.Byte': { MIN_VALUE: -128, MAX_VALUE: 127 },
  'java.lang.Short': { MIN_VALUE: -32_768, MAX_VALUE: 32_767 },
  'java.lang.Integer': { MIN_VALUE: -2_147_483_648, MAX_VALUE: 2_147_483_647 },
  'java.lang.Long': { MIN_VALUE: -(2n ** 63n), MAX_VALUE: 2n ** 63n - 1n },
  'java.lang.Double': { MAX_VALUE: Number.MAX_VALUE, MIN_VALUE: Number.MIN_VALUE, NaN: Number.NaN },
};

type Make = (one?: unknown) => unknown;

function toArray(values?: unknown): unknown[] {
  return [...((values as Iterable<unknown> | undefined) ?? [])];
}

function toSet(values?: unknown): Set<unknown> {
  return new Set(values as Iterable<unknown> | undefined);
}

function toMap(values?: unknown): Map<unknown, unknown> {
  return new Map(values as Iterable<[unknown, unknown]> | undefined);
}

function value(name: string, constructors: readonly Signature[], make: Make): ClassEntry {
  /** Never made itself: `make` gives the plain value. */
  class JavaValue {}
  const type = Object.assign(JavaValue, { valueOf: make, ...CONSTANTS[name] });
  const beanInfo: BeanInfo = {
    constructors,
    properties: {},
    methods: { valueOf: valueOfSignatures(name) },
  };
  return { name, class: type, aliases: [name.slice(name.lastIndexOf('.') + 1)], beanInfo, make };
}

/** `String.valueOf` takes anything, those of the other classes take text. */
function valueOfSignatures(name: string): readonly MethodInfo[] {
  if (name !== 'java.lang.String') return [{ parameters: TEXT, returns: name }];
  return ['int', 'long', 'double', 'boolean', 'char', 'Object'].map((type) => ({
    parameters: [['value', type]],
    returns: name,
  }));
}

/** Made once: they hold nothing, so all contexts can share them. */
const JAVA_VALUES: readonly ClassEntry[] = javaValues();
