import type { SourceLocation } from '../../base/index.ts';
import type { WritableProperty } from '../classes/ClassInfo.ts';

/** A property ready to be set. */
export interface Assignment {
  readonly name: string;
  readonly location: SourceLocation;
  readonly property: WritableProperty | undefined;
  readonly value: unknown;
}

/** True for an own key of the instance that is not a method. */
export function isField(instance: object, name: string): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(instance, name);
  return descriptor !== undefined && (descriptor.writable === true || descriptor.set !== undefined);
}
