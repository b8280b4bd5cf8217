import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../base/index.ts';
import type { BootErrorCode } from './bootErrors.ts';

/** The bean files of a server or webapp, or why they cannot be used. */
export interface BeanFiles {
  /** Absolute paths, in the order in which they are read. */
  readonly files: readonly string[];
  readonly errors: readonly ConfigError[];
}

const webappFile = /^red5-.+\.(xml|yaml|yml)$/;
const serverFile = /^red5\.(xml|yaml|yml)$/;

/** Whether a file of this name is one of a webapp's bean files, wherever in the webapp it lies. */
export function isBeanFileName(name: string): boolean {
  return webappFile.test(name.toLowerCase());
}

/**
 * Finds the bean files of a webapp: `red5-*.xml`, `.yaml` and `.yml` in its folder and in its `WEB-INF`, sorted by name.
 *
 * The same name twice (`red5-web.xml` beside `red5-web.yaml`) is an error: which one counts must not be a guess.
 */
export async function findWebappBeanFiles(folder: string, displayRoot: string): Promise<BeanFiles> {
  const files = [
    ...(await list(folder, webappFile)),
    ...(await list(path.join(folder, 'WEB-INF'), webappFile)),
  ];
  return unambiguous(files, displayRoot);
}

/** Finds `conf/red5.yaml`, `.yml` or `.xml` of a server. */
export async function findServerBeanFile(root: string): Promise<BeanFiles> {
  const conf = path.join(root, 'conf');
  const found = unambiguous(await list(conf, serverFile), root);
  if (found.files.length > 0 || found.errors.length > 0) return found;
  const message = `no red5.yaml in "${conf}"; name the server's folder with --root`;
  return { files: [], errors: [new ConfigError(code('SERVER_CONFIG_MISSING'), message)] };
}

async function list(folder: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    // Most webapps have no WEB-INF.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const files: string[] = [];
  for (const name of names.filter((name) => pattern.test(name))) {
    const file = path.join(folder, name);
    if ((await stat(file)).isFile()) files.push(file);
  }
  return files;
}

function unambiguous(files: readonly string[], displayRoot: string): BeanFiles {
  const sorted = files.toSorted((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1));
  const errors: ConfigError[] = [];
  const first = new Map<string, string>();
  for (const file of sorted) {
    const stem = path.parse(file).name;
    const other = first.get(stem);
    if (other === undefined) {
      first.set(stem, file);
      continue;
    }
    const [shown, shownOther] = [file, other].map((name) => path.relative(displayRoot, name));
    const message = `both "${shownOther}" and "${shown}" are there; keep one of them`;
    const location = { file: shown ?? file, line: 1, column: 1 };
    errors.push(new ConfigError(code('BEAN_FILE_AMBIGUOUS'), message, { location }));
  }
  return { files: errors.length > 0 ? [] : sorted, errors };
}

function code(name: BootErrorCode): BootErrorCode {
  return name;
}
