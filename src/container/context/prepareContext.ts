import { basename, dirname, extname, join } from 'node:path';
import {
  type BeanCallback,
  ConfigError,
  type Logger,
  type SourceLocation,
} from '../../base/index.ts';
import { registerBuiltIns } from '../beans/registerBuiltIns.ts';
import { walkValues } from '../checks/walkValues.ts';
import { ClassRegistry } from '../classes/ClassRegistry.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import { ConfigErrors, Problems } from '../errors/Problems.ts';
import { BeanFactory } from '../factory/BeanFactory.ts';
import type { BeanRecord } from '../factory/BeanRecord.ts';
import type { BeanScope } from '../factory/BeanScope.ts';
import { Environment } from '../loading/Environment.ts';
import { loadDefinitions } from '../loading/loadDefinitions.ts';
import { Resources } from '../loading/Resources.ts';
import type { ApplicationContext } from './ApplicationContext.ts';
import { importModule, type LoadModule, loadModules } from './loadModules.ts';

/** What {@link ApplicationContext.read} needs to know. */
export interface ApplicationContextOptions {
  /** For messages: `red5`, `chat`. */
  readonly name: string;
  /** Bean files, read in this order as one context: `.xml`, `.yaml`, `.yml`, `.json`. */
  readonly files: readonly string[];
  /** Folder of the webapp or server: `/WEB-INF/x`, `/x` and `./x` are looked up here. */
  readonly baseFolder: string;
  /** `classpath:x`. Default the base folder. */
  readonly classpathFolder?: string;
  /** Paths in messages are relative to it. */
  readonly displayRoot?: string;
  readonly parent?: ApplicationContext;
  readonly classes: ClassRegistry;
  readonly systemProperties: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Loads code files that bean files name as classes. Default `import()`. */
  readonly loadModule?: LoadModule;
  /** Ready objects, registered before anything else. They are neither initialised nor destroyed. */
  readonly singletons?: Readonly<Record<string, unknown>>;
  /** Handed to beans with `setServletContext(x)`. */
  readonly servletContext?: unknown;
  readonly logger: Logger;
  /** Active profiles. Default `spring.profiles.active` of system properties and environment. */
  readonly profiles?: readonly string[];
  /** Profiles that are active when no other is. Default `default`. */
  readonly defaultProfiles?: readonly string[];
  /** False forbids a later file to replace a bean of an earlier one. Default true. */
  readonly allowOverriding?: boolean;
  /** False forbids beans to need each other in a circle. Default true. */
  readonly allowCircular?: boolean;
  /** Own scopes by name, besides `singleton` and `prototype`. */
  readonly scopes?: Readonly<Record<string, BeanScope>>;
}

/** Stands for the context while it is being read. */
export class Facade {
  #context: object | undefined;
  #callbacks: readonly (readonly [BeanCallback, unknown])[] = [];

  /** What beans see of the context; undefined while it is being read. */
  get context(): object | undefined {
    return this.#context;
  }

  /** Callbacks that hand something of the context to beans. */
  get callbacks(): readonly (readonly [BeanCallback, unknown])[] {
    return this.#callbacks;
  }

  /** Tells what it stands for. */
  set(context: object, callbacks: readonly (readonly [BeanCallback, unknown])[]): void {
    this.#context = context;
    this.#callbacks = callbacks;
  }
}

/** Bean files that are read, but not checked. */
export interface PreparedContext {
  readonly factory: BeanFactory;
  readonly facade: Facade;
  readonly problems: Problems;
  /** False when some file could not be read, so that beans are missing. */
  readonly whole: boolean;
  readonly moduleFiles: readonly string[];
}

/** Reads bean files, fills in placeholders and loads code files; nothing is thrown for what the files say. */
export async function prepareContext(options: ApplicationContextOptions): Promise<PreparedContext> {
  const problems = new Problems();
  const environment = new Environment(options.systemProperties, options.env);
  const resources = new Resources(options);
  checkTwins(options.files, resources, problems);
  const table = loadDefinitions(options.files, {
    resources,
    profiles: profilesOf(options, environment),
    lookup: (name) => environment.lookup(name),
    allowOverriding: options.allowOverriding ?? true,
    problems,
  });
  const whole = problems.errors.length === 0;
  const facade = new Facade();
  const factory = new BeanFactory({
    name: options.name,
    parent: options.parent?.factory,
    classes: new ClassRegistry(options.classes),
    table,
    resources,
    environment,
    logger: options.logger,
    allowCircular: options.allowCircular ?? true,
    facade: () => facade.context,
    callbacks: () => facade.callbacks,
    expressionRoots: new Map<string, unknown>([
      ['systemProperties', environment.systemProperties],
      ['systemEnvironment', environment.variables],
      ['environment', environment],
    ]),
    ...(options.scopes === undefined ? {} : { scopes: new Map(Object.entries(options.scopes)) }),
  });
  registerBuiltIns(factory);
  for (const [name, value] of Object.entries(options.singletons ?? {})) {
    factory.registerSingleton(name, value);
  }
  applyConfigurers(factory, problems);
  const moduleFiles = await loadModules(factory, options.loadModule ?? importModule, problems);
  return { factory, facade, problems, whole, moduleFiles };
}

function profilesOf(
  options: ApplicationContextOptions,
  environment: Environment,
): { readonly active: readonly string[]; readonly defaults: readonly string[] } {
  const defaults = options.defaultProfiles ?? environment.profiles('default');
  return {
    active: options.profiles ?? environment.profiles('active'),
    defaults: defaults.length === 0 ? ['default'] : defaults,
  };
}

/** Refuses a bean file that exists as XML and as YAML: which one counts would be a guess. */
function checkTwins(files: readonly string[], resources: Resources, problems: Problems): void {
  const seen = new Map<string, string>();
  for (const file of files) {
    const stem = join(dirname(file), basename(file, extname(file)));
    const twin = seen.get(stem);
    if (twin === undefined || twin === file) seen.set(stem, file);
    else {
      const message = `"${basename(twin)}" and "${basename(file)}" stand side by side; keep one of them`;
      problems.add('FILE_AMBIGUOUS', message, { file: resources.show(file), line: 1, column: 1 });
    }
  }
}

/** Runs the container's own factory post-processors: placeholders, overrides, converters. */
function applyConfigurers(factory: BeanFactory, problems: Problems): void {
  const configurers: {
    readonly record: BeanRecord;
    readonly bean: { readonly order?: unknown; postProcessBeanFactory(factory: BeanFactory): void };
  }[] = [];
  for (const name of [...factory.table.definitions.keys()]) {
    try {
      const type = factory.table.definitions.get(name)?.class?.text;
      const info = type === undefined ? undefined : factory.findClassByName(type);
      if (info?.takes('postProcessBeanFactory') !== true || !factory.isBuiltIn(info.class))
        continue;
      const record = factory.record(name);
      if (record === undefined || record.definition.abstract) continue;
      configurers.push({
        record,
        bean: factory.getBean(name) as { postProcessBeanFactory(factory: BeanFactory): void },
      });
    } catch (error) {
      problems.catch(error);
    }
  }
  const order = (bean: { readonly order?: unknown }): number =>
    typeof bean.order === 'number' ? bean.order : 0;
  for (const { record, bean } of configurers.sort((a, b) => order(a.bean) - order(b.bean))) {
    try {
      bean.postProcessBeanFactory(factory);
    } catch (error) {
      problems.catch(locate(error, record));
    }
  }
  if (configurers.length > 0) factory.definitionsChanged();
}

/** Gives an error of a configurer the place of the setting that led to it. */
function locate(error: unknown, record: BeanRecord): unknown {
  if (error instanceof ConfigErrors) {
    return new ConfigErrors(error.errors.map((one) => locateOne(one, record)));
  }
  return error instanceof ConfigError ? locateOne(error, record) : error;
}

function locateOne(error: ConfigError, { definition, name }: BeanRecord): ConfigError {
  if (error.location !== undefined) return error;
  return new ConfigError(error.code, error.message, {
    location: placeOfSetting(error.message, definition),
    beanPath: name,
    cause: error.cause ?? error,
  });
}

/** The text of a setting that an error quotes, else the whole setting, else the bean. */
function placeOfSetting(message: string, definition: BeanDefinition): SourceLocation {
  const { properties } = definition;
  const quoted = /"([^"]+)"/.exec(message)?.[1];
  for (const { value } of walkValues(definition)) {
    const isIt = value.kind === 'text' && quoted !== undefined && value.text.trim() === quoted;
    if (isIt) return value.location;
  }
  const property =
    properties.get('locations') ?? properties.get('location') ?? properties.get('properties');
  return property?.value.location ?? definition.location;
}
