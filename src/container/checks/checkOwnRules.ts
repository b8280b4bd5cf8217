import { describeError } from '../../base/index.ts';
import { type CheckedBean, report } from './Check.ts';

/**
 * Asks the class itself: an optional `static validate(properties)` returns texts of what is wrong, or throws.
 *
 * It is given the texts of the properties by name; what is no text is left out.
 */
export function checkOwnRules(bean: CheckedBean): void {
  const { info, definition } = bean;
  const validate = info?.staticMethod('validate');
  if (validate === undefined) return;
  const properties = new Map<string, string>();
  for (const { name, value } of definition.properties.values()) {
    if (value.kind === 'text') properties.set(name, value.text);
  }
  try {
    const answer: unknown = validate.call(info?.class, properties);
    const messages = Array.isArray(answer) ? answer : [];
    for (const message of messages)
      report(bean, 'BEAN_INVALID', String(message), definition.location);
  } catch (error) {
    report(bean, 'BEAN_INVALID', describeError(error), definition.location, { cause: error });
  }
}
