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
      if (definition.dependsOn.length > 0) yield* this.#makeDependencies(record, chain);
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
      return yield* this.#initialiser.initialise(instance, info, record, chain);
    } catch (error) {
      throw explainFailure(error, chain);
    } finally {
      chain.frames.pop();
    }
  }

  *#makeDependencies(record: BeanRecord, chain: Chain): Making<void> {
    for (const name of record.definition.dependsOn) {
      const other = yield* this.#factory.requestRecord(name.text, chain, name.location);
      other?.addUser(record);
    }
  }
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
