import type { BeanInfo } from '../base/index.ts';

/** What the server core needs of a bean container. */
export interface ApplicationContext {
  /** A bean by name; throws when there is none. */
  getBean<T = unknown>(name: string): T;
  /** Whether there is a bean of this name, here or in the parent. */
  containsBean(name: string): boolean;
  /** Opens or finds a resource such as `/WEB-INF/x.properties`; absolute path of the file. */
  getResource?(path: string): unknown;
}

/**
 * What an application's scopes know of the outside: its beans.
 *
 * @red5 org.red5.server.api.IContext
 * @red5 org.red5.server.Context
 */
export class Context {
  static readonly beanInfo: BeanInfo = {
    types: ['Context', 'org.red5.server.api.IContext'],
    properties: {},
  };

  #applicationContext: ApplicationContext | undefined;

  /** Called by the container. */
  setApplicationContext(applicationContext: ApplicationContext): void {
    this.#applicationContext = applicationContext;
  }

  get applicationContext(): ApplicationContext | undefined {
    return this.#applicationContext;
  }

  /** Whether there is a bean of this name here or in the server's own context. */
  hasBean(name: string): boolean {
    return this.#applicationContext?.containsBean(name) ?? false;
  }

  /** The bean of this name; undefined when there is none. */
  getBean<T = unknown>(name: string): T | undefined {
    return this.hasBean(name) ? this.#applicationContext?.getBean<T>(name) : undefined;
  }

  /** A file of the webapp; the path is relative to its folder. */
  getResource(path: string): unknown {
    return this.#applicationContext?.getResource?.(path);
  }
}
