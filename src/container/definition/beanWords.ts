/** Attributes of a bean, in the order the converters write them. `id` comes first and is not listed. */
export const beanAttributes = [
  'name',
  'class',
  'parent',
  'scope',
  'singleton',
  'abstract',
  'lazy-init',
  'autowire',
  'dependency-check',
  'depends-on',
  'autowire-candidate',
  'primary',
  'init-method',
  'destroy-method',
  'factory-bean',
  'factory-method',
] as const;

/** `default-…` attributes of a bean file. */
export const beansDefaults = [
  'default-lazy-init',
  'default-merge',
  'default-autowire',
  'default-dependency-check',
  'default-autowire-candidates',
  'default-init-method',
  'default-destroy-method',
] as const;

/** Attributes of `<context:property-placeholder>` and `<context:property-override>`. */
export const placeholderAttributes = [
  'location',
  'properties-ref',
  'file-encoding',
  'order',
  'ignore-resource-not-found',
  'ignore-unresolvable',
  'local-override',
  'system-properties-mode',
  'value-separator',
  'trim-values',
  'null-value',
] as const;

/** Attributes that are `true` or `false`, or `default` where a default exists. */
export const booleanAttributes: ReadonlySet<string> = new Set([
  'singleton',
  'abstract',
  'lazy-init',
  'autowire-candidate',
  'primary',
  'default-lazy-init',
  'default-merge',
  'merge',
]);

/** Attributes of the children of a bean that are kept, but not offered. */
export const otherAttributes: Readonly<
  Record<'qualifier' | 'lookup-method' | 'replaced-method', readonly string[]>
> = {
  qualifier: ['type', 'value'],
  'lookup-method': ['name', 'bean'],
  'replaced-method': ['name', 'replacer'],
};

/** The ways a bean can be autowired. */
export const autowireModes: readonly string[] = [
  'no',
  'byName',
  'byType',
  'constructor',
  'autodetect',
  'default',
];

/** Attributes of collections, by kind. */
export const collectionAttributes: Readonly<Record<string, readonly string[]>> = {
  list: ['value-type', 'merge'],
  set: ['value-type', 'merge'],
  array: ['value-type', 'merge'],
  map: ['key-type', 'value-type', 'merge'],
  props: ['value-type', 'merge'],
  'util-list': ['list-class', 'value-type', 'scope'],
  'util-set': ['set-class', 'value-type', 'scope'],
  'util-map': ['map-class', 'key-type', 'value-type', 'scope'],
  'util-props': [
    'location',
    'local-override',
    'scope',
    'ignore-resource-not-found',
    'file-encoding',
    'value-type',
  ],
};
