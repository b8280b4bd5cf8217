import type { BeanDefinition, PropertyDefinition, Value } from './BeanDefinition.ts';
import type { Text } from './beanFile.ts';

/** Changes one text; `secret` is true when what it became must not be shown, `isNull` when a value becomes null. */
export type TextMapper = (
  text: string,
  location: Text['location'],
) => { readonly text: string; readonly secret: boolean; readonly isNull?: boolean };

/** Applies a mapper to every text of a definition that may hold placeholders, inner beans included. */
export function mapTexts(definition: BeanDefinition, map: TextMapper): void {
  const one = (text: Text | undefined): Text | undefined =>
    text === undefined ? undefined : { ...text, text: map(text.text, text.location).text };
  definition.class = one(definition.class);
  definition.parent = one(definition.parent);
  definition.scope = one(definition.scope);
  definition.factoryBean = one(definition.factoryBean);
  definition.factoryMethod = one(definition.factoryMethod);
  definition.dependsOn = definition.dependsOn.map((text) => ({
    ...text,
    text: map(text.text, text.location).text,
  }));
  for (const [flag, text] of definition.flags) {
    definition.flags.set(flag, { ...text, text: map(text.text, text.location).text });
  }
  for (const kind of ['initMethod', 'destroyMethod'] as const) {
    const method = definition[kind];
    if (method !== undefined)
      definition[kind] = { ...method, text: map(method.text, method.location).text };
  }
  definition.args = definition.args.map((argument) => ({
    ...argument,
    value: mapValue(argument.value, map),
  }));
  for (const [name, property] of definition.properties) {
    const value = mapValue(property.value, map);
    if (value !== property.value)
      definition.properties.set(name, { ...property, value } satisfies PropertyDefinition);
  }
}

/** Applies a mapper to every text of a value; unchanged values are returned as they are. */
export function mapValue(value: Value, map: TextMapper): Value {
  switch (value.kind) {
    case 'text': {
      const { text, secret, isNull } = map(value.text, value.location);
      if (isNull === true) return { kind: 'null', location: value.location };
      if (text === value.text) return value;
      return secret ? { ...value, text, secret } : { ...value, text };
    }
    case 'ref':
    case 'ref-parent':
    case 'idref':
      return { ...value, name: map(value.name, value.location).text };
    case 'null':
      return value;
    case 'inner':
      mapTexts(value.definition, map);
      return value;
    case 'map':
      return {
        ...value,
        entries: value.entries.map(({ key, value: one }) => ({
          key: mapValue(key, map),
          value: mapValue(one, map),
        })),
      };
    case 'props':
      return {
        ...value,
        entries: value.entries.map(({ key, value: text }) => ({
          key: { ...key, text: map(key.text, key.location).text },
          value: { ...text, text: map(text.text, text.location).text },
        })),
      };
    default:
      return { ...value, items: value.items.map((item) => mapValue(item, map)) };
  }
}
