import { type CheckedBean, report } from './Check.ts';

/** The class exists, or is not needed; nothing is used that the container does not offer. */
export function checkClass(bean: CheckedBean): void {
  const { definition, factory } = bean;
  for (const other of definition.others) {
    const message = `<${other.kind}> is not supported`;
    report(bean, 'NOT_SUPPORTED', message, other.location);
  }
  if (definition.class === undefined) {
    const needed = definition.factoryBean === undefined && !definition.abstract;
    if (needed) report(bean, 'CLASS_MISSING', `${bean.label} has no class`, definition.location);
    return;
  }
  if (bean.info !== undefined) return;
  const { text, location } = definition.class;
  if (factory.failedModules.has(text)) return;
  if (text.includes('#{')) {
    const message = 'an expression cannot choose the class of a bean; name the class itself';
    report(bean, 'NOT_SUPPORTED', message, location);
    return;
  }
  report(bean, 'CLASS_NOT_FOUND', factory.noClass(text), location);
}
