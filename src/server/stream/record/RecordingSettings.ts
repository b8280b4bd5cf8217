import type { BeanInfo } from '../../../base/index.ts';
import type { Scope } from '../../scope/Scope.ts';
import type { RecordingLimits } from './Recording.ts';

/** Name of the bean that is looked for. */
const BEAN_NAME = 'recordingSettings';

/**
 * What is recorded, and how much of it.
 *
 * The bean `recordingSettings` of a webapp, or the server's for all that have none of their own. A limit of 0 is none; reaching one ends
 * the recording, with a line in the log and a status for the publisher, and the stream goes on.
 */
export class RecordingSettings implements RecordingLimits {
  static readonly beanInfo: BeanInfo = {
    types: ['RecordingSettings'],
    properties: {
      autoRecord: 'boolean',
      autoRecordAppends: 'boolean',
      clientsMayRecord: 'boolean',
      maxBytes: 'long',
      maxDurationMs: 'long',
      minFreeBytes: 'long',
      maxQueuedBytes: 'int',
      maxRecordings: 'int',
    },
  };

  /** Whether every live stream is recorded, not only those published with mode `record` or `append`. */
  autoRecord = false;
  /** Whether such a recording goes on with the file that is there; otherwise it takes its place. */
  autoRecordAppends = true;
  /** Whether publishers may ask for recording; otherwise what they publish is only live. */
  clientsMayRecord = true;
  /** Bytes of one file. */
  maxBytes: number = 4 * 1024 ** 3;
  /** Length of one file. */
  maxDurationMs: number = 12 * 3_600_000;
  /** Bytes that are to stay free on the disk. */
  minFreeBytes: number = 1024 ** 3;
  /** Bytes of one recording that may wait for a slow disk. */
  maxQueuedBytes: number = 16 * 1024 ** 2;
  /** Recordings of the whole server at a time; the server's counts. */
  maxRecordings = 100;

  /** Those that hold in a scope. */
  static of(scope: Scope): RecordingSettings {
    return scope.context?.getBean<RecordingSettings>(BEAN_NAME) ?? new RecordingSettings();
  }
}
