import { describeError } from '../../base/index.ts';
import type { BaseConnection } from '../connection/BaseConnection.ts';
import type { Connection } from '../connection/Connection.ts';
import { Red5, runWithConnection } from '../connection/Red5.ts';
import { isPromise, type MaybePromise } from '../MaybePromise.ts';
import type { Server } from '../Server.ts';
import type { Scope } from '../scope/Scope.ts';
import type { ScopeHandler } from '../scope/ScopeHandler.ts';
import { ArgumentFault, convertArguments } from './convertArguments.ts';
import { type ExposedMethod, exposedMethods } from './exposedMethods.ts';
import type { RemoteCall, RemoteCallFailure, RemoteCallResult } from './RemoteCall.ts';
import type { SchemaResult } from './RemoteMethods.ts';
import { RemoteService } from './RemoteService.ts';

/**
 * Calls from clients to methods of the application, the same for every protocol.
 *
 * Only what is declared can be called: see {@link RemoteMethods}.
 */
export class RemoteCalls {
  readonly #server: Server;
  /** How many calls of one connection may be waiting for their results. Default 1,000. */
  maxPendingCalls = 1000;
  readonly #exposed = new WeakMap<object, ReadonlyMap<string, ExposedMethod>>();
  readonly #pending = new WeakMap<BaseConnection, number>();
  readonly #counts = { calls: 0, failures: 0 };

  constructor(server: Server) {
    this.#server = server;
  }

  /** How many calls there were, and how many failed. */
  get statistics(): { readonly calls: number; readonly failures: number } {
    return { ...this.#counts };
  }

  /**
   * Carries out a call of a client.
   *
   * `method` is looked for in the application's handler; `service.method` in the service handlers of the scope, then in the bean
   * `<service>.service` of the webapp or the server. The result is awaited; other calls go on meanwhile. Never rejects.
   */
  invoke(connection: BaseConnection, call: RemoteCall): Promise<RemoteCallResult> {
    this.#counts.calls += 1;
    const pending = this.#pending.get(connection) ?? 0;
    if (pending >= this.maxPendingCalls) {
      const description = `More than ${this.maxPendingCalls} calls are pending`;
      return Promise.resolve(this.#fail('TOO_MANY_CALLS', description));
    }
    const outcome = runWithConnection(connection, () => this.#invoke(connection, call));
    // Most methods answer at once, and need no book-keeping of calls that wait.
    if (!isPromise(outcome)) return Promise.resolve(outcome);
    this.#pending.set(connection, pending + 1);
    return outcome.finally(() => this.#finished(connection));
  }

  #finished(connection: BaseConnection): void {
    const left = (this.#pending.get(connection) ?? 1) - 1;
    if (left === 0) this.#pending.delete(connection);
    else this.#pending.set(connection, left);
  }

  #invoke(connection: BaseConnection, call: RemoteCall): MaybePromise<RemoteCallResult> {
    const { scope } = connection;
    if (scope === undefined || !connection.isConnected) {
      return this.#fail('NOT_CONNECTED', 'Not connected');
    }
    if (!scope.enabled) return this.#fail('SHUTTING_DOWN', 'Application is shutting down');
    const target = findTarget(scope, call);
    if (target === undefined) {
      return this.#fail('SERVICE_NOT_FOUND', `Service not found: ${call.service ?? ''}`);
    }
    const method = this.methodsOf(target).get(call.method);
    if (method === undefined) {
      return this.#fail('METHOD_NOT_FOUND', `Method ${describeCall(call)} not found`);
    }
    const failed = (error: unknown): RemoteCallResult => this.#threw(error, connection, call);
    try {
      const allowed = askHandler(scope.handler, connection, call);
      const outcome = isPromise(allowed)
        ? allowed.then((said) => this.#callIf(said, method, connection, call))
        : this.#callIf(allowed, method, connection, call);
      return isPromise(outcome) ? outcome.catch(failed) : outcome;
    } catch (error) {
      return failed(error);
    }
  }

  #callIf(
    allowed: boolean,
    method: ExposedMethod,
    connection: BaseConnection,
    call: RemoteCall,
  ): MaybePromise<RemoteCallResult> {
    if (allowed !== true) {
      return this.#fail('ACCESS_DENIED', `Access to ${describeCall(call)} denied`);
    }
    const outcome = callMethod(method, connection, call.args);
    return isPromise(outcome) ? outcome.then(succeeded) : succeeded(outcome);
  }

  /**
   * Calls an exposed method of an object if it has it and the arguments fit; undefined when it does not.
   *
   * @internal
   */
  callMethod(target: object, name: string, args: readonly unknown[]): Promise<unknown> | undefined {
    const method = this.methodsOf(target).get(name);
    if (method === undefined) return undefined;
    return (async () => callMethod(method, Red5.getConnectionLocal(), args))();
  }

  /**
   * The methods of an object that clients may call; found once per object.
   *
   * @internal
   */
  methodsOf(target: object): ReadonlyMap<string, ExposedMethod> {
    const known = this.#exposed.get(target);
    if (known !== undefined) return known;
    const extra = target instanceof RemoteService ? target.methods : undefined;
    const object = target instanceof RemoteService ? target.target : target;
    const methods = exposedMethods(object, extra, (name) => {
      const className = object.constructor.name;
      this.#server.logger.warn(`"${name}" of ${className} cannot be exposed to clients`);
    });
    this.#exposed.set(target, methods);
    return methods;
  }

  #fail(reason: RemoteCallFailure, description: string): RemoteCallResult {
    this.#counts.failures += 1;
    this.#server.statistics.countRefusal('CALL');
    return { ok: false, code: 'NetConnection.Call.Failed', reason, description };
  }

  #threw(error: unknown, connection: BaseConnection, call: RemoteCall): RemoteCallResult {
    if (error instanceof ArgumentFault) {
      return this.#fail('BAD_ARGUMENTS', `Method ${describeCall(call)} ${error.message}`);
    }
    const root = rootCause(error);
    this.#server.logger.warn(`remote method ${describeCall(call)} failed: ${describeError(root)}`, {
      remoteAddress: connection.remoteAddress,
      scope: connection.scope?.fullPath,
      session: connection.sessionID,
      stack: root instanceof Error ? root.stack : undefined,
    });
    const application = root instanceof Error ? root.name : undefined;
    return { ...this.#fail('THREW', describeError(root)), application } as RemoteCallResult;
  }
}

function findTarget(scope: Scope, call: RemoteCall): object | undefined {
  if (call.service === undefined || call.service === '') return scope.handler;
  const registered = scope.getServiceHandler(call.service);
  if (registered !== undefined) return registered;
  const bean = scope.context?.getBean(`${call.service}.service`);
  return typeof bean === 'object' && bean !== null ? bean : undefined;
}

function askHandler(
  handler: ScopeHandler | undefined,
  connection: BaseConnection,
  call: RemoteCall,
): MaybePromise<boolean> {
  return handler?.serviceCall === undefined ? true : handler.serviceCall(connection, call);
}

function callMethod(
  method: ExposedMethod,
  connection: Connection | undefined,
  given: readonly unknown[],
): MaybePromise<unknown> {
  const args = method.parameters === undefined ? given : convertArguments(given, method.parameters);
  const call = (checked: readonly unknown[]): unknown =>
    method.connection === true ? method.call(connection, ...checked) : method.call(...checked);
  if (method.schema === undefined) return call(args);
  const result = method.schema['~standard'].validate(args);
  return isPromise(result)
    ? result.then((checked) => call(checkedArguments(checked)))
    : call(checkedArguments(result));
}

function checkedArguments(checked: SchemaResult): readonly unknown[] {
  if (checked.issues !== undefined) {
    throw new ArgumentFault(`refuses the arguments: ${checked.issues[0]?.message ?? 'not valid'}`);
  }
  return Array.isArray(checked.value) ? checked.value : [checked.value];
}

function succeeded(value: unknown): RemoteCallResult {
  return { ok: true, value };
}

function describeCall(call: RemoteCall): string {
  const name = call.service === undefined ? call.method : `${call.service}.${call.method}`;
  return name.slice(0, 200);
}

function rootCause(error: unknown): unknown {
  let root = error;
  for (let depth = 0; depth < 10 && root instanceof Error && root.cause !== undefined; depth += 1) {
    root = root.cause;
  }
  return root;
}
