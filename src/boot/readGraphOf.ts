import path from 'node:path';
import { type BeanGraph, ConfigErrors, readBeanGraph } from '../container/index.ts';
import { findWebappBeanFiles } from './findBeanFiles.ts';
import { ModuleLoader } from './ModuleLoader.ts';
import { inspectServer, type StartOptions, sharedOptions } from './startServer.ts';

/** Options of {@link readGraphOf}. */
export interface GraphOptions extends StartOptions {
  /** Folder of the webapp. */
  readonly folder: string;
}

/**
 * Shows how the beans of a webapp are wired, to each other and to those of its server; nothing is made.
 *
 * @throws ConfigErrors when a bean file cannot be read
 */
export async function readGraphOf(options: GraphOptions): Promise<BeanGraph> {
  const folder = path.resolve(options.folder);
  const { files, errors } = await findWebappBeanFiles(folder, folder);
  if (errors.length > 0) throw new ConfigErrors(errors);
  const parent = await inspectServer(options);
  if (parent.errors.length > 0) throw new ConfigErrors(parent.errors);
  const loader = new ModuleLoader(folder, options.modules ?? {});
  try {
    return await readBeanGraph({
      ...sharedOptions(options),
      name: path.basename(folder),
      files,
      baseFolder: folder,
      displayRoot: folder,
      loadModule: (file) => loader.load(file),
      parent,
    });
  } finally {
    await parent.close();
  }
}
