import type { BeanDefinition, Value } from '../definition/BeanDefinition.ts';

/** A value somewhere in a definition. */
export interface Placed {
  readonly value: Value;
  /** What sets it, such as `setting property "a"`. */
  readonly doing: string;
  /** Such as `.a[1]`. */
  readonly path: string;
}

/** All values of a definition, those inside of collections included; inner beans are not entered. */
export function* walkValues(definition: BeanDefinition): Generator<Placed> {
  for (const [position, argument] of definition.args.entries()) {
    const which = argument.name ?? String(argument.index ?? position);
    yield* walk({
      value: argument.value,
      doing: `giving constructor argument ${which}`,
      path: `(${which})`,
    });
  }
  for (const property of definition.properties.values()) {
    yield* walk({
      value: property.value,
      doing: `setting property "${property.name}"`,
      path: `.${property.name}`,
    });
  }
}

function* walk(placed: Placed): Generator<Placed> {
  yield placed;
  const { value, path } = placed;
  if ('items' in value) {
    for (const [index, item] of value.items.entries()) {
      yield* walk({ ...placed, value: item, path: `${path}[${index}]` });
    }
  } else if (value.kind === 'map') {
    for (const entry of value.entries) {
      const key = entry.key.kind === 'text' ? entry.key.text : entry.key.kind;
      yield* walk({ ...placed, value: entry.key, path: `${path}[${key}]` });
      yield* walk({ ...placed, value: entry.value, path: `${path}[${key}]` });
    }
  }
}
