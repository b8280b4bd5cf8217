import { readFileSync } from 'node:fs';
import { SourceText } from '../definition/SourceText.ts';
import { configError } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import { limits } from '../readers/limits.ts';
import { parseProperties } from '../readers/properties/parseProperties.ts';

/** How properties files are found and read. */
export interface PropertiesFiles {
  readonly locations: readonly string[];
  readonly ignoreMissing: boolean;
  /** Default: UTF-8 if the file is that, else ISO-8859-1. */
  readonly encoding: string | undefined;
}

/**
 * Reads properties files, later ones over earlier ones.
 *
 * @throws ConfigError FILE_NOT_FOUND, FILE_UNREADABLE or PROPERTIES_SYNTAX
 */
export function loadProperties(files: PropertiesFiles, factory: BeanFactory): Map<string, string> {
  const properties = new Map<string, string>();
  for (const location of files.locations) {
    const paths = factory.resources.locate(location, undefined);
    const mayBeNone = files.ignoreMissing || location.trim().startsWith('classpath*:');
    if (paths.length === 0 && !mayBeNone) failMissing(location);
    for (const path of paths) {
      const source = readProperties(path, location, files, factory);
      if (source === undefined) continue;
      for (const [key, value] of parseProperties(source)) properties.set(key, value.text);
    }
  }
  return properties;
}

function readProperties(
  path: string,
  location: string,
  files: PropertiesFiles,
  factory: BeanFactory,
): SourceText | undefined {
  let bytes: Buffer;
  factory.resources.sourceFiles.add(path);
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (files.ignoreMissing) return undefined;
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return failMissing(location, isMissing ? undefined : error);
  }
  const shown = factory.resources.show(path);
  if (bytes.length > limits.fileBytes) {
    const place = { file: shown, line: 1, column: 1 };
    throw configError(
      'FILE_TOO_LARGE',
      `the file has ${bytes.length} bytes; at most ${limits.fileBytes} are read`,
      place,
    );
  }
  return new SourceText(shown, decode(bytes, files.encoding, shown));
}

function failMissing(location: string, cause?: unknown): never {
  throw configError(
    'FILE_NOT_FOUND',
    `properties file "${location}" does not exist`,
    undefined,
    cause === undefined ? {} : { cause },
  );
}

function decode(bytes: Buffer, encoding: string | undefined, shown: string): string {
  try {
    return new TextDecoder(encoding ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (encoding === undefined) return bytes.toString('latin1');
    const place = { file: shown, line: 1, column: 1 };
    throw configError('FILE_UNREADABLE', `the file is not ${encoding}`, place, { cause: error });
  }
}
