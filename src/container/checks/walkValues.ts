import type { BeanDefinition, Value } from '../definition/BeanDefinition.ts';

/** A value somewhere in a definition. Where that is, is put into words only when somebody asks: most values are never spoken of. */
export class Placed {
  readonly value: Value;
  readonly #step: string | number;
  readonly #holder: Placed | 'property' | 'argument';

  /**
   * @param step - name of the property or argument, or key in the collection
   * @param holder - the collection it stands in, or what it is given to
   */
  constructor(value: Value, step: string | number, holder: Placed | 'property' | 'argument') {
    this.value = value;
    this.#step = step;
    this.#holder = holder;
  }

  /** What sets it, such as `setting property "a"`. */
  get doing(): string {
    const holder = this.#holder;
    if (holder === 'property') return `setting property "${this.#step}"`;
    return holder === 'argument' ? `giving constructor argument ${this.#step}` : holder.doing;
  }

  /** Such as `.a[1]`. */
  get path(): string {
    const holder = this.#holder;
    if (holder === 'property') return `.${this.#step}`;
    return holder === 'argument' ? `(${this.#step})` : `${holder.path}[${this.#step}]`;
  }
}

/** All values of a definition, those inside of collections included; inner beans are not entered. */
export function walkValues(definition: BeanDefinition): Placed[] {
  const found: Placed[] = [];
  for (const [position, { name, index, value }] of definition.args.entries())
    walk(new Placed(value, name ?? index ?? position, 'argument'), found);
  for (const { name, value } of definition.properties.values())
    walk(new Placed(value, name, 'property'), found);
  return found;
}

function walk(placed: Placed, found: Placed[]): void {
  found.push(placed);
  const { value } = placed;
  if ('items' in value) {
    let index = 0;
    for (const item of value.items) walk(new Placed(item, index++, placed), found);
  } else if (value.kind === 'map') {
    for (const entry of value.entries) {
      const key = entry.key.kind === 'text' ? entry.key.text : entry.key.kind;
      walk(new Placed(entry.key, key, placed), found);
      walk(new Placed(entry.value, key, placed), found);
    }
  }
}
