import type { SourceLocation } from '../../base/index.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import type { BeanFactory } from './BeanFactory.ts';
import type { BeanRecord } from './BeanRecord.ts';
import type { Chain, Frame } from './Chain.ts';
import { explainFailure, failCreation } from './failures.ts';
import { Initialiser } from './Initialiser.ts';
import { Instantiator } from './Instantiator.ts';
import type { Making } from './Making.ts';
import { PropertySetter } from './PropertySetter.ts';

/** Makes beans of one factory from their definitions: construct, set properties, initialise. */
export class BeanCreator {
  readonly #factory: BeanFactory;
  readonly #instantiator: Instantiator;
  readonly #properties: PropertySetter;
  readonly #initialiser: Initialiser;

  constructor(factory: BeanFactory) {
    this.#factory = factory;
    this.#instantiator = new Instantiator(factory);
    this.#properties = new PropertySetter(factory);
    this.#initialiser = new Initialiser(factory);
  }

  /**
   * Makes a bean: what it depends on, its instance, its properties, its callbacks.
   *
   * @param explicit - constructor arguments that replace those of the definition
   */
  *create(record: BeanRecord, chain: Chain, explicit?: readonly unknown[]): Making<unknown> {
    const { definition } = record;
    const frame: Frame = { record, step: undefined };
    chain.frames.push(frame);
    try {
      if (definition.abstract)
        failCreation(
          'BEAN_ABSTRACT',
          `bean "${record.name}" is abstract and only a parent of others`,
          chain,
        );
      // Those of a singleton were made before it was begun.
      if (!definition.singleton || definition.inner) yield* this.#dependencies(record, chain);
      const instance = yield* this.#instantiator.instantiate(record, chain, explicit);
      const info = this.#factory.classes.describeValue(instance);
      record.info = info;
      if (definition.singleton) record.early = instance;
      if (instance === null || instance === undefined) {
        checkNothingToSet(definition, chain);
        return instance;
      }
      if (info === undefined) return instance;
      yield* this.#properties.populate(instance as object, info, record, chain);
      frame.step = undefined;
      const bean = yield* this.#initialiser.initialise(instance, info, record, chain);
      if (bean !== instance) record.replaced = { value: instance as object, info };
      return bean;
    } catch (error) {
      throw explainFailure(error, chain);
    } finally {
      chain.frames.pop();
    }
  }

  /** Makes the beans that have to be there before this one is begun. */
  *makeDependencies(record: BeanRecord, chain: Chain): Making<void> {
    chain.frames.push({ record, step: undefined });
    try {
      yield* this.#dependencies(record, chain);
    } catch (error) {
      throw explainFailure(error, chain);
    } finally {
      chain.frames.pop();
    }
  }

  #failIfCircular(record: BeanRecord, name: string, chain: Chain, location: SourceLocation): void {
    const other = this.#factory.table.canonicalName(name);
    if (!allDependencies(this.#factory, other).has(record.name)) return;
    const message = `bean "${record.name}" and bean "${other}" depend on each other by depends-on`;
    failCreation('DEPENDS_ON_CYCLE', message, chain, location);
  }

  *#dependencies(record: BeanRecord, chain: Chain): Making<void> {
    for (const name of record.definition.dependsOn) {
      this.#failIfCircular(record, name.text, chain, name.location);
      const other = yield* this.#factory.requestRecord(name.text, chain, name.location);
      other?.addUser(record);
    }
  }
}

/** Names of what a bean depends on, and of what that depends on. */
function allDependencies(factory: BeanFactory, name: string): Set<string> {
  const names = new Set([name]);
  for (const one of names) {
    for (const { text } of factory.findRecord(one)?.definition.dependsOn ?? [])
      names.add(factory.table.canonicalName(text));
  }
  return names;
}

function checkNothingToSet(definition: BeanDefinition, chain: Chain): void {
  const first = [...definition.properties.values()][0];
  if (first === undefined) return;
  failCreation(
    'PROPERTY_PATH_INVALID',
    `property "${first.name}" cannot be set: the factory made null`,
    chain,
    first.location,
  );
}
