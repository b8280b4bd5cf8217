import { ConfigError, describeError, type SourceLocation } from '../../base/index.ts';
import type { ContainerErrorCode } from '../errors/containerErrors.ts';
import { configError } from '../errors/Problems.ts';
import { BeanCreationError } from './BeanCreationError.ts';
import type { Chain, Frame } from './Chain.ts';

/** Throws an error about the bean that is being made, at its place or at that of a part of it. */
export function failCreation(
  code: ContainerErrorCode,
  message: string,
  chain: Chain,
  location?: SourceLocation,
): never {
  const beanPath = chain.path();
  throw configError(code, message, location ?? chain.frames.at(-1)?.record.definition.location, {
    trail: chain.trail(),
    ...(beanPath === undefined ? {} : { beanPath }),
  });
}

/** An error of the container says what was done already; one of bean code is wrapped with the place of the bean. */
export function explainFailure(error: unknown, chain: Chain): unknown {
  if (error instanceof BeanCreationError) return error;
  if (error instanceof ConfigError) return withTrail(error, chain);
  const frame = chain.frames.at(-1);
  const beanPath = chain.path();
  const doing = frame?.step?.doing ?? 'making it';
  return new BeanCreationError(
    'BEAN_CREATION_FAILED',
    `bean "${frame?.record.name}" failed while ${doing}: ${describeError(error)}`,
    {
      cause: error,
      trail: chain.trail(),
      ...(frame === undefined ? {} : { bean: frame.record.name, location: locationOf(frame) }),
      ...(beanPath === undefined ? {} : { beanPath }),
    },
  );
}

function locationOf(frame: Frame): SourceLocation {
  const { definition } = frame.record;
  const name = /property "([^"]*)"/.exec(frame.step?.doing ?? '')?.[1];
  return (
    (name === undefined ? undefined : definition.properties.get(name)?.location) ??
    definition.location
  );
}

function withTrail(error: ConfigError, chain: Chain): ConfigError {
  if (error.trail.length > 0) return error;
  const beanPath = error.beanPath ?? chain.path();
  return new ConfigError(error.code, error.message, {
    trail: chain.trail(),
    ...(error.location === undefined ? {} : { location: error.location }),
    ...(beanPath === undefined ? {} : { beanPath }),
    cause: error.cause ?? error,
  });
}
