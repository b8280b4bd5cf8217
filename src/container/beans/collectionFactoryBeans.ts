import type { BeanInfo } from '../../base/index.ts';
import { configError } from '../errors/Problems.ts';

/** A bean that is a list of the file. */
export class ListFactoryBean {
  sourceList: readonly unknown[] | undefined = undefined;
  targetListClass: unknown = undefined;
  singleton = true;

  static readonly beanInfo: BeanInfo = {
    types: ['FactoryBean'],
    properties: { sourceList: 'list', targetListClass: 'any', singleton: 'boolean' },
    methods: { getObject: [{ parameters: [], returns: 'java.util.List' }] },
    constructors: [[]],
  };

  afterPropertiesSet(): void {
    needSource('sourceList', this.sourceList);
    checkTarget('list', this.targetListClass);
  }

  getObject(): unknown {
    const list = this.sourceList ?? [];
    return this.singleton ? list : [...list];
  }
}

/** A bean that is a set of the file. */
export class SetFactoryBean {
  sourceSet: ReadonlySet<unknown> | undefined = undefined;
  targetSetClass: unknown = undefined;
  singleton = true;

  static readonly beanInfo: BeanInfo = {
    types: ['FactoryBean'],
    properties: { sourceSet: 'set', targetSetClass: 'any', singleton: 'boolean' },
    methods: { getObject: [{ parameters: [], returns: 'java.util.Set' }] },
    constructors: [[]],
  };

  afterPropertiesSet(): void {
    needSource('sourceSet', this.sourceSet);
    checkTarget('set', this.targetSetClass);
  }

  getObject(): unknown {
    const values = [...(this.sourceSet ?? [])];
    return new Set(isSorted(this.targetSetClass) ? values.sort(byNature) : values);
  }
}

/** A bean that is a map of the file. */
export class MapFactoryBean {
  sourceMap: ReadonlyMap<unknown, unknown> | undefined = undefined;
  targetMapClass: unknown = undefined;
  singleton = true;

  static readonly beanInfo: BeanInfo = {
    types: ['FactoryBean'],
    properties: { sourceMap: 'map', targetMapClass: 'any', singleton: 'boolean' },
    methods: { getObject: [{ parameters: [], returns: 'java.util.Map' }] },
    constructors: [[]],
  };

  afterPropertiesSet(): void {
    needSource('sourceMap', this.sourceMap);
    checkTarget('map', this.targetMapClass);
  }

  getObject(): unknown {
    const entries = [...(this.sourceMap ?? [])];
    const sorted = isSorted(this.targetMapClass);
    return new Map(sorted ? entries.sort(([a], [b]) => byNature(a, b)) : entries);
  }
}

/** Java's collections by the kind a file may ask for; all of one kind are the same thing here, but for the order. */
const TARGETS: Readonly<Record<'list' | 'set' | 'map', readonly string[]>> = {
  list: ['ArrayList', 'LinkedList', 'Vector', 'Stack', 'CopyOnWriteArrayList'],
  set: ['HashSet', 'LinkedHashSet', 'TreeSet', 'ConcurrentSkipListSet', 'CopyOnWriteArraySet'],
  map: [
    'HashMap',
    'LinkedHashMap',
    'TreeMap',
    'Hashtable',
    'Properties',
    'WeakHashMap',
    'IdentityHashMap',
    'ConcurrentHashMap',
    'ConcurrentSkipListMap',
    'LinkedCaseInsensitiveMap',
  ],
};

function checkTarget(kind: 'list' | 'set' | 'map', given: unknown): void {
  if (given === undefined || given === null) return;
  const name = (typeof given === 'function' ? given.name : String(given)).trim();
  const known = TARGETS[kind];
  if (known.includes(name.slice(name.lastIndexOf('.') + 1))) return;
  const message = `"${name}" is no class of ${kind}s; known are ${known.join(', ')}`;
  throw configError('TYPE_MISMATCH', message, undefined);
}

function needSource(property: string, given: unknown): void {
  if (given !== undefined && given !== null) return;
  throw configError('VALUE_MISSING', `the property "${property}" is required`, undefined);
}

function isSorted(target: unknown): boolean {
  return /Tree|SkipList/.test(typeof target === 'function' ? target.name : String(target));
}

/** Numbers by their value, the rest by its text. */
function byNature(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [one, other] = [String(a), String(b)];
  return one < other ? -1 : Number(one > other);
}
