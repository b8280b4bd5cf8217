// One life of the graph, step by step, with the time of each step.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Container } from 'inversify';
import { parseDocument } from 'yaml';
import { createLogger } from '../../src/base/index.ts';
import { ApplicationContext, ClassRegistry } from '../../src/container/index.ts';
import { bindByHand, Part } from './graph.ts';

/** Milliseconds of each step; by hand nothing is read, and the library of YAML only reads. */
export interface Timing {
  readonly read: number;
  readonly create: number;
  readonly destroy: number;
}

/** Whose life is measured: bindings by hand, a bean file, or the YAML library with the same file. */
export type Contestant = 'hand' | 'xml' | 'yaml' | 'library';

const logger = createLogger({ level: 'silent' });

/** Runs one life. */
export function measure(who: Contestant, size: number, folder: string): Promise<Timing> {
  if (who === 'hand') return byHand(size);
  if (who === 'library') return libraryAlone(path.join(folder, `${size}.yaml`));
  return beanFile(path.join(folder, `${size}.${who}`), size);
}

async function timed(task: () => unknown): Promise<number> {
  const began = performance.now();
  await task();
  return performance.now() - began;
}

async function beanFile(file: string, size: number): Promise<Timing> {
  const classes = new ClassRegistry();
  classes.register({ name: 'Part', class: Part });
  let context: ApplicationContext | undefined;
  const read = await timed(async () => {
    context = await ApplicationContext.read({
      name: 'bench',
      files: [file],
      baseFolder: path.dirname(file),
      classes,
      systemProperties: {},
      env: {},
      logger,
    });
  });
  if (context === undefined) throw new Error('nothing was read');
  const loaded = context;
  const create = await timed(() => loaded.refresh());
  const last = loaded.getBean<Part>(`part${size - 1}`);
  checkGraph(last, size);
  const destroy = await timed(() => loaded.close());
  if (!last.destroyed) throw new Error('a bean was not destroyed');
  return { read, create, destroy };
}

async function byHand(size: number): Promise<Timing> {
  const container = new Container();
  const create = await timed(() => {
    bindByHand(container, size);
    for (let i = 0; i < size; i += 1) container.get<Part>(`part${i}`);
  });
  const last = container.get<Part>(`part${size - 1}`);
  checkGraph(last, size);
  const destroy = await timed(() => container.unbindAllAsync());
  if (!last.destroyed) throw new Error('a bean was not destroyed');
  return { read: 0, create, destroy };
}

function checkGraph(last: Part, size: number): void {
  if (last.weight !== size - 1 || last.tags.length !== 2 || last.before?.weight !== size - 2)
    throw new Error('the graph is wrong');
}

async function libraryAlone(file: string): Promise<Timing> {
  const text = await readFile(file, 'utf8');
  return { read: await timed(() => parseDocument(text)), create: 0, destroy: 0 };
}
