import type { BeanNode } from '../../definition/beanFile.ts';
import type { Problems } from '../../errors/Problems.ts';
import type { Child } from './elementTools.ts';

/** One pass over a file: where problems go, and how a bean inside of a value is read. */
export interface Reading {
  readonly problems: Problems;
  readBean(child: Child): BeanNode;
}
