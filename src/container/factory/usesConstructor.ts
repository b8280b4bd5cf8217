import type { ClassInfo } from '../classes/ClassInfo.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';

/** True when the constructor is autowired: asked for, or guessed by `autodetect`. */
export function usesConstructor(definition: BeanDefinition, info: ClassInfo): boolean {
  if (definition.autowire === 'constructor') return true;
  if (definition.autowire !== 'autodetect') return false;
  return info.constructors !== undefined && !info.constructors.some((one) => one.length === 0);
}
