import { readFileSync } from 'node:fs';

/** A class as `classes.json` of the case folder describes it. */
export interface ClassSpec {
  readonly kind: 'class' | 'abstract class' | 'interface' | 'enum';
  readonly extends?: string;
  readonly implements?: readonly string[];
  readonly constants?: readonly string[];
  readonly constructors?: readonly ConstructorSpec[];
  readonly properties?: Readonly<
    Record<string, string | { readonly get?: string; readonly set?: string }>
  >;
  readonly fields?: Readonly<Record<string, string>>;
  readonly staticFields?: Readonly<Record<string, string>>;
  readonly staticMethods?: readonly MethodSpec[];
  /** `name(parameter: Type): Type`. */
  readonly methods?: readonly string[];
}

/** A constructor. */
export interface ConstructorSpec {
  readonly params: readonly (readonly [string, string])[];
  /** Declared parameter names, when they differ. */
  readonly names?: readonly string[];
  readonly access?: string;
}

/** A static method. */
export interface MethodSpec {
  readonly name: string;
  readonly params: readonly (readonly [string, string])[];
  readonly returns: string;
}

/** All classes by their Java name. */
export function readClassSpecs(file: string): ReadonlyMap<string, ClassSpec> {
  const { classes } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly classes: Readonly<Record<string, ClassSpec>>;
  };
  return new Map(Object.entries(classes));
}

/** Reads `name(a: T, b: Map<K, V>): R`. */
export function parseMethod(text: string): MethodSpec {
  const found = /^(\w+)\((.*)\): (.*)$/.exec(text);
  if (found === null) throw new Error(`not a method: ${text}`);
  const params: [string, string][] = [];
  for (const one of (found[2] ?? '').matchAll(/(\w+): ((?:[^,<]|<[^>]*>)+)/g))
    params.push([one[1] ?? '', (one[2] ?? '').trim()]);
  return { name: found[1] ?? '', params, returns: found[3] ?? 'void' };
}
