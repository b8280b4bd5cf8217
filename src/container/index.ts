/**
 * The bean container: reads bean files in XML and YAML, checks them as a whole, and makes, starts, stops and destroys the beans.
 *
 * Begin with {@link ApplicationContext.read}. Classes that bean files name stand in a {@link ClassRegistry}. The folder knows
 * nothing of scopes, rooms and protocols.
 *
 * @packageDocumentation
 */
export type { AnyClass } from './classes/ClassInfo.ts';
export { type ClassEntry, ClassRegistry, type EnumEntry } from './classes/ClassRegistry.ts';
export {
  ApplicationContext,
  type ApplicationContextOptions,
  type StartOptions,
  type StopOptions,
} from './context/ApplicationContext.ts';
export {
  ApplicationEvent,
  ContextClosedEvent,
  ContextRefreshedEvent,
  ContextStartedEvent,
  ContextStoppedEvent,
} from './context/events.ts';
export type { LoadModule } from './context/loadModules.ts';
export { type ContainerErrorCode, containerErrors } from './errors/containerErrors.ts';
export { ConfigErrors } from './errors/Problems.ts';
export { type RenderOptions, renderConfigErrors } from './errors/renderConfigErrors.ts';
export { BeanCreationError } from './factory/BeanCreationError.ts';
export { beanType } from './factory/BeanFactory.ts';
export type { BeanScope } from './factory/BeanScope.ts';
