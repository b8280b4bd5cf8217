import type {
  AliasNode,
  BeansItem,
  BeansNode,
  ContextNode,
  ImportNode,
  ObjectNode,
  Text,
} from '../../definition/beanFile.ts';
import { beansDefaults, placeholderAttributes } from '../../definition/beanWords.ts';
import type { SourceText } from '../../definition/SourceText.ts';
import type { Problems } from '../../errors/Problems.ts';
import { commented, tidyComment } from '../comments.ts';
import {
  type Child,
  checkAttributes,
  childrenOf,
  commentsIn,
  descriptionOf,
  isBeansElement,
  requiredAttribute,
  unknownElement,
  unsupportedElement,
} from './elementTools.ts';
import { namespaces } from './namespaces.ts';
import { parseXml } from './parseXml.ts';
import { checkAutowire, readBean } from './readBean.ts';
import { readValue } from './readValue.ts';
import type { XmlElement } from './XmlElement.ts';

const CHILDREN = ['bean', 'import', 'alias', 'beans', 'description'];

/**
 * Reads a Spring bean file.
 *
 * Problems are collected; what could be read is returned. Undefined when the text is not XML at all.
 */
export function readXml(source: SourceText, problems: Problems): BeansNode | undefined {
  try {
    const { root, before, after } = parseXml(source);
    const file = readRoot(root, problems);
    if (file === undefined) return undefined;
    const comments = [...before.map(tidyComment), ...(file.comments ?? [])];
    const endComments = [...(file.endComments ?? []), ...after.map(tidyComment)];
    return { ...file, ...commented(comments, endComments) };
  } catch (error) {
    problems.catch(error);
    return undefined;
  }
}

/** Spring asks the name of no root element, so files with another name exist; what they hold tells them apart. */
function readRoot(root: XmlElement, problems: Problems): BeansNode | undefined {
  const holdsBeans = root.children.some(
    (node) => node.kind === 'element' && isBeansElement(node) && CHILDREN.includes(node.name),
  );
  if (isBeansElement(root) && (root.name === 'beans' || holdsBeans)) {
    return readBeans({ element: root, comments: [] }, problems);
  }
  const message = `the root element of a bean file is <beans>, not <${root.written}>`;
  problems.add('ELEMENT_UNKNOWN', message, root.location);
  return undefined;
}

function readBeans({ element, comments }: Child, problems: Problems): BeansNode {
  checkAttributes(element, ['profile', ...beansDefaults], problems);
  checkAutowire(element.attributes.get('default-autowire'), problems);
  const items: BeansItem[] = [];
  const lead = [...comments];
  let description: Text | undefined;
  const { children, endComments } = childrenOf(element, problems);
  for (const child of children) {
    if (isBeansElement(child.element) && child.element.name === 'description') {
      description = descriptionOf(child.element, problems);
      lead.push(...child.comments, ...commentsIn(child.element));
      continue;
    }
    const item = readItem(child, element, problems);
    if (item !== undefined) items.push(item);
  }
  return {
    kind: 'beans',
    location: element.location,
    attributes: element.attributes,
    ...(description === undefined ? {} : { description }),
    items,
    ...commented(lead, endComments),
  };
}

function readItem(child: Child, parent: XmlElement, problems: Problems): BeansItem | undefined {
  const { element } = child;
  if (element.uri === namespaces.util) return readObject(child, problems);
  if (element.uri === namespaces.context) return readContext(child, problems);
  if (!isBeansElement(element)) {
    unknownElement(element, parent, problems);
    return undefined;
  }
  switch (element.name) {
    case 'bean':
      return readBean(child, problems);
    case 'beans':
      return readBeans(child, problems);
    case 'import':
      return readImport(child, problems);
    case 'alias':
      return readAlias(child, problems);
    default:
      unknownElement(element, parent, problems, CHILDREN);
      return undefined;
  }
}

function readImport({ element, comments }: Child, problems: Problems): ImportNode | undefined {
  checkAttributes(element, ['resource'], problems);
  const own = commented([...comments, ...commentsIn(element)]);
  const resource = requiredAttribute(element, 'resource', problems);
  return resource && { kind: 'import', location: element.location, resource, ...own };
}

function readAlias({ element, comments }: Child, problems: Problems): AliasNode | undefined {
  checkAttributes(element, ['name', 'alias'], problems);
  const own = commented([...comments, ...commentsIn(element)]);
  const name = requiredAttribute(element, 'name', problems);
  const alias = requiredAttribute(element, 'alias', problems);
  return name && alias && { kind: 'alias', location: element.location, name, alias, ...own };
}

function readObject({ element, comments }: Child, problems: Problems): ObjectNode | undefined {
  const value = readValue(element, { problems, readBean: (child) => readBean(child, problems) });
  if (value === undefined) return undefined;
  const id = element.attributes.get('id');
  return {
    kind: 'object',
    location: element.location,
    ...(id === undefined ? {} : { id }),
    value,
    ...commented(comments),
  };
}

function readContext({ element, comments }: Child, problems: Problems): ContextNode | undefined {
  const { name, location } = element;
  if (
    name !== 'property-placeholder' &&
    name !== 'property-override' &&
    name !== 'annotation-config'
  ) {
    unsupportedElement(element, problems);
    return undefined;
  }
  checkAttributes(element, name === 'annotation-config' ? [] : placeholderAttributes, problems);
  childrenOf(element, problems);
  return {
    kind: name,
    location,
    attributes: element.attributes,
    ...commented([...comments, ...commentsIn(element)]),
  };
}
