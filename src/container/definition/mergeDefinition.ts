import {
  type ArgumentDefinition,
  BeanDefinition,
  type CollectionDefinition,
  type MapDefinition,
  type PropertyDefinition,
  type PropsDefinition,
  type Value,
} from './BeanDefinition.ts';

/**
 * A definition with what it inherits from its parent.
 *
 * Never inherited: abstract, lazy-init, depends-on, autowire, primary, autowire-candidate.
 */
export function mergeDefinition(parent: BeanDefinition, child: BeanDefinition): BeanDefinition {
  const merged = new BeanDefinition(child.name, child.location, child.inner);
  merged.class = child.class ?? parent.class;
  merged.scope = child.scope ?? parent.scope;
  merged.factoryBean = child.factoryBean ?? parent.factoryBean;
  merged.factoryMethod = child.factoryMethod ?? parent.factoryMethod;
  merged.initMethod = child.initMethod ?? parent.initMethod;
  merged.destroyMethod = child.destroyMethod ?? parent.destroyMethod;
  merged.autowire = child.autowire;
  merged.dependsOn = child.dependsOn;
  for (const [flag, text] of child.flags) merged.flags.set(flag, text);
  merged.description = child.description ?? parent.description;
  for (const [key, value] of [...parent.meta, ...child.meta]) merged.meta.set(key, value);
  merged.others = [...parent.others, ...child.others];
  merged.args = mergeArguments(parent.args, child.args);
  for (const [name, property] of parent.properties) merged.properties.set(name, property);
  for (const [name, property] of child.properties) {
    merged.properties.set(name, mergeProperty(parent.properties.get(name), property));
  }
  return merged;
}

/** Arguments with an index or a name replace those of the parent; others are added after them. */
function mergeArguments(
  parent: readonly ArgumentDefinition[],
  child: readonly ArgumentDefinition[],
): ArgumentDefinition[] {
  const renamed = new Set(child.flatMap(({ name }) => (name === undefined ? [] : [name])));
  const merged = parent.filter(({ name }) => name === undefined || !renamed.has(name));
  for (const argument of child) {
    const at = merged.findIndex((one) => one.index !== undefined && one.index === argument.index);
    const before = merged[at];
    if (before === undefined) merged.push(argument);
    else merged[at] = { ...argument, value: mergeValue(before.value, argument.value) };
  }
  return merged;
}

function mergeProperty(
  parent: PropertyDefinition | undefined,
  child: PropertyDefinition,
): PropertyDefinition {
  return parent === undefined ? child : { ...child, value: mergeValue(parent.value, child.value) };
}

function mergeValue(parent: Value, child: Value): Value {
  if (!('merge' in child) || !child.merge || !('merge' in parent)) return child;
  if (child.kind === 'map' && parent.kind === 'map') return mergeMaps(parent, child);
  if (child.kind === 'props' && parent.kind === 'props') return mergeProps(parent, child);
  if ('items' in child && 'items' in parent) return mergeItems(parent, child);
  return child;
}

function mergeItems(
  parent: CollectionDefinition,
  child: CollectionDefinition,
): CollectionDefinition {
  return { ...child, items: [...parent.items, ...child.items] };
}

function mergeMaps(parent: MapDefinition, child: MapDefinition): MapDefinition {
  return { ...child, entries: [...parent.entries, ...child.entries] };
}

function mergeProps(parent: PropsDefinition, child: PropsDefinition): PropsDefinition {
  return { ...child, entries: [...parent.entries, ...child.entries] };
}
