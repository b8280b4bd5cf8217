import { resolve } from 'node:path';
import type { SourceLocation } from '../../base/index.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import type {
  AliasNode,
  BeanNode,
  BeansNode,
  ImportNode,
  ObjectNode,
  Text,
} from '../definition/beanFile.ts';
import {
  contextDefinition,
  type Defaults,
  objectDefinition,
  splitNames,
  toDefinition,
} from '../definition/toDefinition.ts';
import type { Problems } from '../errors/Problems.ts';
import { limits } from '../readers/limits.ts';
import { readBeanFile } from '../readers/readBeanFile.ts';
import { DefinitionTable } from './DefinitionTable.ts';
import { acceptsProfile, type Profiles } from './profiles.ts';
import type { Resources } from './Resources.ts';
import { type Lookup, replacePlaceholders, standardSyntax } from './replacePlaceholders.ts';

/** What {@link loadDefinitions} needs to know. */
export interface LoadOptions {
  readonly resources: Resources;
  readonly profiles: Profiles;
  /** System properties, then environment: all that placeholders in imports may use. */
  readonly lookup: Lookup;
  /** False forbids a later file to replace a bean of an earlier one. */
  readonly allowOverriding: boolean;
  readonly problems: Problems;
}

/** Reads bean files, with all they import, as one table of definitions. */
export function loadDefinitions(files: readonly string[], options: LoadOptions): DefinitionTable {
  const loader = new Loader(options);
  for (const file of files) loader.loadFile(resolve(file), undefined);
  loader.finish();
  return loader.table;
}

class Loader {
  readonly table: DefinitionTable = new DefinitionTable();
  readonly #options: LoadOptions;
  readonly #problems: Problems;
  /** The file being read and those that imported it, outermost first. */
  readonly #chain: string[] = [];
  #imported = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#problems = options.problems;
  }

  loadFile(file: string, importedAt: SourceLocation | undefined): void {
    const { resources } = this.#options;
    const trail = this.#trail();
    if (this.#chain.includes(file)) {
      const circle = [...this.#chain.slice(this.#chain.indexOf(file)), file].map((one) =>
        resources.show(one),
      );
      this.#problems.add(
        'IMPORT_CYCLE',
        `bean files import each other: ${circle.join(' -> ')}`,
        importedAt,
        { trail },
      );
      return;
    }
    try {
      const source = resources.read(file);
      this.#chain.push(file);
      const beans = readBeanFile(source, this.#problems);
      if (beans !== undefined) this.#addBeans(beans, new Map(), file);
      this.#chain.pop();
    } catch (error) {
      if (
        importedAt !== undefined &&
        error instanceof Error &&
        'code' in error &&
        error.code === 'FILE_NOT_FOUND'
      ) {
        const message = `imported file "${resources.show(file)}" does not exist`;
        this.#problems.add('FILE_NOT_FOUND', message, importedAt, { trail, cause: error });
      } else this.#problems.catch(error);
    }
  }

  #trail(): string[] {
    const files = this.#chain.map((file) => this.#options.resources.show(file)).reverse();
    return files.length > 1 ? files.slice(1).map((file) => `imported by ${file}`) : [];
  }

  #addBeans(beans: BeansNode, outer: Defaults, file: string): void {
    const profile = beans.attributes.get('profile');
    if (profile !== undefined && !this.#accepts(profile)) return;
    const defaults = inherit(outer, beans.attributes);
    /** Names taken in this element, and where. */
    const used = new Map<string, SourceLocation>();
    for (const item of beans.items) {
      if (item.kind === 'beans') this.#addBeans(item, defaults, file);
      else if (item.kind === 'import') this.#import(item, file);
      else if (item.kind === 'alias') this.#addAliasNode(item);
      else if (item.kind === 'bean') this.#addBean(item, defaults, used);
      else if (item.kind === 'object') {
        const definition = objectDefinition(item, defaults, this.#problems);
        const name = item.id ?? nameOfObject(item);
        if (name !== undefined) this.#register(definition, name, [], used);
        else {
          const message = `a ${item.value.kind} beside other beans needs an id`;
          this.#problems.add('ATTRIBUTE_MISSING', message, item.location);
        }
      } else if (item.kind !== 'annotation-config') {
        this.#registerGenerated(contextDefinition(item, this.#problems), false);
      }
    }
  }

  #accepts(profile: Text): boolean {
    try {
      const text = this.#resolve(profile);
      return acceptsProfile(text, this.#options.profiles, profile.location);
    } catch (error) {
      this.#problems.catch(error);
      return false;
    }
  }

  #resolve(text: Text): string {
    return replacePlaceholders(text.text, this.#options.lookup, standardSyntax, text.location);
  }

  #import(node: ImportNode, from: string): void {
    try {
      const files = this.#options.resources.locate(
        this.#resolve(node.resource),
        node.resource.location,
        from,
      );
      this.#imported += files.length;
      if (this.#imported > limits.importedFiles) {
        const message = `imports add more than ${limits.importedFiles} files`;
        this.#problems.add('LIMIT_EXCEEDED', message, node.resource.location);
        return;
      }
      for (const file of files) {
        if (/\.m?[tj]s$/.test(file)) this.table.codeFiles.set(file, node.resource.location);
        else this.loadFile(file, node.resource.location);
      }
    } catch (error) {
      this.#problems.catch(error);
    }
  }

  #addBean(node: BeanNode, defaults: Defaults, used: Map<string, SourceLocation>): void {
    const definition = toDefinition(node, defaults, this.#problems);
    const id = node.attributes.get('id');
    const names = node.attributes.get('name');
    const aliases = [...new Set(splitNames(names?.text ?? ''))].map((text) => ({
      text,
      location: names?.location ?? node.location,
    }));
    const isEmpty = id !== undefined && id.text.trim() === '' && aliases.length === 0;
    if (isEmpty)
      this.#problems.add('NAME_INVALID', 'the id of a bean cannot be empty', id.location);
    const first = id?.text.trim() === '' ? undefined : id;
    limitCandidates(definition, first ?? aliases[0], defaults);
    this.#register(definition, first, aliases, used);
  }

  #register(
    definition: BeanDefinition,
    id: Text | undefined,
    aliases: readonly Text[],
    used: Map<string, SourceLocation>,
  ): void {
    const first = id ?? aliases[0];
    const others = id === undefined ? aliases.slice(1) : aliases;
    if (first === undefined) {
      this.#registerGenerated(definition);
      return;
    }
    if (first.text.startsWith('&')) {
      this.#problems.add(
        'NAME_INVALID',
        `the name of a bean cannot begin with "&": "${first.text}"`,
        first.location,
      );
    }
    for (const name of [first, ...others]) {
      const taken = used.get(name.text);
      if (taken !== undefined && !(name !== first && name.text === first.text)) {
        const message = `bean name "${name.text}" is used twice; first in line ${taken.line}`;
        this.#problems.add('BEAN_DUPLICATE', message, name.location);
      }
      used.set(name.text, name.location);
    }
    definition.name = first.text;
    this.#add(definition);
    for (const alias of others) {
      // One that is used twice was reported above.
      if (!this.table.definitions.has(alias.text)) this.#addAlias(alias, definition.name);
    }
  }

  #add(definition: BeanDefinition): void {
    const before = this.table.definitions.get(definition.name);
    if (before !== undefined && !this.#options.allowOverriding) {
      const where = `${before.location.file}:${before.location.line}`;
      const message = `bean "${definition.name}" is defined already in ${where}, and overriding is switched off`;
      this.#problems.add('BEAN_DUPLICATE', message, definition.location);
      return;
    }
    this.table.add(definition);
  }

  /** `<class>#<n>`; the first of a class can also be asked for by the class alone. */
  #registerGenerated(definition: BeanDefinition, namedByClass = true): void {
    const { class: className, parent, factoryBean } = definition;
    let stem = className?.text;
    if (stem === undefined && parent !== undefined) stem = `${parent.text}$child`;
    if (stem === undefined && factoryBean !== undefined) stem = `${factoryBean.text}$created`;
    if (stem === undefined) {
      this.#problems.add('CLASS_MISSING', 'a bean needs an id and a class', definition.location);
      return;
    }
    let count = 0;
    while (this.table.has(`${stem}#${count}`)) count += 1;
    definition.name = `${stem}#${count}`;
    this.#add(definition);
    if (namedByClass && className !== undefined && !this.table.has(stem)) {
      this.table.aliases.set(stem, { text: definition.name, location: definition.location });
    }
  }

  #addAliasNode(node: AliasNode): void {
    const alias = node.alias.text.trim();
    if (alias === '' || node.name.text.trim() === '') {
      const empty = alias === '' ? node.alias : node.name;
      this.#problems.add('NAME_INVALID', 'the names of an alias cannot be empty', empty.location);
      return;
    }
    this.#addAlias(node.alias, node.name.text);
  }

  #addAlias(alias: Text, name: string): void {
    if (alias.text === name) {
      this.table.aliases.delete(alias.text);
      return;
    }
    if (this.table.definitions.has(alias.text)) {
      const message = `alias "${alias.text}" is the name of a bean already`;
      this.#problems.add('BEAN_DUPLICATE', message, alias.location);
      return;
    }
    const before = this.table.aliases.get(alias.text);
    if (before !== undefined && before.text !== name && !this.#options.allowOverriding) {
      const message = `alias "${alias.text}" stands for "${before.text}" already, and overriding is switched off`;
      this.#problems.add('BEAN_DUPLICATE', message, alias.location);
      return;
    }
    this.table.aliases.set(alias.text, { text: name, location: alias.location });
  }

  /** Checks that can only be made when everything is read. */
  finish(): void {
    /** Names that lead to an end. */
    const ending = new Set<string>();
    for (const [alias, target] of this.table.aliases) {
      const seen = new Set([alias]);
      let next: Text | undefined = target;
      while (next !== undefined && !seen.has(next.text) && !ending.has(next.text)) {
        seen.add(next.text);
        next = this.table.aliases.get(next.text);
      }
      if (next === undefined || ending.has(next.text)) {
        for (const name of seen) ending.add(name);
        continue;
      }
      if (next.text !== alias) continue;
      const message = `aliases lead back to themselves: ${[...seen, alias].join(' -> ')}`;
      this.#problems.add('ALIAS_CYCLE', message, target.location);
      this.table.aliases.delete(alias);
    }
  }
}

/** A constant or property path without an id is named by what it stands for. */
function nameOfObject({ value }: ObjectNode): Text | undefined {
  const isNamed = value.kind === 'constant' || value.kind === 'property-path';
  return isNamed ? { text: value.name, location: value.location } : undefined;
}

/** With `default-autowire-candidates` only beans whose names fit its patterns are found by type. */
function limitCandidates(
  definition: BeanDefinition,
  name: Text | undefined,
  defaults: Defaults,
): void {
  const patterns = defaults.get('default-autowire-candidates');
  if (patterns === undefined || definition.flags.has('autowire-candidate')) return;
  const fits = patterns.text
    .split(',')
    .some((pattern) => matches(pattern.trim(), name?.text ?? ''));
  definition.flags.set('autowire-candidate', { text: String(fits), location: patterns.location });
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

/** Defaults that an empty text switches off. */
const MAY_BE_EMPTY: ReadonlySet<string> = new Set([
  'default-autowire-candidates',
  'default-init-method',
  'default-destroy-method',
]);

function inherit(outer: Defaults, own: Defaults): Defaults {
  const defaults = new Map([...outer].filter(([name]) => name.startsWith('default-')));
  for (const [name, text] of own) {
    const isGiven = text.text !== '' || MAY_BE_EMPTY.has(name);
    if (text.text !== 'default' && isGiven) defaults.set(name, text);
  }
  return defaults;
}
