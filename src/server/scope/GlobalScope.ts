import type { BeanInfo } from '../../base/index.ts';
import type { Server } from '../Server.ts';
import { Scope } from './Scope.ts';
import type { WebScope } from './WebScope.ts';

/**
 * The top of a server's tree; its children are the applications. Nobody connects to it.
 *
 * @red5 org.red5.server.scope.GlobalScope
 */
export class GlobalScope extends Scope {
  static override readonly beanInfo: BeanInfo = {
    types: ['GlobalScope', 'org.red5.server.api.scope.IGlobalScope'],
    properties: { server: 'Server', name: 'string' },
  };

  constructor() {
    super('GLOBAL', 'default');
    this.setState('open');
  }

  override get name(): string {
    return super.name;
  }

  override set name(name: string) {
    this.configure({ name });
  }

  override get server(): Server {
    return super.server;
  }

  override set server(server: Server) {
    this.configure({ server });
    server.globalScope = this;
  }

  /** Called by the container; the scope is registered when its server is set. */
  register(): void {
    this.server.globalScope = this;
  }

  /**
   * Adds an application under its name; one of the same name on other hosts is found as `name@host`.
   *
   * @internal
   */
  addApplication(application: WebScope): void {
    const [host = '*'] = application.virtualHosts;
    const isTaken = this.children.has(application.name);
    this.addChild(application, isTaken ? `${application.name}@${host}` : application.name);
  }

  /** @internal */
  removeApplication(application: WebScope): void {
    for (const [name, child] of this.children) {
      if (child === application) this.removeChild(application, name);
    }
  }
}
