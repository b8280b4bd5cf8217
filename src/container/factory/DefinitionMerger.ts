import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import { mergeDefinition } from '../definition/mergeDefinition.ts';
import { didYouMean } from '../errors/nearestName.ts';
import { configError } from '../errors/Problems.ts';
import type { BeanFactory } from './BeanFactory.ts';

/** Definitions with what they inherit from their `parent`, merged once. */
export class DefinitionMerger {
  readonly #factory: BeanFactory;
  readonly #merged = new Map<string, BeanDefinition>();

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /** Forgets what was merged. */
  clear(): void {
    this.#merged.clear();
  }

  /**
   * A definition with all it inherits.
   *
   * @throws ConfigError BEAN_NOT_FOUND or PARENT_CYCLE
   */
  merged(definition: BeanDefinition, chain: readonly BeanDefinition[] = []): BeanDefinition {
    const { parent } = definition;
    if (parent === undefined) return definition;
    const known = definition.inner ? undefined : this.#merged.get(definition.name);
    if (known !== undefined) return known;
    if (chain.includes(definition)) {
      const names = [...chain.slice(chain.indexOf(definition)), definition].map((one) => one.name);
      throw configError(
        'PARENT_CYCLE',
        `definitions inherit from each other: ${names.join(' -> ')}`,
        parent.location,
      );
    }
    const merged = mergeDefinition(
      this.#parentDefinition(definition, [...chain, definition]),
      definition,
    );
    if (!definition.inner) this.#merged.set(definition.name, merged);
    return merged;
  }

  #parentDefinition(definition: BeanDefinition, chain: readonly BeanDefinition[]): BeanDefinition {
    const parent = definition.parent as NonNullable<BeanDefinition['parent']>;
    const name = this.#factory.table.canonicalName(parent.text);
    // A bean may inherit from the bean of its own name in the parent context.
    const own = name === definition.name ? undefined : this.#factory.table.definitions.get(name);
    if (own !== undefined) return this.merged(own, chain);
    for (let factory = this.#factory.parent; factory !== undefined; factory = factory.parent) {
      const found = factory.table.definitions.get(factory.table.canonicalName(name));
      if (found !== undefined) return factory.merged(found);
    }
    const hint = didYouMean(name, this.#factory.table.definitions.keys());
    throw configError(
      'BEAN_NOT_FOUND',
      `no bean named "${name}" to inherit from${hint}`,
      parent.location,
      {
        beanPath: definition.name,
      },
    );
  }
}
