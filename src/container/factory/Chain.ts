import { formatLocation } from '../../base/index.ts';
import type { BeanRecord } from './BeanRecord.ts';

/** What a bean in the making is doing right now. */
export interface Step {
  /** Such as `setting property "handler"`. */
  readonly doing: string;
  /** Such as `.handler`. */
  readonly path: string;
}

/** A bean that is being made. */
export interface Frame {
  readonly record: BeanRecord;
  step: Step | undefined;
}

/** The beans one request is making, each for the one before it. */
export class Chain {
  readonly frames: Frame[] = [];
  /** The bean of another chain this one waits for. */
  waitingFor: BeanRecord | undefined;

  /** True while the bean is being made here. */
  includes(record: BeanRecord): boolean {
    return this.frames.some((frame) => frame.record === record);
  }

  /** `a -> b -> a`, for messages about circles. */
  circle(record: BeanRecord): string {
    const names = this.frames.map((frame) => frame.record.name);
    const from = this.frames.findIndex((frame) => frame.record === record);
    return [...names.slice(Math.max(from, 0)), record.name].join(' -> ');
  }

  /** What is being done, innermost first. */
  trail(): string[] {
    return this.frames
      .map((frame) => {
        const { name, definition } = frame.record;
        return `while ${frame.step?.doing ?? 'making it'} of ${describeBean(name, definition.inner)} (${formatLocation(definition.location)})`;
      })
      .reverse();
  }

  /** Path to the place that is worked on, such as `web.scope.handler`. */
  path(): string | undefined {
    const frame = this.frames.at(-1);
    return frame && `${frame.record.name}${frame.step?.path ?? ''}`;
  }

  /** True when waiting for the bean would mean waiting for ourselves. */
  wouldDeadlock(record: BeanRecord): boolean {
    const seen = new Set<BeanRecord>();
    for (let next: BeanRecord | undefined = record; next !== undefined && !seen.has(next); ) {
      if (next.chain === this) return true;
      seen.add(next);
      next = next.chain?.waitingFor;
    }
    return false;
  }
}

/** `bean "a"`, or `inner bean "a"`. */
export function describeBean(name: string, inner: boolean): string {
  return `${inner ? 'inner ' : ''}bean "${name}"`;
}
