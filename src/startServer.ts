import { type RunningServer, type StartOptions, startServer as startWith } from './boot/index.ts';
import * as publicAPI from './index.ts';
import { standardClasses } from './standard.ts';

/** Starts a server with everything that ships; webapp code that imports `red5-node` gets the very classes it runs on. */
export function startServer(
  options: Omit<StartOptions, 'classes' | 'modules'>,
): Promise<RunningServer> {
  return startWith({
    ...options,
    classes: standardClasses(),
    modules: { 'red5-node': publicAPI },
  });
}
