/** A word for the type an argument is converted to; with `?` at the end it may be left out or null, `...` before it takes all the rest. */
export type ParameterType = string;

/**
 * Anything that checks a value and may replace it, as validation libraries offer under the name Standard Schema.
 */
export interface ArgumentSchema {
  readonly '~standard': {
    /** Gives the value as the method takes it, or the issues why it cannot. */
    validate(value: unknown): SchemaResult | Promise<SchemaResult>;
  };
}

/** What a schema found. */
export type SchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** How a method takes its arguments. */
export interface RemoteMethod {
  /**
   * Types of the parameters after the connection: `any`, `string`, `int`, `long`, `number`, `double`, `boolean`, `date`, `list`, `map`,
   * `bytes`; `int?` is optional, `...any` takes the rest. Without this, arguments are passed as they come, any number of them.
   */
  readonly parameters?: readonly ParameterType[];
  /** Whether the caller's connection is the first parameter. Default false. */
  readonly connection?: boolean;
  /** Checks the list of arguments after conversion, and may replace it. */
  readonly schema?: ArgumentSchema;
}

/**
 * What a class lets clients call, as `static readonly remoteMethods`, or as a property of a bean.
 *
 * A list of names, an object with the way each takes its arguments, or `'*'`: all public methods that the object's own classes define,
 * for code that was written for Red5. Life-cycle methods and what framework classes define can never be called.
 */
export type RemoteMethods = '*' | readonly string[] | Readonly<Record<string, RemoteMethod | true>>;

const declared: unique symbol = Symbol('remote method');

interface Declared {
  [declared]?: RemoteMethod;
}

/**
 * Declares that clients may call a function, wherever it is a method.
 *
 * @example
 * ```ts
 * class Application extends MultiThreadedApplicationAdapter {
 *   add = remote({ parameters: ['int', 'int'] }, (a: number, b: number) => a + b);
 *
 *   whoAmI(connection: Connection) {
 *     return connection.sessionID;
 *   }
 *   static {
 *     remote({ connection: true }, this.prototype.whoAmI);
 *   }
 * }
 * ```
 *
 * @typeParam F - the method as it is written
 * @returns the function itself
 */
export function remote<F extends (...args: never[]) => unknown>(method: RemoteMethod, fn: F): F;
export function remote<F extends (...args: never[]) => unknown>(fn: F): F;
export function remote<F extends (...args: never[]) => unknown>(
  first: RemoteMethod | F,
  second?: F,
): F {
  const fn = second ?? (first as F);
  (fn as F & Declared)[declared] = second === undefined ? {} : (first as RemoteMethod);
  return fn;
}

/**
 * What was declared with {@link remote}.
 *
 * @internal
 */
export function declaredRemoteMethod(fn: unknown): RemoteMethod | undefined {
  return typeof fn === 'function' ? (fn as Declared)[declared] : undefined;
}
