import type { ClassInfo } from '../classes/ClassInfo.ts';
import { parseType } from '../classes/TypeRef.ts';
import type { BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';

/** Java types every object has. */
const TOP_TYPES: ReadonlySet<string> = new Set(['Object', 'java.lang.Object']);

/** Which beans of a factory serve as what, known without making them. */
export class TypeIndex {
  readonly #factory: BeanFactory;
  /** Type → records; only those whose type is known for good. */
  #byType: Map<string, BeanRecord[]> | undefined;
  /** Records whose type has to be asked each time, because it may become known later. */
  #unsure: BeanRecord[] = [];

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /** Forgets what is known, after definitions changed. */
  clear(): void {
    this.#byType = undefined;
  }

  /** Records of this factory that serve as a type, in the order of their definitions. */
  find(type: string): BeanRecord[] {
    this.#byType ??= this.#build();
    const sure = this.#byType.get(type) ?? [];
    if (TOP_TYPES.has(type)) return [...this.#factory.records()];
    const unsure = this.#unsure.filter((record) => this.typesOf(record)?.has(type) === true);
    if (unsure.length === 0) return sure;
    const found = new Set([...sure, ...unsure]);
    return [...this.#factory.records()].filter((record) => found.has(record));
  }

  #build(): Map<string, BeanRecord[]> {
    const index = new Map<string, BeanRecord[]>();
    this.#unsure = [];
    for (const record of this.#factory.records()) {
      const { definition } = record;
      const info = this.#plainClass(record);
      if (info === undefined || info.isFactoryBean || definition.factoryMethod !== undefined) {
        this.#unsure.push(record);
        continue;
      }
      for (const type of info.types) {
        const known = index.get(type);
        if (known === undefined) index.set(type, [record]);
        else known.push(record);
      }
    }
    return index;
  }

  #plainClass(record: BeanRecord): ClassInfo | undefined {
    const { definition } = record;
    if (definition.factoryBean !== undefined || definition.factoryMethod !== undefined)
      return undefined;
    return this.#factory.findClassOf(definition);
  }

  /** The types a bean serves as; for a factory bean those of what it makes. Undefined when they are not known yet. */
  typesOf(record: BeanRecord): ReadonlySet<string> | undefined {
    if (record.state === 'made') {
      if (record.info?.isFactoryBean === true) {
        const declared = this.#productTypes(record, record.value, record.info);
        const made = this.#factory.classes.describeValue(record.product?.value)?.types;
        return declared === undefined || made === undefined
          ? (made ?? declared)
          : new Set([...made, ...declared]);
      }
      return record.info?.types;
    }
    const info = this.predict(record);
    if (info === undefined || !info.isFactoryBean) return info?.types;
    return this.#productTypes(record, this.#probe(record, info), info);
  }

  /** The class of what a definition makes (the factory, not its product), as far as it is known. */
  predict(record: BeanRecord): ClassInfo | undefined {
    const { definition } = record;
    const { factoryMethod, factoryBean } = definition;
    if (factoryMethod === undefined) return this.#factory.findClassOf(definition);
    let owner: ClassInfo | undefined;
    if (factoryBean === undefined) owner = this.#factory.findClassOf(definition);
    else {
      const other = this.#factory.findRecord(factoryBean.text);
      owner = other && other !== record ? this.predict(other) : undefined;
    }
    return this.#commonReturn(owner, factoryMethod.text, definition.args.length);
  }

  /** What the method's signatures return, if they agree. */
  #commonReturn(
    owner: ClassInfo | undefined,
    method: string,
    count: number,
  ): ClassInfo | undefined {
    const fitting = owner?.signatures(method).filter((one) => one.parameters.length >= count) ?? [];
    const returns = new Set(fitting.map((one) => one.returns));
    const [only] = returns;
    if (returns.size !== 1 || only === undefined) return undefined;
    const type = parseType(only);
    return type.kind === 'bean' ? this.#factory.findClassByName(type.name) : undefined;
  }

  #productTypes(
    record: BeanRecord,
    factory: unknown,
    info: ClassInfo,
  ): ReadonlySet<string> | undefined {
    const declared = info.signatures('getObject')[0]?.returns;
    const type = factory === undefined ? undefined : askObjectType(factory);
    if (type !== undefined)
      return typeof type === 'function'
        ? this.#factory.classes.describe(type).types
        : new Set([type]);
    if (declared === undefined || record.state === 'creating') return undefined;
    const named = this.#factory.findClassByName(declared);
    return named?.types ?? new Set([declared]);
  }

  /** A factory bean made only to be asked for its type; it becomes the bean later on. */
  #probe(record: BeanRecord, info: ClassInfo): unknown {
    if (record.probe !== undefined || record.state !== 'defined')
      return record.probe ?? record.early;
    const { definition } = record;
    const simple =
      info.make === undefined &&
      info.class.length === 0 &&
      definition.args.length === 0 &&
      definition.singleton;
    const allowed =
      info.constructors === undefined || info.constructors.some((one) => one.length === 0);
    if (!simple || !allowed || info.method('getObjectType') === undefined) return undefined;
    try {
      record.probe = Reflect.construct(info.class, []);
    } catch {
      // A constructor that fails will fail again, with its place, when the bean is made.
    }
    return record.probe;
  }
}

/** What a factory bean says it makes: a class, a type name, or undefined. */
// biome-ignore lint/complexity/noBannedTypes: any class at all
function askObjectType(factory: unknown): Function | string | undefined {
  if (typeof factory !== 'object' || factory === null) return undefined;
  const method: unknown =
    Reflect.get(factory, 'getObjectType') ?? Reflect.get(factory, 'objectType');
  const type: unknown =
    typeof method === 'function' && method.prototype === undefined ? method.call(factory) : method;
  return typeof type === 'function' || typeof type === 'string' ? type : undefined;
}
