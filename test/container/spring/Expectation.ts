/** `expect.json` of a case folder. */
export interface CaseFile {
  readonly case: string;
  readonly level: 'core' | 'extended';
  readonly runs: readonly RunSpec[];
}

/** How a factory is set up. */
export interface FactorySpec {
  readonly load: readonly string[];
  readonly kind?: 'factory' | 'context';
  readonly parent?: FactorySpec;
  readonly singletons?: readonly {
    readonly name: string;
    readonly class: string;
    readonly args?: readonly unknown[];
  }[];
}

/** One container and what is expected of it. */
export interface RunSpec extends FactorySpec {
  readonly name: string;
  readonly profiles?: readonly string[];
  readonly defaultProfiles?: readonly string[];
  readonly systemProperties?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly processors?: readonly string[];
  readonly allowOverriding?: boolean;
  readonly allowCircular?: boolean;
  readonly assertions: readonly Assertion[];
}

/** A step of a path: text such as `a.b[0]`, or a key of any kind. */
export type PathSpec = string | readonly (string | { readonly key: unknown })[];

/** An assertion or an action. */
export interface Assertion {
  readonly [key: string]: unknown;
  readonly path?: PathSpec;
}

/** What an error must say. */
export interface ErrorSpec {
  readonly kind?: string;
  readonly mentions?: readonly string[];
}
