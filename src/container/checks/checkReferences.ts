import type { SourceLocation } from '../../base/index.ts';
import { didYouMean } from '../errors/nearestName.ts';
import { type CheckedBean, report } from './Check.ts';
import { type Placed, walkValues } from './walkValues.ts';

/** Every bean that is named exists, and is no mere template. */
export function checkReferences(bean: CheckedBean): void {
  const { definition, factory } = bean;
  for (const name of definition.dependsOn) {
    checkName(bean, name.text, name.location, { doing: 'depending on others', path: '' });
  }
  const { factoryBean } = definition;
  if (factoryBean !== undefined) {
    checkName(bean, factoryBean.text, factoryBean.location, {
      doing: 'calling the factory method',
      path: '',
    });
  }
  for (const placed of walkValues(definition)) {
    const { value } = placed;
    if (value.kind === 'ref' || value.kind === 'idref')
      checkName(bean, value.name, value.location, placed);
    else if (value.kind === 'ref-parent') {
      if (factory.parent?.containsBean(value.name) === true) continue;
      const message =
        factory.parent === undefined
          ? `there is no parent context to have bean "${value.name}"`
          : `the parent context has no bean named "${value.name}"`;
      report(bean, 'BEAN_NOT_FOUND', message, value.location, placed);
    }
  }
}

function checkName(
  bean: CheckedBean,
  name: string,
  location: SourceLocation,
  placed: Pick<Placed, 'doing' | 'path'>,
): void {
  const { factory } = bean;
  if (name.includes('#{') || name.includes('${')) return;
  const plain = name.startsWith('&') ? name.slice(1) : name;
  if (!factory.containsBean(plain)) {
    const message = `no bean named "${plain}"${didYouMean(plain, factory.allNames())}`;
    report(bean, 'BEAN_NOT_FOUND', message, location, placed);
    return;
  }
  const record = factory.findRecord(plain);
  if (record?.definition.abstract === true) {
    report(
      bean,
      'BEAN_ABSTRACT',
      `bean "${plain}" is abstract and only a parent of others`,
      location,
      placed,
    );
  }
}
