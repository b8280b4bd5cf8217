import type { BeanInfo } from '../../base/index.ts';
import { configError } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';
import { readStep } from '../factory/propertyPath.ts';

/** Adds converters for types: class name → class with `setAsText(text)` and `getValue()`. */
export class CustomEditorConfigurer {
  customEditors: ReadonlyMap<unknown, unknown> = new Map();
  order = 2_147_483_647;

  static readonly beanInfo: BeanInfo = {
    types: ['BeanFactoryPostProcessor'],
    properties: { customEditors: 'map', propertyEditorRegistrars: 'any', order: 'int' },
    constructors: [[]],
  };

  postProcessBeanFactory(factory: BeanFactory): void {
    for (const [type, editor] of this.customEditors) {
      const info = typeof editor === 'string' ? factory.findClassByName(editor.trim()) : undefined;
      const name = String(type).trim();
      if (typeof editor === 'string' && info === undefined) {
        throw configError(
          'CLASS_NOT_FOUND',
          `editor class "${editor}" for "${name}" is not registered`,
          undefined,
        );
      }
      factory.addConverter(name, (text) => {
        const instance: unknown = info === undefined ? editor : Reflect.construct(info.class, []);
        return convertByEditor(instance, text);
      });
    }
  }
}

function convertByEditor(editor: unknown, text: string): unknown {
  if (typeof editor !== 'object' || editor === null) return text;
  const setAsText: unknown = Reflect.get(editor, 'setAsText');
  if (typeof setAsText === 'function') setAsText.call(editor, text);
  return readStep(editor, { kind: 'name', text: 'value' });
}
