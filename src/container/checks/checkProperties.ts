import { anyType, describeType, type TypeRef } from '../classes/TypeRef.ts';
import { ConversionError } from '../conversion/ConversionError.ts';
import { convertValue } from '../conversion/convertValue.ts';
import type { PropertyDefinition, Value } from '../definition/BeanDefinition.ts';
import { didYouMean } from '../errors/nearestName.ts';
import { isPath } from '../factory/propertyPath.ts';
import { isSecret } from '../factory/secrets.ts';
import { type CheckedBean, report } from './Check.ts';

/** Every property exists, as far as the class says which it has, and texts fit its type. */
export function checkProperties(bean: CheckedBean): void {
  const { info, definition } = bean;
  if (info === undefined || definition.factoryMethod !== undefined) return;
  for (const property of definition.properties.values()) {
    if (isPath(property.name)) continue;
    const known = info.property(property.name);
    if (known !== undefined) checkValue(bean, property, property.value, known.type);
    else if (!info.mayHaveField(property.name)) {
      const message = `class "${info.name}" has no property "${property.name}"${didYouMean(property.name, info.likelyPropertyNames())}`;
      report(bean, 'PROPERTY_UNKNOWN', message, property.location, placeOf(property));
    }
  }
}

function placeOf(
  property: PropertyDefinition,
  step = '',
): { readonly doing: string; readonly path: string } {
  return { doing: `setting property "${property.name}"`, path: `.${property.name}${step}` };
}

/** Converts texts as they will be converted later; what needs beans is left for then. */
function checkValue(
  bean: CheckedBean,
  property: PropertyDefinition,
  value: Value,
  type: TypeRef,
  step = '',
): void {
  if (type.kind === 'any') return;
  if (value.kind === 'text') {
    if (value.type === undefined && !value.text.includes('#{'))
      checkText(bean, property, value, type, step);
  } else if (value.kind === 'null') {
    if (!('nullable' in type) || type.nullable) return;
    const message = `null is no ${describeType(type)}`;
    report(bean, 'TYPE_MISMATCH', message, value.location, placeOf(property, step));
  } else if ('items' in value || value.kind === 'map') {
    for (const member of membersOf(value, type))
      checkValue(bean, property, member.value, member.type, `${step}[${member.at}]`);
  }
}

interface Member {
  readonly value: Value;
  readonly type: TypeRef;
  readonly at: string;
}

/** What a collection holds, with the types it is converted to; nothing for all other values. */
function* membersOf(value: Value, type: TypeRef): Generator<Member> {
  const collected = type.kind === 'list' || type.kind === 'set' || type.kind === 'array';
  if ('items' in value && collected && value.valueType === undefined) {
    for (const [index, item] of value.items.entries())
      yield { value: item, type: type.element, at: String(index) };
  }
  if (value.kind !== 'map' || type.kind !== 'map') return;
  const keyType = value.keyType === undefined ? type.key : anyType;
  const valueType = value.valueType === undefined ? type.value : anyType;
  for (const entry of value.entries) {
    const at = entry.key.kind === 'text' ? entry.key.text : '';
    yield { value: entry.key, type: keyType, at };
    yield { value: entry.value, type: valueType, at };
  }
}

function checkText(
  bean: CheckedBean,
  property: PropertyDefinition,
  value: Value & { readonly kind: 'text' },
  type: TypeRef,
  step: string,
): void {
  // Text for a bean type may be a constant or a constructor's text: found out when the bean is made.
  const needsCode = type.kind === 'bean' && bean.factory.findClassByName(type.name) !== undefined;
  if (needsCode || type.kind === 'stream') return;
  try {
    convertValue(value.text, type, bean.factory.conversion);
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
    const hidden = value.secret === true || isSecret(property.name);
    const message = hidden ? `cannot convert *** to ${describeType(type)}` : error.message;
    report(bean, 'TYPE_MISMATCH', message, value.location, {
      ...placeOf(property, `${step}${error.path}`),
      ...(hidden ? {} : { cause: error }),
    });
  }
}
