import { homedir, tmpdir, type } from 'node:os';
import path from 'node:path';

/** The names that Red5's and Java's bean files expect to find, with this process's values. */
export function standardSystemProperties(root: string): Record<string, string> {
  return {
    'red5.root': root,
    'red5.config_root': path.join(root, 'conf'),
    'red5.deployment.type': 'standalone',
    'user.dir': process.cwd(),
    'user.home': homedir(),
    'java.io.tmpdir': tmpdir(),
    'os.name': type(),
    'file.separator': path.sep,
  };
}
