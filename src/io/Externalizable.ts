import type { AMF3Reader } from './AMF3Reader.ts';
import type { AMF3Writer } from './AMF3Writer.ts';
import { amfError } from './AMFLimits.ts';

/** How a class that implements `IExternalizable` in ActionScript is read and written. */
export interface Externalizable {
  /** Whether the first value that is read is the result itself, so that values inside may refer to it before it is complete. */
  readonly isWrapper?: boolean;
  /** Reads what the class wrote and returns it as an object or array; its class name is kept aside by the caller. */
  read(reader: AMF3Reader): object;
  /** Writes a value as its class does; the class name was written before. */
  write(writer: AMF3Writer, value: object): void;
}

const arrayWrapper: Externalizable = {
  isWrapper: true,
  read(reader) {
    const source = reader.readValue();
    if (Array.isArray(source)) return source;
    throw amfError('AMF_BAD_VALUE', 'a collection whose source is not an array');
  },
  write(writer, value) {
    writer.writePlainArray(value as readonly unknown[]);
  },
};

const objectProxy: Externalizable = {
  isWrapper: true,
  read(reader) {
    const target = reader.readValue();
    if (typeof target === 'object' && target !== null) return target;
    throw amfError('AMF_BAD_VALUE', 'a proxy of something that is not an object');
  },
  write(writer, value) {
    writer.writePlainObject(value);
  },
};

/** The wrappers that Flex puts around data: an `ArrayCollection` or `ArrayList` is its array, an `ObjectProxy` its object. */
export const FLEX_EXTERNALIZABLES: ReadonlyMap<string, Externalizable> = new Map([
  ['flex.messaging.io.ArrayCollection', arrayWrapper],
  ['flex.messaging.io.ArrayList', arrayWrapper],
  ['flex.messaging.io.ObjectProxy', objectProxy],
]);
