import { type BeanInfo, ConfigError } from '../../base/index.ts';
import { mapTexts } from '../definition/mapTexts.ts';
import { configError, Problems } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import { isSecret } from '../factory/secrets.ts';
import { type Lookup, replacePlaceholders } from '../loading/replacePlaceholders.ts';
import { loadProperties } from './loadProperties.ts';

const MODES = ['NEVER', 'FALLBACK', 'OVERRIDE'] as const;
type Mode = (typeof MODES)[number];

/** What both placeholder configurers and the override configurer can be told. */
export abstract class PropertiesConfigurer {
  location: string | undefined = undefined;
  locations: readonly string[] = [];
  properties: ReadonlyMap<string, string> = new Map();
  propertiesArray: readonly ReadonlyMap<string, string>[] = [];
  localOverride = false;
  ignoreResourceNotFound = false;
  fileEncoding: string | undefined = undefined;
  order = 2_147_483_647;
  beanName = '';

  static readonly beanInfo: BeanInfo = {
    types: ['BeanFactoryPostProcessor'],
    properties: {
      location: 'string',
      locations: 'array<string>',
      properties: 'properties',
      propertiesArray: 'array<properties>',
      localOverride: 'boolean',
      ignoreResourceNotFound: 'boolean',
      fileEncoding: 'string',
      order: 'int',
    },
    callbacks: ['setBeanName', 'postProcessBeanFactory'],
  };

  setBeanName(name: string): void {
    this.beanName = name;
  }

  /** What the files and the bean file itself say, the stronger over the weaker. */
  protected mergedProperties(factory: BeanFactory): Map<string, string> {
    const named = [...this.locations, ...(this.location === undefined ? [] : [this.location])];
    const locations = named.map((location) =>
      replacePlaceholders(
        location,
        (name) => factory.environment.lookup(name),
        { prefix: '${', suffix: '}', separator: ':', ignoreUnknown: true },
        undefined,
      ),
    );
    const files = loadProperties(
      { locations, ignoreMissing: this.ignoreResourceNotFound, encoding: this.fileEncoding },
      factory,
    );
    const inline = new Map([
      ...this.propertiesArray.flatMap((one) => [...one]),
      ...this.properties,
    ]);
    return this.localOverride ? new Map([...files, ...inline]) : new Map([...inline, ...files]);
  }
}

/** Replaces `${…}` in the definitions of its context. */
abstract class PlaceholderConfigurer extends PropertiesConfigurer {
  placeholderPrefix = '${';
  placeholderSuffix = '}';
  valueSeparator: string | null = ':';
  ignoreUnresolvablePlaceholders = false;
  trimValues = false;
  nullValue: string | undefined = undefined;

  static override readonly beanInfo: BeanInfo = {
    properties: {
      placeholderPrefix: 'string',
      placeholderSuffix: 'string',
      valueSeparator: 'string',
      ignoreUnresolvablePlaceholders: 'boolean',
      trimValues: 'boolean',
      nullValue: 'string',
    },
  };

  /** Where a placeholder's value is looked for. */
  protected abstract lookup(properties: ReadonlyMap<string, string>, factory: BeanFactory): Lookup;

  /** @throws ConfigErrors for all placeholders without a value */
  postProcessBeanFactory(factory: BeanFactory): void {
    const properties = this.mergedProperties(factory);
    const find = this.lookup(properties, factory);
    const names = (): string[] => [
      ...properties.keys(),
      ...factory.environment.systemProperties.keys(),
    ];
    const syntax = {
      prefix: this.placeholderPrefix,
      suffix: this.placeholderSuffix,
      separator:
        this.valueSeparator === null || this.valueSeparator === ''
          ? undefined
          : this.valueSeparator,
      ignoreUnknown: this.ignoreUnresolvablePlaceholders,
    };
    const problems = new Problems();
    for (const [name, definition] of factory.table.definitions) {
      if (name === this.beanName) continue;
      mapTexts(definition, (text, location) => {
        if (!text.includes(syntax.prefix)) return { text, secret: false };
        let secret = false;
        const watched: Lookup = (key) => {
          secret ||= isSecret(key);
          return find(key);
        };
        try {
          const result = this.#finish(replacePlaceholders(text, watched, syntax, location, names));
          return { text: result, secret, isNull: result === this.nullValue };
        } catch (error) {
          problems.catch(inBean(error, name));
          return { text, secret: false };
        }
      });
    }
    for (const [alias, target] of factory.table.aliases) {
      if (!target.text.includes(syntax.prefix) && !alias.includes(syntax.prefix)) continue;
      const resolve = (text: string): string =>
        replacePlaceholders(text, find, syntax, target.location, names);
      try {
        const [newAlias, newTarget] = [resolve(alias), resolve(target.text)];
        factory.table.aliases.delete(alias);
        if (newAlias !== newTarget)
          factory.table.aliases.set(newAlias, { ...target, text: newTarget });
      } catch (error) {
        problems.catch(error);
      }
    }
    problems.throwIfAny(`bean "${this.beanName}"`);
  }

  #finish(text: string): string {
    return this.trimValues ? text.trim() : text;
  }
}

/** Says which bean a problem belongs to. */
function inBean(error: unknown, bean: string): unknown {
  if (!(error instanceof ConfigError)) return error;
  const { code, message, location, cause } = error;
  return new ConfigError(code, message, { ...(location && { location }), cause, beanPath: bean });
}

/**
 * Replaces placeholders by properties files, then (or first, or never) by system properties and the environment.
 */
export class PropertyPlaceholderConfigurer extends PlaceholderConfigurer {
  systemPropertiesModeName: string | undefined = undefined;
  systemPropertiesMode = 1;
  searchSystemEnvironment = true;

  static override readonly beanInfo: BeanInfo = {
    types: ['PropertyPlaceholderConfigurer'],
    properties: {
      systemPropertiesModeName: 'string',
      systemPropertiesMode: 'int',
      searchSystemEnvironment: 'boolean',
    },
    constructors: [[]],
  };

  protected override lookup(properties: ReadonlyMap<string, string>, factory: BeanFactory): Lookup {
    const { environment } = factory;
    const system: Lookup = (name) =>
      environment.property(name) ??
      (this.searchSystemEnvironment ? environment.variable(name) : undefined);
    const mode = this.#mode();
    if (mode === 'NEVER') return (name) => properties.get(name);
    if (mode === 'OVERRIDE') return (name) => system(name) ?? properties.get(name);
    return (name) => properties.get(name) ?? system(name);
  }

  #mode(): Mode {
    const name = this.systemPropertiesModeName?.replace(/^SYSTEM_PROPERTIES_MODE_/, '');
    const mode =
      name === undefined ? MODES[this.systemPropertiesMode] : MODES.find((one) => one === name);
    if (mode !== undefined) return mode;
    const known = MODES.map((one) => `SYSTEM_PROPERTIES_MODE_${one}`).join(', ');
    throw configError(
      'ATTRIBUTE_INVALID',
      `the system properties mode is one of ${known}`,
      undefined,
    );
  }
}

/** Replaces placeholders by system properties and the environment, then by properties files. */
export class PropertySourcesPlaceholderConfigurer extends PlaceholderConfigurer {
  static override readonly beanInfo: BeanInfo = {
    types: ['PropertySourcesPlaceholderConfigurer'],
    properties: {},
    constructors: [[]],
  };

  protected override lookup(properties: ReadonlyMap<string, string>, factory: BeanFactory): Lookup {
    const { environment } = factory;
    if (this.localOverride) return (name) => properties.get(name) ?? environment.lookup(name);
    return (name) => environment.lookup(name) ?? properties.get(name);
  }
}

/** Sets properties of beans from a file: `bean.property=value`. */
export class PropertyOverrideConfigurer extends PropertiesConfigurer {
  beanNameSeparator = '.';
  ignoreInvalidKeys = false;

  static override readonly beanInfo: BeanInfo = {
    types: ['PropertyOverrideConfigurer'],
    properties: { beanNameSeparator: 'string', ignoreInvalidKeys: 'boolean' },
    constructors: [[]],
  };

  /** @throws ConfigErrors for keys that name no bean */
  postProcessBeanFactory(factory: BeanFactory): void {
    const problems = new Problems();
    for (const [key, value] of this.mergedProperties(factory)) {
      const cut = key.indexOf(this.beanNameSeparator);
      const bean = factory.table.canonicalName(key.slice(0, Math.max(cut, 0)));
      const definition = factory.table.definitions.get(bean);
      if (definition !== undefined)
        definition.setProperty(key.slice(cut + this.beanNameSeparator.length), value);
      else if (!this.ignoreInvalidKeys) {
        problems.add('BEAN_NOT_FOUND', `the override "${key}" names no bean`, undefined);
      }
    }
    problems.throwIfAny(`bean "${this.beanName}"`);
  }
}
