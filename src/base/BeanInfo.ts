/**
 * What a class tells the bean container about itself, since TypeScript types are gone at run time.
 *
 * A class declares it as `static readonly beanInfo: BeanInfo = { … }`; nothing of the container is imported. Type words are
 * `string`, `boolean`, `int`, `long`, `double`, `number`, `char`, `class`, `resource`, `object`, `list<T>`, `set<T>`, `map<K,V>`,
 * `array<T>`, or the name of a bean type. Inherited: a subclass only lists what it adds.
 */
export interface BeanInfo {
  /** Names under which instances can be autowired: the class itself, what it implements, what it extends. */
  readonly types?: readonly string[];
  /** Property name → type word. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Constructor signatures, each a list of [parameter name, type word]. */
  readonly constructors?: readonly (readonly (readonly [name: string, type: string])[])[];
}
