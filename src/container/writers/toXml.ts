import type { SourceLocation } from '../../base/index.ts';
import type {
  ArgumentNode,
  Attributes,
  BeanNode,
  BeansItem,
  BeansNode,
  CollectionValue,
  EntryNode,
  Meta,
  OtherNode,
  PropertyNode,
  Text,
  ValueHolder,
  ValueNode,
} from '../definition/beanFile.ts';
import { beanAttributes } from '../definition/beanWords.ts';
import { configError } from '../errors/Problems.ts';
import { namespaces } from '../readers/xml/namespaces.ts';

const SCHEMAS = 'http://www.springframework.org/schema/';
const INDENT = '    ';

/**
 * Writes a bean file in Spring's XML; reading it again gives the same definitions and the same comments.
 *
 * @throws ConfigError NOT_SUPPORTED when a text holds a character XML cannot have
 */
export function toXml(file: BeansNode): string {
  const writer = new XmlWriter();
  writer.comments(file.comments);
  writer.file(file);
  return writer.toString();
}

type Pairs = readonly (readonly [string, string | undefined])[];

class XmlWriter {
  readonly #lines: string[] = ['<?xml version="1.0" encoding="UTF-8"?>'];
  #depth = 0;

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  // ------------------------------------------------------------------- layout

  #line(text: string): void {
    this.#lines.push(`${INDENT.repeat(this.#depth)}${text}`);
  }

  #element(name: string, pairs: Pairs, content?: () => void): void {
    const attributes = pairs
      .map(([key, value]) => (value === undefined ? '' : ` ${key}="${attribute(value)}"`))
      .join('');
    const before = this.#lines.length;
    this.#line(`<${name}${attributes}>`);
    this.#depth += 1;
    content?.();
    this.#depth -= 1;
    if (this.#lines.length === before + 1) {
      this.#lines[before] = `${INDENT.repeat(this.#depth)}<${name}${attributes}/>`;
    } else this.#line(`</${name}>`);
  }

  #textElement(name: string, pairs: Pairs, text: string, location: SourceLocation): void {
    checkCharacters(text, location);
    const attributes = pairs
      .map(([key, value]) => (value === undefined ? '' : ` ${key}="${attribute(value)}"`))
      .join('');
    this.#line(
      text === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content(text)}</${name}>`,
    );
  }

  comments(comments: readonly string[] | undefined): void {
    for (const comment of comments ?? []) {
      const lines = comment.replace(/--/g, '- -').replace(/--/g, '- -').split('\n');
      const rest = lines
        .slice(1)
        .map((line) => (line === '' ? '' : `${INDENT.repeat(this.#depth)}     ${line}`));
      const last = comment.endsWith('-') ? '  ' : ' ';
      const text = [lines[0] ?? '', ...rest].join('\n');
      checkCharacters(text, undefined);
      this.#line(`<!-- ${text}${last}-->`);
    }
  }

  // --------------------------------------------------------------------- file

  file(file: BeansNode): void {
    const used = usedNamespaces(file);
    const declared = [...used].map((name) => [`xmlns:${name}`, namespaces[name]] as const);
    const locations = ['beans', ...used].map(
      (name) => `${SCHEMAS}${name} ${SCHEMAS}${name}/spring-${name}.xsd`,
    );
    this.#beans(file, [
      ['xmlns', namespaces.beans],
      ['xmlns:xsi', 'http://www.w3.org/2001/XMLSchema-instance'],
      ...declared,
      ['xsi:schemaLocation', locations.join(' ')],
    ]);
  }

  #beans(file: BeansNode, head: Pairs): void {
    this.#element('beans', [...head, ...pairsOf(file.attributes)], () => {
      this.#description(file.description);
      for (const [index, item] of file.items.entries()) {
        if (index > 0 && item.kind === 'bean') this.#lines.push('');
        this.#item(item);
      }
      this.comments(file.endComments);
    });
  }

  #description(description: Text | undefined): void {
    if (description !== undefined)
      this.#textElement('description', [], description.text, description.location);
  }

  #item(item: BeansItem): void {
    if (item.kind !== 'object') this.comments(item.comments);
    switch (item.kind) {
      case 'bean':
        this.#bean(item);
        break;
      case 'beans':
        this.#beans(item, []);
        break;
      case 'import':
        this.#element('import', [['resource', item.resource.text]]);
        break;
      case 'alias':
        this.#element('alias', [
          ['name', item.name.text],
          ['alias', item.alias.text],
        ]);
        break;
      case 'object':
        this.comments(item.comments);
        this.#value(item.value, item.id?.text);
        break;
      default:
        this.#element(`context:${item.kind}`, pairsOf(item.attributes));
    }
  }

  // --------------------------------------------------------------------- bean

  #bean(bean: BeanNode): void {
    const names = ['id', ...beanAttributes];
    const pairs = names.map((name) => [name, bean.attributes.get(name)?.text] as const);
    this.#element('bean', pairs, () => {
      this.#description(bean.description);
      this.#meta(bean.meta);
      for (const argument of bean.args) this.#argument(argument);
      for (const property of bean.properties) this.#property(property);
      for (const other of bean.others) this.#other(other);
      this.comments(bean.endComments);
    });
  }

  #meta(meta: readonly Meta[]): void {
    for (const { key, value } of meta)
      this.#element('meta', [
        ['key', key.text],
        ['value', value.text],
      ]);
  }

  #argument(argument: ArgumentNode): void {
    this.comments(argument.comments);
    const { index, type, name } = argument;
    this.#holder(
      'constructor-arg',
      [
        ['index', index?.text],
        ['type', type?.text],
        ['name', name?.text],
      ],
      argument,
    );
  }

  #property(property: PropertyNode): void {
    this.comments(property.comments);
    this.#holder('property', [['name', property.name.text]], property);
  }

  /** An element that holds a value: as an attribute when it is short, else as a child. */
  #holder(
    element: string,
    pairs: Pairs,
    holder: Pick<ValueHolder, 'value' | 'description' | 'meta'>,
  ): void {
    const { value } = holder;
    const short = shortForm(value);
    if (short !== undefined) this.comments(value.comments);
    this.#element(element, short === undefined ? pairs : [...pairs, short], () => {
      this.#description(holder.description);
      this.#meta(holder.meta);
      if (short === undefined) this.#value(value);
    });
  }

  #other(other: OtherNode): void {
    this.comments(other.comments);
    this.#element(other.kind, pairsOf(other.attributes), () => {
      for (const type of other.argTypes) this.#element('arg-type', [['match', type.text]]);
    });
  }

  // ------------------------------------------------------------------- values

  #value(value: ValueNode, id?: string): void {
    this.comments(value.kind === 'bean' || 'util' in value ? undefined : value.comments);
    switch (value.kind) {
      case 'text':
        this.#textElement('value', [['type', value.type?.text]], value.text, value.location);
        break;
      case 'null':
        this.#element('null', []);
        break;
      case 'ref':
        this.#element('ref', [['bean', value.name]]);
        break;
      case 'ref-parent':
        this.#element('ref', [['parent', value.name]]);
        break;
      case 'idref':
        this.#element('idref', [['bean', value.name]]);
        break;
      case 'bean':
        this.comments(value.comments);
        this.comments(value.bean.comments);
        this.#bean(value.bean);
        break;
      case 'constant':
        this.#element('util:constant', [
          ['id', id],
          ['static-field', value.name],
        ]);
        break;
      case 'property-path':
        this.#element('util:property-path', [
          ['id', id],
          ['path', value.name],
        ]);
        break;
      default:
        this.#collection(value, id);
    }
  }

  #collection(value: CollectionValue, id: string | undefined): void {
    const name = value.kind === 'props' && value.util ? 'properties' : value.kind;
    this.comments(value.comments);
    this.#element(
      value.util ? `util:${name}` : name,
      [['id', id], ...pairsOf(value.attributes)],
      () => {
        this.#description(value.description);
        if (value.kind === 'map') for (const entry of value.entries) this.#entry(entry);
        else if (value.kind === 'props') {
          for (const { key, value: text, comments, location } of value.entries) {
            this.comments(comments);
            this.#textElement('prop', [['key', key.text]], text.text, location);
          }
        } else for (const item of value.items) this.#value(item);
        this.comments(value.endComments);
      },
    );
  }

  #entry(entry: EntryNode): void {
    const { key, value, description } = entry;
    this.comments(entry.comments);
    const shortKey = shortForm(key);
    const shortValue = shortForm(value);
    if (shortKey !== undefined) this.comments(key.comments);
    if (shortValue !== undefined) this.comments(value.comments);
    const pairs: (readonly [string, string | undefined])[] = [];
    if (shortKey !== undefined)
      pairs.push([shortKey[0] === 'ref' ? 'key-ref' : 'key', shortKey[1]]);
    if (shortValue !== undefined)
      pairs.push([shortValue[0] === 'ref' ? 'value-ref' : 'value', shortValue[1]]);
    this.#element('entry', pairs, () => {
      this.#description(description);
      if (shortKey === undefined) this.#element('key', [], () => this.#value(key));
      if (shortValue === undefined) this.#value(value);
    });
  }
}

/** A value that can be an attribute: text on one line, and a reference. */
function shortForm(value: ValueNode): readonly ['value' | 'ref', string] | undefined {
  if (value.kind === 'ref') return ['ref', value.name];
  if (value.kind !== 'text' || value.type !== undefined || value.text.includes('\n'))
    return undefined;
  checkCharacters(value.text, value.location);
  return ['value', value.text];
}

function pairsOf(attributes: Attributes): Pairs {
  return [...attributes].map(([name, text]) => [name, text.text] as const);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
};

function attribute(text: string): string {
  checkCharacters(text, undefined);
  return text.replace(/[&<>"\n\r\t]/g, (char) => ESCAPES[char] ?? char);
}

function content(text: string): string {
  return text.replace(/[&<>\r]/g, (char) => ESCAPES[char] ?? char);
}

const SURROGATE = '[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]';
/** XML 1.0, 2.2: no control characters but tab, line feed and carriage return. */
const BAD_CHARACTER = new RegExp(
  `[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ufffe\\uffff]|${SURROGATE}`,
);

function checkCharacters(text: string, location: SourceLocation | undefined): void {
  const bad = BAD_CHARACTER.exec(text);
  if (bad === null) return;
  const code = bad[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  throw configError('NOT_SUPPORTED', `character U+${code} cannot be written in XML`, location);
}

function usedNamespaces(file: BeansNode): Set<'util' | 'context'> {
  const used = new Set<'util' | 'context'>();
  const value = (node: ValueNode): void => {
    if (node.kind === 'constant' || node.kind === 'property-path') used.add('util');
    if ('util' in node && node.util) used.add('util');
    if (node.kind === 'bean') bean(node.bean);
    else if (node.kind === 'map')
      for (const entry of node.entries) [entry.key, entry.value].forEach(value);
    else if ('items' in node) node.items.forEach(value);
  };
  const bean = (node: BeanNode): void => {
    for (const holder of [...node.args, ...node.properties]) value(holder.value);
  };
  const items = (nodes: readonly BeansItem[]): void => {
    for (const item of nodes) {
      if (item.kind === 'bean') bean(item);
      else if (item.kind === 'beans') items(item.items);
      else if (item.kind === 'object') {
        used.add('util');
        value(item.value);
      } else if (item.kind !== 'import' && item.kind !== 'alias') used.add('context');
    }
  };
  items(file.items);
  return used;
}
