import path from 'node:path';
import { type ConfigError, formatLocation } from './base/index.ts';
import { type CheckOptions, type CheckReport, checkFolder } from './boot/index.ts';
import { type MissingClass, missingClasses, renderConfigErrors } from './container/index.ts';
import * as publicAPI from './index.ts';
import { standardClasses } from './standard.ts';

/** Options of {@link checkCommand}. */
export interface CheckCommandOptions
  extends Pick<CheckOptions, 'folder' | 'server' | 'systemProperties' | 'env' | 'logger'> {
  /** Writes JSON for tools. */
  readonly json: boolean;
  /** Colours for a terminal. */
  readonly color: boolean;
}

/** What a command prints, and the exit code of the process. */
export interface CommandResult {
  readonly output: string;
  readonly exitCode: number;
}

/** `red5 check`: exit code 0 when a start would find the configuration in order, else 2. */
export async function checkCommand(options: CheckCommandOptions): Promise<CommandResult> {
  const { json, color, ...rest } = options;
  const report = await checkFolder({
    ...rest,
    classes: standardClasses(),
    modules: { 'red5-node': publicAPI },
  });
  const exitCode = report.errors.length > 0 ? 2 : 0;
  const output = json ? asJson(report) : asText(report, path.resolve(options.folder), color);
  return { output, exitCode };
}

function asJson(report: CheckReport): string {
  const problem = (severity: string) => (error: ConfigError) => ({
    severity,
    code: error.code,
    message: error.message,
    ...error.location,
    beanPath: error.beanPath,
    trail: error.trail,
  });
  const problems = [
    ...report.errors.map(problem('error')),
    ...report.warnings.map(problem('warning')),
  ];
  const { checked, unchecked, beans } = report;
  const missing = missingClasses([...report.errors, ...report.warnings]);
  return `${JSON.stringify({ checked, unchecked, beans, problems, missingClasses: missing }, undefined, 2)}\n`;
}

function asText(report: CheckReport, folder: string, color: boolean): string {
  const parts: string[] = [];
  const render = (errors: readonly ConfigError[]) =>
    renderConfigErrors(errors, { color, root: folder });
  if (report.errors.length > 0) parts.push(render(report.errors));
  if (report.warnings.length > 0) {
    parts.push('Problems of beans that nobody needs at the start:', render(report.warnings));
  }
  const missing = missingClasses([...report.errors, ...report.warnings]);
  const written = missing.filter(({ advice }) => advice === undefined).map(asLine);
  if (written.length > 0)
    parts.push(`Classes that need a TypeScript class:\n${written.join('\n')}`);
  const deleted = missing.filter(({ advice }) => advice !== undefined).map(asLine);
  if (deleted.length > 0)
    parts.push(
      `Classes of libraries, whose beans are to be deleted or replaced:\n${deleted.join('\n')}`,
    );
  if (report.unchecked.length > 0) {
    parts.push(
      `Not checked, because it is not clear which bean file is the server's own: ${report.unchecked.join(', ')}`,
    );
  }
  parts.push(summary(report));
  return `${parts.join('\n\n')}\n`;
}

function asLine({ name, locations }: MissingClass): string {
  return `  ${name}  ${locations.map(formatLocation).join(', ')}`;
}

function summary({ errors, warnings, beans, checked }: CheckReport): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  const where = checked.join(', ');
  if (errors.length === 0 && warnings.length === 0)
    return `${count(beans, 'bean')} in order: ${where}`;
  return `${count(errors.length, 'problem')}, ${count(warnings.length, 'warning')} in ${where}`;
}
