import { formatLocation, type SourceLocation } from '../../base/index.ts';
import type { ClassInfo } from '../classes/ClassInfo.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import type { ContainerErrorCode } from '../errors/containerErrors.ts';
import type { Problems } from '../errors/Problems.ts';
import type { BeanFactory } from '../factory/BeanFactory.ts';

/** A bean that is being checked before anything is made. */
export interface CheckedBean {
  readonly factory: BeanFactory;
  /** With all it inherits. */
  readonly definition: BeanDefinition;
  /** Its name; inner beans without one are named by where they stand. */
  readonly name: string;
  /** Name for messages: `bean "a"`. */
  readonly label: string;
  /** The class, if it is known. */
  readonly info: ClassInfo | undefined;
  /** Beans around it, innermost first, as lines of a trail. */
  readonly trail: readonly string[];
  readonly problems: Problems;
}

/** Looks at one bean and notes what is wrong. */
export type Check = (bean: CheckedBean) => void;

/** Notes a problem of a bean, with the place inside of it. */
export function report(
  bean: CheckedBean,
  code: ContainerErrorCode,
  message: string,
  location: SourceLocation | undefined,
  options: { readonly doing?: string; readonly path?: string; readonly cause?: unknown } = {},
): void {
  const { definition, label } = bean;
  const where = `${label} (${formatLocation(definition.location)})`;
  const trail =
    options.doing === undefined
      ? [...bean.trail]
      : [`while ${options.doing} of ${where}`, ...bean.trail];
  bean.problems.add(code, message, location ?? definition.location, {
    beanPath: `${bean.name}${options.path ?? ''}`,
    trail,
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  });
}
