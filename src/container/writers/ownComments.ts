import type { BeanNode, BeansItem, Commented, ValueNode } from '../definition/beanFile.ts';

/** Comments that stand before a value; those of beans and collections with content are written inside of them. */
export function ownComments(value: ValueNode): readonly string[] {
  if (isEmptyCollection(value)) return [...(value.comments ?? []), ...(value.endComments ?? [])];
  if (value.kind !== 'bean') return value.comments ?? [];
  if (!isEmptyBean(value.bean)) return [];
  return [
    ...(value.comments ?? []),
    ...(value.bean.comments ?? []),
    ...(value.bean.endComments ?? []),
  ];
}

/** Items of a list keep their comments, but those of an inner bean with content stand inside of it. */
export function withOwnComments(value: ValueNode): ValueNode & Commented {
  if (value.kind !== 'bean' && !isEmptyCollection(value)) return value;
  if (value.kind !== 'bean' || isEmptyBean(value.bean)) {
    const comments = ownComments(value);
    return comments.length === 0 ? value : { ...value, comments };
  }
  const { comments, ...rest } = value;
  return {
    ...rest,
    bean: { ...value.bean, comments: [...(comments ?? []), ...(value.bean.comments ?? [])] },
  };
}

function isEmptyCollection(value: ValueNode): boolean {
  return 'util' in value && ('items' in value ? value.items : value.entries).length === 0;
}

function isEmptyBean(bean: BeanNode): boolean {
  const { attributes, description, meta, args, properties, others } = bean;
  const parts = attributes.size + meta.length + args.length + properties.length + others.length;
  return parts === 0 && description === undefined;
}

/** An empty mapping cannot hold comments at its end, so that they go before it. */
export function foldEnd<T extends BeansItem>(item: T): T {
  if (!('endComments' in item) || item.endComments === undefined || !isEmptyItem(item)) return item;
  const { endComments, ...rest } = item as T & Commented;
  return { ...rest, comments: [...(item.comments ?? []), ...(endComments ?? [])] } as unknown as T;
}

function isEmptyItem(item: BeansItem): boolean {
  if (item.kind === 'beans') {
    return item.attributes.size + item.items.length === 0 && item.description === undefined;
  }
  if (item.kind !== 'bean') return false;
  const others = [...item.attributes.keys()].filter((name) => name !== 'id');
  return others.length === 0 && isEmptyBean({ ...item, attributes: new Map() });
}
