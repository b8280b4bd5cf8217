// The bean container against hand-written inversify bindings of the same graph, in the same run.
//   node --import tsx --conditions=red5-source bench/container/run.ts [--sizes 100,1000,10000] [--rounds 5]
// Each bean has a text, a number, a list and a reference to the bean before it, in chains of 20. Medians of all rounds, in milliseconds.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Container } from 'inversify';
import { parseDocument } from 'yaml';
import { type BeanInfo, createLogger } from '../../src/base/index.ts';
import { ApplicationContext, ClassRegistry } from '../../src/container/index.ts';

const CHAIN = 20;

class Part {
  static readonly beanInfo: BeanInfo = {
    types: ['Part'],
    properties: { label: 'string', weight: 'int', tags: 'list<string>', before: 'Part' },
  };

  label = '';
  weight = 0;
  tags: string[] = [];
  before: Part | undefined = undefined;
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
  }
}

interface Timing {
  readonly read: number;
  readonly create: number;
  readonly destroy: number;
}

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '30,100,1000,10000' },
    rounds: { type: 'string', default: '5' },
  },
});
const sizes = values.sizes.split(',').map(Number);
const rounds = Number(values.rounds);
const logger = createLogger({ level: 'silent' });

function hasBefore(i: number): boolean {
  return i % CHAIN !== 0;
}

function xmlOf(size: number): string {
  const beans = Array.from({ length: size }, (_, i) => {
    const before = hasBefore(i) ? `\n    <property name="before" ref="part${i - 1}"/>` : '';
    return `  <bean id="part${i}" class="Part" destroy-method="destroy">
    <property name="label" value="part number ${i}"/>
    <property name="weight" value="${i}"/>
    <property name="tags"><list><value>a</value><value>b</value></list></property>${before}
  </bean>`;
  });
  return `<beans xmlns="http://www.springframework.org/schema/beans">\n${beans.join('\n')}\n</beans>\n`;
}

function yamlOf(size: number): string {
  const beans = Array.from({ length: size }, (_, i) => {
    const before = hasBefore(i) ? `\n      before: !ref part${i - 1}` : '';
    return `  part${i}:
    class: Part
    destroy-method: destroy
    properties:
      label: part number ${i}
      weight: ${i}
      tags: [a, b]${before}`;
  });
  return `beans:\n${beans.join('\n')}\n`;
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
  if (last.weight !== size - 1 || last.tags.length !== 2) throw new Error('the graph is wrong');
  const destroy = await timed(() => loaded.close());
  if (!last.destroyed) throw new Error('a bean was not destroyed');
  return { read, create, destroy };
}

/** What somebody would write by hand: one binding a bean, made, wired and destroyed by inversify. */
async function byHand(size: number): Promise<Timing> {
  const container = new Container({ defaultScope: 'Singleton' });
  const create = await timed(() => {
    for (let i = 0; i < size; i += 1) {
      container
        .bind<Part>(`part${i}`)
        .toDynamicValue((context) => {
          const part = new Part();
          part.label = `part number ${i}`;
          part.weight = i;
          part.tags = ['a', 'b'];
          if (hasBefore(i)) part.before = context.get<Part>(`part${i - 1}`);
          return part;
        })
        .inSingletonScope()
        .onDeactivation((part) => part.destroy());
    }
    for (let i = 0; i < size; i += 1) container.get<Part>(`part${i}`);
  });
  const destroy = await timed(() => container.unbindAllAsync());
  return { read: 0, create, destroy };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function medians(timings: readonly Timing[]): Timing {
  return {
    read: median(timings.map(({ read }) => read)),
    create: median(timings.map(({ create }) => create)),
    destroy: median(timings.map(({ destroy }) => destroy)),
  };
}

function row(name: string, timing: Timing, hand: Timing): string {
  const { read, create, destroy } = timing;
  const cells = [read, create, destroy, read + create + destroy].map((ms) => ms.toFixed(1));
  return `| ${name} | ${cells.join(' | ')} | ${(create / hand.create).toFixed(2)} |`;
}

const folder = await mkdtemp(path.join(tmpdir(), 'red5-bench-'));
console.log('| beans | read + check | create | destroy | all | create ÷ by hand |');
console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
try {
  for (const size of sizes) {
    const xml = path.join(folder, `${size}.xml`);
    const yaml = path.join(folder, `${size}.yaml`);
    await writeFile(xml, xmlOf(size));
    await writeFile(yaml, yamlOf(size));
    const found = { xml: [] as Timing[], yaml: [] as Timing[], hand: [] as Timing[] };
    const library: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const timings = { hand: await byHand(size), xml: await beanFile(xml, size) };
      const fromYaml = await beanFile(yaml, size);
      const text = yamlOf(size);
      const parse = await timed(() => parseDocument(text));
      if (round === 0) continue; // the first round warms up
      found.hand.push(timings.hand);
      found.xml.push(timings.xml);
      found.yaml.push(fromYaml);
      library.push(parse);
    }
    const hand = medians(found.hand);
    const fromYaml = medians(found.yaml);
    console.log(row(`${size} by hand`, hand, hand));
    console.log(row(`${size} XML`, medians(found.xml), hand));
    console.log(row(`${size} YAML`, fromYaml, hand));
    const parse = median(library);
    const ratio = (fromYaml.read / parse).toFixed(2);
    console.log(
      `| ${size}: the yaml library alone | ${parse.toFixed(1)} | | | | read ÷ it ${ratio} |`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
