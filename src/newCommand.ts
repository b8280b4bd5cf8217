import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { CommandResult } from './checkCommand.ts';

/** What `red5 new` can make. */
export const templates = ['empty', 'chat', 'live'] as const;

/** Options of {@link newCommand}. */
export interface NewCommandOptions {
  /** Name of the webapp: its folder, and the first part of its addresses. */
  readonly name: string;
  readonly template: string;
  /** The server's folder. */
  readonly root: string;
  /** Folder of this package, where the templates and the types are. */
  readonly packageFolder: string;
}

/** `red5 new`: makes a webapp that runs, compiles in an editor, and has a test. */
export async function newCommand(options: NewCommandOptions): Promise<CommandResult> {
  const { name, template, root, packageFolder } = options;
  if (!/^[a-z0-9][a-z0-9_-]*$/i.test(name)) {
    return refused(`"${name}" cannot be a webapp's name: letters, digits, "-" and "_" can be used`);
  }
  if (!templates.some((known) => known === template)) {
    return refused(`there is no template "${template}"; there are ${templates.join(', ')}`);
  }
  const folder = path.join(root, 'webapps', name);
  if (existsSync(folder)) return refused(`"${folder}" exists already`);
  // A server that watches must not see a part of it.
  const temporary = path.join(root, 'webapps', `.${name}.new`);
  await rm(temporary, { recursive: true, force: true });
  const words = wordsOf(folder, name, packageFolder);
  const source = path.join(packageFolder, 'templates', template);
  const files = await copyTemplate(source, temporary, words);
  await rename(temporary, folder);
  const shown = path.relative('.', folder) || folder;
  const list = files.map((file) => `  ${path.join(shown, file)}\n`).join('');
  return {
    output: `${list}\nA server that runs has it in a moment at /${name}/; else: red5 start\nIts test: red5 test ${name}\n`,
    exitCode: 0,
  };
}

/** What stands for itself in the files of a template. */
function wordsOf(folder: string, name: string, packageFolder: string): Map<string, string> {
  const require = createRequire(import.meta.url);
  const nodeTypes = path.resolve(path.dirname(require.resolve('@types/node/package.json')), '..');
  return new Map([
    ['__NAME__', name],
    ['__RED5__', pathFrom(folder, packageFolder)],
    ['__TYPES__', pathFrom(folder, nodeTypes)],
  ]);
}

/** Relative while both are in one project, so that it can be moved as a whole; absolute otherwise. */
function pathFrom(folder: string, target: string): string {
  const relative = path.relative(folder, target).split(path.sep).join('/');
  // webapps/NAME is two levels below the server; what lies further up belongs to somebody else.
  const isNear = !relative.startsWith('../../../') && !path.isAbsolute(relative);
  return isNear ? relative : target.split(path.sep).join('/');
}

async function copyTemplate(
  source: string,
  target: string,
  words: ReadonlyMap<string, string>,
): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(source, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.relative(source, path.join(entry.parentPath, entry.name));
    let text = await readFile(path.join(source, file), 'utf8');
    for (const [word, value] of words) text = text.replaceAll(word, value);
    await mkdir(path.dirname(path.join(target, file)), { recursive: true });
    await writeFile(path.join(target, file), text);
    files.push(file);
  }
  return files.toSorted();
}

function refused(message: string): CommandResult {
  return { output: `red5: ${message}\n`, exitCode: 2 };
}
