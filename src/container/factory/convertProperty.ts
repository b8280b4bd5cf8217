import { describeType, type TypeRef } from '../classes/TypeRef.ts';
import { ConversionError } from '../conversion/ConversionError.ts';
import { type ConversionContext, convertValue } from '../conversion/convertValue.ts';
import type { PropertyDefinition } from '../definition/BeanDefinition.ts';
import { configError } from '../errors/Problems.ts';
import type { Chain } from './Chain.ts';
import { isSecret } from './secrets.ts';

/**
 * Converts a value for a property.
 *
 * @throws ConfigError TYPE_MISMATCH, without the text of secrets
 */
export function convertProperty(
  value: unknown,
  type: TypeRef,
  property: Pick<PropertyDefinition, 'name' | 'value'>,
  { chain, conversion }: { readonly chain: Chain; readonly conversion: ConversionContext },
): unknown {
  try {
    return convertValue(value, type, conversion);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    const message = isSecret(property.name)
      ? `cannot convert *** to ${describeType(type)}`
      : error.message;
    throw configError('TYPE_MISMATCH', message, property.value.location, {
      beanPath: `${chain.path() ?? ''}${error.path}`,
      trail: chain.trail(),
      cause: error,
    });
  }
}
