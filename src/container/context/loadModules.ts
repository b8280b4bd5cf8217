import { existsSync } from 'node:fs';
import { basename, extname, isAbsolute, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ContainerModule } from 'inversify';
import { describeError } from '../../base/index.ts';
import { walkValues } from '../checks/walkValues.ts';
import type { AnyClass } from '../classes/ClassInfo.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import type { Text } from '../definition/beanFile.ts';
import { didYouMean } from '../errors/nearestName.ts';
import { configError, type Problems } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';

/** Loads a code file and returns what it exports. */
export type LoadModule = (file: string) => Promise<Record<string, unknown>>;

/** Endings that are tried for one another, so that a compiled webapp keeps its bean files. */
const ENDINGS = ['.ts', '.js', '.mjs', '.mts'];

/** The standard loader: what Node itself can import. */
export const importModule: LoadModule = async (file) =>
  (await import(pathToFileURL(file).href)) as Record<string, unknown>;

/** True for class names that are code files: `./Application.ts` or `./Application.ts#Name`. */
export function isModuleName(name: string): boolean {
  return /^\.\.?\//.test(name);
}

/**
 * Loads the code files that definitions name as classes, and those that bean files import.
 *
 * @returns paths of the files
 */
export async function loadModules(
  factory: BeanFactory,
  loadModule: LoadModule,
  problems: Problems,
): Promise<string[]> {
  const names = new Map<string, Text>();
  for (const definition of factory.table.definitions.values()) collectNames(definition, names);
  const files = new Set<string>();
  for (const [name, text] of names) {
    try {
      const { file, exportName } = locate(name, text, factory);
      files.add(file);
      const exports = await load(file, text, loadModule);
      const type = pickClass(exports, exportName, basename(file, extname(file)), text);
      factory.modules.set(name, type);
    } catch (error) {
      factory.failedModules.add(name);
      problems.catch(error);
    }
  }
  for (const [file, location] of factory.table.codeFiles) {
    try {
      files.add(file);
      const exports = await load(file, { text: file, location }, loadModule);
      const free = freeNames(factory);
      bindServices(exports, factory);
      reportTwice(free, file, factory, problems);
    } catch (error) {
      problems.catch(error);
    }
  }
  return [...files];
}

/** Lets an imported code file bind its services: exported inversify modules, and a function `bindBeans`. */
function bindServices(exports: Readonly<Record<string, unknown>>, factory: BeanFactory): void {
  for (const [name, value] of Object.entries(exports)) {
    if (value instanceof ContainerModule) factory.container.load(value);
    else if (name === 'bindBeans' && typeof value === 'function') value(factory.container);
  }
}

/** Names of beans that nothing is bound under. */
function freeNames(factory: BeanFactory): string[] {
  const names = [...factory.table.definitions.keys()];
  return names.filter((name) => !factory.container.isCurrentBound(name));
}

/** Two bindings of one name would leave inversify without a choice, in words that nobody understands. */
function reportTwice(
  names: readonly string[],
  file: string,
  factory: BeanFactory,
  problems: Problems,
): void {
  for (const name of names) {
    if (!factory.container.isCurrentBound(name)) continue;
    const message = `bean "${name}" is bound by ${factory.resources.show(file)} as well; give one of them another name`;
    const { location } = factory.table.definitions.get(name) as BeanDefinition;
    problems.add('BEAN_DUPLICATE', message, location);
  }
}

function collectNames(definition: BeanDefinition, names: Map<string, Text>): void {
  const { class: type } = definition;
  if (type !== undefined && isModuleName(type.text) && !names.has(type.text))
    names.set(type.text, type);
  for (const { value } of walkValues(definition)) {
    if (value.kind === 'inner') collectNames(value.definition, names);
  }
}

function locate(
  name: string,
  text: Text,
  factory: BeanFactory,
): { readonly file: string; readonly exportName: string | undefined } {
  const hash = name.lastIndexOf('#');
  const path = hash === -1 ? name : name.slice(0, hash);
  const base = factory.resources.baseFolder;
  const wanted = resolve(base, path);
  const inside = relative(base, wanted);
  if (inside.startsWith('..') || isAbsolute(inside)) {
    throw configError(
      'MODULE_FAILED',
      `code file "${path}" is outside of the folder of the webapp`,
      text.location,
    );
  }
  const file = [wanted, ...alternatives(wanted)].find((one) => existsSync(one));
  if (file === undefined) {
    throw configError(
      'MODULE_FAILED',
      `code file "${path}" does not exist in ${factory.resources.show(base)}`,
      text.location,
    );
  }
  return { file, exportName: hash === -1 ? undefined : name.slice(hash + 1) };
}

function alternatives(file: string): string[] {
  const ending = extname(file);
  const stem = ENDINGS.includes(ending) ? file.slice(0, -ending.length) : file;
  return ENDINGS.map((one) => stem + one);
}

async function load(
  file: string,
  text: Text,
  loadModule: LoadModule,
): Promise<Record<string, unknown>> {
  try {
    return await loadModule(file);
  } catch (error) {
    const message = `code file "${basename(file)}" cannot be loaded: ${describeError(error)}`;
    throw configError('MODULE_FAILED', message, text.location, { cause: error });
  }
}

/** The class that is named, else the one named like the file, else the only class, else the default export. */
function pickClass(
  exports: Readonly<Record<string, unknown>>,
  exportName: string | undefined,
  stem: string,
  text: Text,
): AnyClass {
  const classes = new Map<string, AnyClass>();
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value === 'function') classes.set(name, value);
  }
  const named = [...classes].filter(([name]) => name !== 'default');
  const only = named.length === 1 ? named[0]?.[1] : undefined;
  const found =
    exportName === undefined
      ? (classes.get(stem) ?? only ?? classes.get('default'))
      : classes.get(exportName);
  if (found !== undefined) return found;
  const known = [...classes.keys()];
  if (exportName !== undefined) {
    const hint = didYouMean(exportName, known) || `; it exports ${known.join(', ') || 'none'}`;
    throw configError(
      'MODULE_FAILED',
      `the code file exports no class "${exportName}"${hint}`,
      text.location,
    );
  }
  const message =
    known.length === 0
      ? 'the code file exports no class'
      : `the code file exports several classes (${known.join(', ')}); name one: ${text.text}#${known[0]}`;
  throw configError('MODULE_FAILED', message, text.location);
}
