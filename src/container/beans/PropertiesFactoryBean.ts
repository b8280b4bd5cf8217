import type { BeanInfo } from '../../base/index.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import { loadProperties } from './loadProperties.ts';

/** A bean that is a table of texts, from files and from the bean file. */
export class PropertiesFactoryBean {
  location: string | undefined = undefined;
  locations: readonly string[] = [];
  properties: ReadonlyMap<string, string> = new Map();
  propertiesArray: readonly ReadonlyMap<string, string>[] = [];
  localOverride = false;
  ignoreResourceNotFound = false;
  fileEncoding: string | undefined = undefined;
  singleton = true;
  #loaded: Map<string, string> | undefined;
  readonly #factory: BeanFactory;

  static readonly beanInfo: BeanInfo = {
    types: ['FactoryBean'],
    properties: {
      location: 'string',
      locations: 'array<string>',
      properties: 'properties',
      propertiesArray: 'array<properties>',
      localOverride: 'boolean',
      ignoreResourceNotFound: 'boolean',
      fileEncoding: 'string',
      singleton: 'boolean',
    },
    methods: { getObject: [{ parameters: [], returns: 'java.util.Properties' }] },
    constructors: [[]],
  };

  constructor(factory: BeanFactory) {
    this.#factory = factory;
  }

  /** Files that are missing are said so at the start, not when somebody asks. */
  afterPropertiesSet(): void {
    if (this.singleton) this.#loaded = this.#load();
  }

  getObject(): Map<string, string> {
    return this.#loaded ?? this.#load();
  }

  #load(): Map<string, string> {
    const locations = [...this.locations, ...(this.location === undefined ? [] : [this.location])];
    const files = loadProperties(
      { locations, ignoreMissing: this.ignoreResourceNotFound, encoding: this.fileEncoding },
      this.#factory,
    );
    const inline = new Map([
      ...this.propertiesArray.flatMap((one) => [...one]),
      ...this.properties,
    ]);
    return this.localOverride ? new Map([...files, ...inline]) : new Map([...inline, ...files]);
  }
}
