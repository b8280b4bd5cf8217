import type { SourceLocation } from '../../base/index.ts';
import type { Meta, OtherNode, ReferenceValue, Text, TextValue } from './beanFile.ts';

/** How properties that a file does not set are found. */
export type AutowireMode = 'no' | 'byName' | 'byType' | 'constructor' | 'autodetect';

/** A switch of a definition that is `true` or `false`, possibly by a placeholder. */
export type DefinitionFlag = 'abstract' | 'lazy-init' | 'primary' | 'autowire-candidate';

/** A value of a definition: as in the file, but with inner beans as definitions. */
export type Value =
  | TextValue
  | ReferenceValue
  | { readonly kind: 'null'; readonly location: SourceLocation }
  | InnerDefinition
  | CollectionDefinition
  | MapDefinition
  | PropsDefinition;

/** A bean that only its owner sees. */
export interface InnerDefinition {
  readonly kind: 'inner';
  readonly location: SourceLocation;
  readonly definition: BeanDefinition;
}

/** A list, set or array. */
export interface CollectionDefinition {
  readonly kind: 'list' | 'set' | 'array';
  readonly location: SourceLocation;
  readonly valueType?: Text;
  readonly merge: boolean;
  readonly items: readonly Value[];
}

/** A map. */
export interface MapDefinition {
  readonly kind: 'map';
  readonly location: SourceLocation;
  readonly keyType?: Text;
  readonly valueType?: Text;
  readonly merge: boolean;
  readonly entries: readonly { readonly key: Value; readonly value: Value }[];
}

/** A table of texts. */
export interface PropsDefinition {
  readonly kind: 'props';
  readonly location: SourceLocation;
  readonly merge: boolean;
  readonly entries: readonly { readonly key: Text; readonly value: Text }[];
}

/** A property a definition sets. */
export interface PropertyDefinition {
  readonly name: string;
  readonly location: SourceLocation;
  readonly value: Value;
  readonly meta: readonly Meta[];
}

/** A constructor or factory method argument. */
export interface ArgumentDefinition {
  readonly location: SourceLocation;
  readonly index?: number;
  readonly name?: string;
  readonly type?: Text;
  readonly value: Value;
}

/** A method to call, and whether a class may lack it. An empty text says that there is none. */
export interface MethodName extends Text {
  /** True when it comes from a default of the file. */
  readonly optional: boolean;
}

/**
 * What is known about a bean before it is made.
 *
 * Placeholders and factory post-processors change definitions before any bean exists; afterwards nothing does.
 */
export class BeanDefinition {
  /** Name in its context; for an inner bean the private name. */
  name: string;
  /** Where it begins. */
  readonly location: SourceLocation;
  /** True for a bean inside of another. */
  readonly inner: boolean;
  class: Text | undefined;
  parent: Text | undefined;
  scope: Text | undefined;
  autowire: AutowireMode = 'no';
  readonly flags: Map<DefinitionFlag, Text> = new Map();
  dependsOn: readonly Text[] = [];
  initMethod: MethodName | undefined;
  destroyMethod: MethodName | undefined;
  factoryBean: Text | undefined;
  factoryMethod: Text | undefined;
  description: string | undefined;
  readonly meta: Map<string, string> = new Map();
  args: readonly ArgumentDefinition[] = [];
  readonly properties: Map<string, PropertyDefinition> = new Map();
  /** Children the container does not offer; they are refused when the bean is checked. */
  others: readonly OtherNode[] = [];

  constructor(name: string, location: SourceLocation, inner = false) {
    this.name = name;
    this.location = location;
    this.inner = inner;
  }

  /** True when it is only a template for others. */
  get abstract(): boolean {
    return this.flags.get('abstract')?.text === 'true';
  }

  /** True when it is made on demand only. */
  get lazyInit(): boolean {
    return this.flags.get('lazy-init')?.text === 'true';
  }

  /** True when it is preferred among several beans of a type. */
  get primary(): boolean {
    return this.flags.get('primary')?.text === 'true';
  }

  /** False when autowiring by type passes it over. */
  get autowireCandidate(): boolean {
    return this.flags.get('autowire-candidate')?.text !== 'false';
  }

  /** True when there is one for all. */
  get singleton(): boolean {
    const scope = this.scope?.text ?? '';
    return scope === '' || scope === 'singleton';
  }

  /** True when each request makes a new one. */
  get prototype(): boolean {
    return this.scope?.text === 'prototype';
  }

  /** Sets or replaces a property by its text, as a factory post-processor does. */
  setProperty(name: string, text: string): void {
    const location = this.properties.get(name)?.location ?? this.location;
    this.properties.set(name, {
      name,
      location,
      value: { kind: 'text', text, location },
      meta: [],
    });
  }
}
