import type { BeanInfo } from '../../base/index.ts';
import type { Server } from '../Server.ts';
import { Scope } from './Scope.ts';

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

  /** @internal */
  addApplication(application: Scope): void {
    this.addChild(application);
  }

  /** @internal */
  removeApplication(application: Scope): void {
    this.removeChild(application);
  }
}
