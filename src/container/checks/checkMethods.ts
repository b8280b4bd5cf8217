import { didYouMean } from '../errors/nearestName.ts';
import { type CheckedBean, report } from './Check.ts';

/** Methods that a definition names exist. */
export function checkMethods(bean: CheckedBean): void {
  const { info, definition } = bean;
  const { initMethod, destroyMethod, factoryMethod, factoryBean } = definition;
  if (factoryBean !== undefined && factoryMethod === undefined) {
    report(bean, 'ATTRIBUTE_MISSING', 'factory-bean needs a factory-method', factoryBean.location);
  }
  if (info === undefined) return;
  if (factoryMethod !== undefined) {
    if (factoryBean !== undefined || info.staticMethod(factoryMethod.text) !== undefined) return;
    const message = `class "${info.name}" has no static method "${factoryMethod.text}"`;
    report(bean, 'METHOD_NOT_FOUND', message, factoryMethod.location);
    return;
  }
  for (const [kind, method] of [
    ['init-method', initMethod],
    ['destroy-method', destroyMethod],
  ] as const) {
    if (
      method === undefined ||
      method.optional ||
      method.text === '' ||
      method.text === '(inferred)'
    )
      continue;
    const most = kind === 'init-method' ? 0 : 1;
    if (info.make !== undefined || info.hook(method.text, most) !== undefined) continue;
    const message = `class "${info.name}" has no ${kind} "${method.text}"${didYouMean(method.text, info.methodNames())}`;
    report(bean, 'METHOD_NOT_FOUND', message, method.location);
  }
}
