import { LifecycleError, type LifecycleErrorOptions } from '../../base/index.ts';

/** What a {@link BeanCreationError} says besides code and message. */
export interface BeanCreationErrorOptions extends Omit<LifecycleErrorOptions, 'phase'> {
  readonly beanPath?: string;
  readonly trail?: readonly string[];
}

/** The code of a bean failed while the bean was made. */
export class BeanCreationError extends LifecycleError {
  /** Path to the place inside the bean, such as `web.scope.handler`. */
  readonly beanPath: string | undefined;
  /** What was being done, innermost first. */
  readonly trail: readonly string[];

  constructor(code: string, message: string, options: BeanCreationErrorOptions) {
    super(code, message, { ...options, phase: 'create' });
    this.beanPath = options.beanPath;
    this.trail = options.trail ?? [];
  }
}
