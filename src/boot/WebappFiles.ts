import path from 'node:path';
import type { ServletContext } from '../server/index.ts';
import { isBeanFileName } from './findBeanFiles.ts';

const privateFolders = new Set(['web-inf', 'meta-inf', 'node_modules', 'persistence']);
const recordings = 'streams';
const privateNames = new Set(['package.json', 'package-lock.json', 'tsconfig.json']);
const privateEndings = [
  '.properties',
  '.ts',
  '.mts',
  '.cts',
  '.cjs',
  '.tsx',
  '.war',
  '~',
  '.bak',
  '.orig',
];

/** The files of one webapp: which of them the public may see. */
export class WebappFiles implements ServletContext {
  readonly name: string;
  readonly folder: string;
  /** Forgotten when this version has taken over, or each version would keep all before it alive. */
  replaces: ServletContext | undefined;
  readonly #codeFiles: () => readonly string[];

  /** @param codeFiles - absolute paths of the code files loaded so far */
  constructor(
    name: string,
    folder: string,
    codeFiles: () => readonly string[],
    replaces?: ServletContext,
  ) {
    this.replaces = replaces;
    this.name = name;
    this.folder = folder;
    this.#codeFiles = codeFiles;
  }

  isPrivate(relativePath: string): boolean {
    // Compared in lower case: on many file systems another spelling opens the same file.
    const segments = relativePath.toLowerCase().split(/[\\/]+/);
    const name = segments.at(-1) ?? '';
    if (relativePath.includes('\0') || segments.some(isPrivateFolder)) return true;
    // Recordings are played by those who may play them, and are no files for everybody.
    if (segments[0] === recordings) return true;
    if (privateNames.has(name) || isBeanFileName(name)) return true;
    if (privateEndings.some((ending) => name.endsWith(ending))) return true;
    const file = path.join(this.folder, relativePath).toLowerCase();
    return this.#codeFiles().some((codeFile) => codeFile.toLowerCase() === file);
  }
}

function isPrivateFolder(segment: string): boolean {
  if (segment.startsWith('.')) return segment !== '.' && segment !== '.well-known';
  return privateFolders.has(segment);
}
