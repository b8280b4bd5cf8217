import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from './base/index.ts';
import { readGraphOf } from './boot/index.ts';
import type { CommandResult } from './checkCommand.ts';
import {
  type BeanFileFormat,
  ConfigErrors,
  convertBeanFile,
  readBeanText,
  renderConfigErrors,
  renderGraphAsMermaid,
  renderGraphAsText,
} from './container/index.ts';
import { standardClasses } from './standard.ts';

/** Options of {@link convertCommand}. */
export interface ConvertCommandOptions {
  readonly file: string;
  readonly format: BeanFileFormat;
  /** Compares both forms and writes nothing. */
  readonly check: boolean;
  /** `$ref` instead of `!ref`. */
  readonly plain: boolean;
  /** Where to write; undefined prints. */
  readonly out: string | undefined;
}

/** `red5 beans to-yaml` and `to-xml`: converts a bean file, comments included. */
export async function convertCommand(options: ConvertCommandOptions): Promise<CommandResult> {
  const { file, format, plain } = options;
  if (!existsSync(file)) return { output: `red5: there is no file "${file}"\n`, exitCode: 2 };
  try {
    const converted = convertBeanFile(file, readBeanText(file), format, { plain });
    const notes = converted.notes.map((note) => `${note}\n`).join('');
    if (!converted.lossFree) {
      return { output: `${file} cannot be converted without loss\n${notes}`, exitCode: 2 };
    }
    if (options.check) {
      return {
        output: `${file} converts to ${format} and back without loss\n${notes}`,
        exitCode: 0,
      };
    }
    if (options.out === undefined) return { output: converted.text, exitCode: 0 };
    await writeFile(options.out, converted.text, { flag: 'wx' });
    return { output: `wrote ${options.out}\n${notes}`, exitCode: 0 };
  } catch (error) {
    return explain(error);
  }
}

/** Options of {@link graphCommand}. */
export interface GraphCommandOptions {
  /** Folder of a webapp. */
  readonly folder: string;
  /** The server the webapp runs in. */
  readonly server: string;
  readonly mermaid: boolean;
  readonly systemProperties: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}

/** `red5 beans graph`: the wired beans of a webapp as text or Mermaid. */
export async function graphCommand(options: GraphCommandOptions): Promise<CommandResult> {
  const { folder, mermaid } = options;
  if (!existsSync(folder)) return { output: `red5: there is no folder "${folder}"\n`, exitCode: 2 };
  try {
    const graph = await readGraphOf({
      ...options,
      classes: standardClasses(),
      root: options.server,
    });
    return {
      output: mermaid ? renderGraphAsMermaid(graph) : renderGraphAsText(graph),
      exitCode: 0,
    };
  } catch (error) {
    return explain(error, folder);
  }
}

function explain(error: unknown, root = '.'): CommandResult {
  if (error instanceof ConfigErrors)
    return { output: `${renderConfigErrors(error.errors, { root })}\n`, exitCode: 2 };
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
    return {
      output: `red5: ${path.basename(String(Reflect.get(error, 'path')))} exists already\n`,
      exitCode: 2,
    };
  }
  throw error;
}
