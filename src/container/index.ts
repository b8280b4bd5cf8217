/**
 * The bean container: reads bean files in XML and YAML, checks them as a whole, and makes, starts, stops and destroys the beans.
 *
 * Begin with {@link ApplicationContext.read}. Classes that bean files name stand in a {@link ClassRegistry}. The folder knows
 * nothing of scopes, rooms and protocols.
 *
 * @packageDocumentation
 */
export { ContainerModule, decorate, inject, injectable } from 'inversify';
export type { AnyClass } from './classes/ClassInfo.ts';
export { type ClassEntry, ClassRegistry, type EnumEntry } from './classes/ClassRegistry.ts';
export {
  ApplicationContext,
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
export type { ApplicationContextOptions } from './context/prepareContext.ts';
export { type ContainerErrorCode, containerErrors } from './errors/containerErrors.ts';
export { type MissingClass, missingClasses } from './errors/missingClasses.ts';
export { ConfigErrors } from './errors/Problems.ts';
export { type RenderOptions, renderConfigErrors } from './errors/renderConfigErrors.ts';
export { BeanCreationError } from './factory/BeanCreationError.ts';
export type { BeanScope } from './factory/BeanScope.ts';
export { beanType } from './factory/beanType.ts';
export {
  type BeanEdge,
  type BeanGraph,
  type BeanNodeOfGraph,
  readBeanGraph,
} from './graph/beanGraph.ts';
export { renderGraphAsMermaid, renderGraphAsText } from './graph/renderGraph.ts';
export { readBeanText } from './readers/decodeText.ts';
export {
  type BeanFileFormat,
  type Converted,
  type ConvertOptions,
  convertBeanFile,
} from './writers/convertBeanFile.ts';
