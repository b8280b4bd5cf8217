import type { AMFLimits } from './AMFLimits.ts';
import type { Externalizable } from './Externalizable.ts';
import type { KeyCache } from './KeyCache.ts';

/** Options of {@link AMF0Reader} and {@link AMF3Reader}. */
export interface AMFReadOptions {
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<AMFLimits>;
  /** Classes that write themselves, by name. Default {@link FLEX_EXTERNALIZABLES}. */
  readonly externalizables?: ReadonlyMap<string, Externalizable>;
  /** Shared by readers that see the same property names again and again. */
  readonly keys?: KeyCache;
}
