import type { BeanInfo } from '../../base/index.ts';
import type { ValueLimits } from './immutableCopy.ts';

/** How much clients and applications may put into shared objects, and how long objects outlive their users. */
export class SharedObjectLimits implements ValueLimits {
  static readonly beanInfo: BeanInfo = {
    types: ['SharedObjectLimits'],
    properties: {
      maxObjectsPerScope: 'int',
      maxNameLength: 'int',
      maxKeys: 'int',
      maxKeyLength: 'int',
      maxValueBytes: 'int',
      maxValueDepth: 'int',
      maxObjectBytes: 'int',
      maxWaitingMessages: 'int',
      lingerMs: 'int',
      maxUpdateMs: 'int',
      maxHistoryChanges: 'int',
      maxHistoryBytes: 'int',
    },
  };

  /** Shared objects in one scope. Default 1,000. */
  maxObjectsPerScope = 1000;
  /** Characters of a name. Default 256. */
  maxNameLength = 256;
  /** Attributes of one object. Default 10,000. */
  maxKeys = 10_000;
  /** Characters of an attribute's name. Default 256. */
  maxKeyLength = 256;
  /** Bytes of one attribute, or of the arguments of one message. Default 256 KiB. */
  maxValueBytes = 262_144;
  /** Levels of lists and objects inside each other. Default 64. */
  maxValueDepth = 64;
  /** Bytes of all attributes of one object. Default 8 MiB. */
  maxObjectBytes = 8_388_608;
  /** Messages that may wait for a slow security handler or an open update, per object; more are refused. Default 10,000. */
  maxWaitingMessages = 10_000;
  /** How long an object that nobody acquired outlives its last subscriber, in milliseconds. Default 5,000. */
  lingerMs = 5000;
  /** How long server code may hold clients up between `beginUpdate` and `endUpdate`, in milliseconds. Default 5,000. */
  maxUpdateMs = 5000;
  /** Changes that one object remembers for clients that come back. Default 1,000. 0: none. */
  maxHistoryChanges = 1000;
  /** Bytes of changes that one object remembers for clients that come back. Default 256 KiB. */
  maxHistoryBytes = 262_144;
}
