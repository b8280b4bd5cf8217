import {
  ConfigError,
  type ConfigErrorOptions,
  formatLocation,
  Red5Error,
  type SourceLocation,
} from '../../base/index.ts';
import type { ContainerErrorCode } from './containerErrors.ts';

/**
 * All problems of a configuration, thrown together once everything was looked at.
 *
 * `code` is that of the first problem.
 */
export class ConfigErrors extends Red5Error {
  readonly errors: readonly ConfigError[];
  /** Problems beside them that would not have stopped the start. */
  readonly warnings: readonly ConfigError[];

  constructor(
    errors: readonly ConfigError[],
    what = 'the configuration',
    warnings: readonly ConfigError[] = [],
  ) {
    const count = errors.length === 1 ? '1 problem' : `${errors.length} problems`;
    super(errors[0]?.code ?? 'NOT_SUPPORTED', `${what} has ${count}: ${summarise(errors)}`);
    this.errors = errors;
    this.warnings = warnings;
  }
}

function summarise(errors: readonly ConfigError[]): string {
  const shown = errors.slice(0, 10).map((error) => {
    const place = error.location;
    const where = place ? `${place.file}:${place.line}:${place.column} ` : '';
    return `${where}${error.code} ${error.message}`;
  });
  if (errors.length > shown.length) shown.push(`and ${errors.length - shown.length} more`);
  return shown.join('; ');
}

/** Makes a located {@link ConfigError} with one of the container's codes. */
export function configError(
  code: ContainerErrorCode,
  message: string,
  location: SourceLocation | undefined,
  options: Omit<ConfigErrorOptions, 'location'> = {},
): ConfigError {
  return new ConfigError(
    code,
    message,
    location === undefined ? options : { ...options, location },
  );
}

/** Collects problems, so that a reader or check can go on after the first. */
export class Problems {
  readonly errors: ConfigError[] = [];

  /** Notes one problem. */
  add(
    code: ContainerErrorCode,
    message: string,
    location: SourceLocation | undefined,
    options: Omit<ConfigErrorOptions, 'location'> = {},
  ): void {
    this.errors.push(configError(code, message, location, options));
  }

  /** Adds problems, but none at a place that has one already: it follows from that one. */
  addUnlessPlaced(errors: readonly ConfigError[]): void {
    const places = new Set(this.errors.map(placeOf));
    this.errors.push(
      ...errors.filter((error) => error.location === undefined || !places.has(placeOf(error))),
    );
  }

  /** Notes problems that were thrown; anything else is thrown on. */
  catch(error: unknown): void {
    if (error instanceof ConfigErrors) this.errors.push(...error.errors);
    else if (error instanceof ConfigError) this.errors.push(error);
    else throw error;
  }

  /** Throws what was collected, in the order of the files, if there is anything. */
  throwIfAny(what?: string): void {
    if (this.errors.length > 0) throw new ConfigErrors(this.errors, what);
  }
}

function placeOf({ location }: ConfigError): string {
  return location === undefined ? '' : formatLocation(location);
}
