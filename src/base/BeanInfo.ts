/** Parameters of a constructor or method: a list of [name, type word]. */
export type Signature = readonly (readonly [name: string, type: string])[];

/** A method the container may call by its name in a bean file. */
export interface MethodInfo {
  readonly parameters: Signature;
  /** Type word of what it returns, if that is known without calling it. */
  readonly returns?: string;
}

/** A moment of its life in which the container calls a bean, if the bean has the method. */
export type BeanCallback =
  | 'setBeanName'
  | 'setBeanFactory'
  | 'setApplicationContext'
  | 'setServletContext'
  | 'setResourceLoader'
  | 'setEnvironment'
  | 'setApplicationEventPublisher'
  | 'afterPropertiesSet'
  | 'destroy'
  | 'start'
  | 'onApplicationEvent'
  | 'postProcessBeanFactory'
  | 'postProcessBean';

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
  readonly constructors?: readonly Signature[];
  /** Methods that bean files name (factory methods, method invocations), each with its signatures. */
  readonly methods?: Readonly<Record<string, readonly MethodInfo[]>>;
  /** The callbacks the container makes. Default: all for which there is a method. Added to those of the superclass. */
  readonly callbacks?: readonly BeanCallback[];
}
