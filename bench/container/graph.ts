// The graph that is measured, as XML, as YAML and bound by hand: chains of 20 beans, each with a text, a number, a list and the bean before it.
import type { Container } from 'inversify';
import type { BeanInfo } from '../../src/base/index.ts';

const CHAIN = 20;

/** A bean like those of webapps: some settings, a reference, something to do at the end. */
export class Part {
  static readonly beanInfo: BeanInfo = {
    types: ['Part'],
    properties: { label: 'string', weight: 'int', tags: 'list<string>', before: 'Part' },
  };

  label = '';
  weight = 0;
  tags: string[] = [];
  before: Part | undefined = undefined;
  destroyed = false;

  destroy(): void {
    this.destroyed = true;
  }
}

function hasBefore(i: number): boolean {
  return i % CHAIN !== 0;
}

/** The graph as a bean file of Spring. */
export function xmlOf(size: number): string {
  const beans = Array.from({ length: size }, (_, i) => {
    const before = hasBefore(i) ? `\n    <property name="before" ref="part${i - 1}"/>` : '';
    return `  <bean id="part${i}" class="Part" destroy-method="destroy">
    <property name="label" value="part number ${i}"/>
    <property name="weight" value="${i}"/>
    <property name="tags"><list><value>a</value><value>b</value></list></property>${before}
  </bean>`;
  });
  return `<beans xmlns="http://www.springframework.org/schema/beans">\n${beans.join('\n')}\n</beans>\n`;
}

/** The same in YAML. */
export function yamlOf(size: number): string {
  const beans = Array.from({ length: size }, (_, i) => {
    const before = hasBefore(i) ? `\n      before: !ref part${i - 1}` : '';
    return `  part${i}:
    class: Part
    destroy-method: destroy
    properties:
      label: part number ${i}
      weight: ${i}
      tags: [a, b]${before}`;
  });
  return `beans:\n${beans.join('\n')}\n`;
}

/** What somebody would write by hand: one binding a bean, made, wired and destroyed by inversify. */
export function bindByHand(container: Container, size: number): void {
  for (let i = 0; i < size; i += 1) {
    container
      .bind<Part>(`part${i}`)
      .toDynamicValue((context) => {
        const part = new Part();
        part.label = `part number ${i}`;
        part.weight = i;
        part.tags = ['a', 'b'];
        if (hasBefore(i)) part.before = context.get<Part>(`part${i - 1}`);
        return part;
      })
      .inSingletonScope()
      .onDeactivation((part) => part.destroy());
  }
}
