import type { BeanInfo } from '../../src/base/index.ts';
import { ClassRegistry } from '../../src/container/index.ts';

/** What the beans of a test did, in order. */
export type EventLog = string[];

/** Classes for bean files of tests; the log is told what their beans do. */
export function fixtureClasses(log: EventLog = []): ClassRegistry {
  class Part {
    name: string | null = '';
    size = 0;
    on = false;
    next: Part | null = null;
    parts: Part[] = [];
    tags: Set<string> = new Set();
    settings: Map<string, number> = new Map();
    table: Map<string, string> = new Map();
    level: string | null = null;
    password = '';
    extra: unknown = undefined;

    static readonly beanInfo: BeanInfo = {
      types: ['Thing'],
      properties: {
        name: 'string',
        size: 'int',
        on: 'boolean',
        next: 'Part',
        parts: 'list<Part>',
        tags: 'set<string>',
        settings: 'map<string, int>',
        table: 'properties',
        level: 'Level',
        password: 'string',
        extra: 'any',
      },
    };

    grow(): void {
      this.size += 1;
    }
  }

  class BigPart extends Part {
    weight = 1;
  }

  class Plain {
    count = 5;
    label = 'none';
    list: unknown[] = [];
    set: Set<unknown> = new Set();
    friend: unknown = undefined;
  }

  class Gauge {
    readonly args: readonly unknown[];

    static readonly beanInfo: BeanInfo = {
      constructors: [
        [],
        [['part', 'Part']],
        [
          ['name', 'string'],
          ['size', 'int'],
        ],
        [
          ['part', 'Part'],
          ['name', 'string'],
          ['size', 'int'],
        ],
      ],
    };

    constructor(...args: readonly unknown[]) {
      this.args = args;
    }
  }

  class PartFactory {
    prefix = 'made';

    static readonly beanInfo: BeanInfo = {
      methods: {
        make: [{ parameters: [['name', 'string']], returns: 'Part' }],
        build: [{ parameters: [['size', 'int']], returns: 'Part' }],
      },
    };

    static make(name: string): Part {
      const part = new Part();
      part.name = name;
      return part;
    }

    build(size: number): Part {
      const part = PartFactory.make(this.prefix);
      part.size = size;
      return part;
    }

    nothing(): null {
      return null;
    }
  }

  class Maker {
    title = 'product';
    shared = true;

    static readonly beanInfo: BeanInfo = {
      types: ['FactoryBean'],
      properties: { title: 'string', shared: 'boolean' },
      methods: { getObject: [{ parameters: [], returns: 'Part' }] },
    };

    getObject(): Part {
      return PartFactory.make(this.title);
    }

    isSingleton(): boolean {
      return this.shared;
    }
  }

  class Worker {
    name = '';
    needs: unknown = undefined;

    static readonly beanInfo: BeanInfo = {
      types: ['Worker'],
      properties: { name: 'string', needs: 'any' },
    };

    setBeanName(name: string): void {
      this.name = name;
      log.push(`${name} named`);
    }

    setApplicationContext(_context: unknown): void {
      log.push(`${this.name} has a context`);
    }

    afterPropertiesSet(): void {
      log.push(`${this.name} ready`);
    }

    init(): void {
      log.push(`${this.name} initialised`);
    }

    async initSlowly(): Promise<void> {
      await Promise.resolve();
      log.push(`${this.name} initialised slowly`);
    }

    start(): void {
      log.push(`${this.name} started`);
    }

    stop(): void {
      log.push(`${this.name} stopped`);
    }

    destroy(): void {
      log.push(`${this.name} destroyed`);
    }

    end(): void {
      log.push(`${this.name} ended`);
    }
  }

  class Team {
    worker: Worker | undefined = undefined;
    workers: Worker[] = [];
    byName: Map<string, Worker> = new Map();
    lead: unknown = undefined;

    static readonly beanInfo: BeanInfo = {
      properties: {
        worker: 'Lead',
        workers: 'list<Worker>',
        byName: 'map<string, Worker>',
        lead: 'Worker',
      },
    };
  }

  class Lead extends Worker {
    static override readonly beanInfo: BeanInfo = { types: ['Lead'] };
  }

  class Renamer {
    target = '';

    postProcessBeanFactory(factory: {
      getBeanDefinition(
        name: string,
      ): { setProperty(name: string, text: string): void } | undefined;
    }): void {
      factory.getBeanDefinition(this.target)?.setProperty('name', 'renamed');
    }
  }

  class Stamp {
    order = 1;

    postProcessAfterInitialization(bean: object, name: string): object {
      log.push(`${name} stamped`);
      return bean;
    }
  }

  class Guard {
    static readonly beanInfo: BeanInfo = { types: ['PriorityOrdered'] };

    postProcessAfterInitialization(bean: object, name: string): object {
      log.push(`${name} guarded`);
      return bean;
    }
  }

  class Packer {
    target = '';

    postProcessAfterInitialization(bean: object, name: string): object {
      return name === this.target ? Object.assign(new Plain(), { friend: bean }) : bean;
    }
  }

  class Reporter {
    label = '';

    onApplicationEvent(event: object): void {
      log.push(`${this.label} heard ${event.constructor.name}`);
    }
  }

  class Shelf {
    list: unknown[] = [];

    static readonly beanInfo: BeanInfo = { properties: { list: 'list' } };
  }

  class Door {
    static readonly beanInfo: BeanInfo = { types: ['AutoCloseable'] };

    close(): void {
      log.push('door closed');
    }
  }

  class Strict {
    mode = '';

    static validate(properties: ReadonlyMap<string, string>): string[] {
      return properties.get('mode') === 'bad' ? ['mode "bad" is not wise'] : [];
    }
  }

  const registry = new ClassRegistry();
  const all = {
    Part,
    BigPart,
    Plain,
    Gauge,
    PartFactory,
    Maker,
    Worker,
    Lead,
    Team,
    Renamer,
    Stamp,
    Strict,
    Guard,
    Packer,
    Reporter,
    Door,
    Shelf,
  };
  for (const [name, type] of Object.entries(all)) {
    registry.register({ name, class: type, aliases: [`org.example.${name}`] });
  }
  registry.registerEnum({ name: 'Level', values: ['LOW', 'HIGH'] });
  return registry;
}
