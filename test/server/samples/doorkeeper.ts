import type { Connection, Scope, ScopeSecurityHandler } from 'red5-node';

export class Doorkeeper implements ScopeSecurityHandler {
  tokens: readonly string[] = [];

  async allowed(connection: Connection, scope: Scope): Promise<boolean> {
    const token = connection.connectParams['token'];
    return scope.name !== 'staff' || (typeof token === 'string' && this.tokens.includes(token));
  }
}
