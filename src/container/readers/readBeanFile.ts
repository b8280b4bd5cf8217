import { extname } from 'node:path';
import type { BeansNode } from '../definition/beanFile.ts';
import type { SourceText } from '../definition/SourceText.ts';
import type { Problems } from '../errors/Problems.ts';
import { readXml } from './xml/readXml.ts';
import { readYaml } from './yaml/readYaml.ts';

/** Endings of bean files. JSON is YAML. */
export const beanFileEndings: readonly string[] = ['.xml', '.yaml', '.yml', '.json'];

/**
 * Reads a bean file by the ending of its name.
 *
 * Never throws for what the file says: problems are collected, and what could be read is returned.
 */
export function readBeanFile(source: SourceText, problems: Problems): BeansNode | undefined {
  const ending = extname(source.file).toLowerCase();
  if (ending === '.xml') return readXml(source, problems);
  if (beanFileEndings.includes(ending)) return readYaml(source, problems);
  const message = `a bean file ends in ${beanFileEndings.join(', ')}`;
  problems.add('FILE_TYPE_UNKNOWN', message, source.at(0));
  return undefined;
}
