import { isAbsolute, join } from 'node:path';
import type { BeanInfo } from '../../../base/index.ts';
import type { Scope } from '../../scope/Scope.ts';
import type { GenerationType, StreamFilenameGenerator } from './StreamFilenameGenerator.ts';

/**
 * Keeps recordings in the folder `streams` of the webapp, those of a room in a folder of its name: `streams/room1/cam.flv`.
 *
 * @red5 org.red5.server.stream.DefaultStreamFilenameGenerator
 */
export class DefaultStreamFilenameGenerator implements StreamFilenameGenerator {
  static readonly beanInfo: BeanInfo = {
    types: [
      'DefaultStreamFilenameGenerator',
      'StreamFilenameGenerator',
      'org.red5.server.api.stream.IStreamFilenameGenerator',
    ],
    properties: { recordPath: 'string', playbackPath: 'string' },
  };

  /** Where streams are recorded to: a folder of the webapp, or an absolute path. Default `streams`. */
  recordPath = 'streams';
  /** Where recordings are looked for. Default the same. */
  playbackPath: string | undefined;

  get resolvesToAbsolutePath(): boolean {
    return isAbsolute(this.recordPath) || isAbsolute(this.playbackPath ?? '');
  }

  generateFilename(scope: Scope, name: string, extension: string, type: GenerationType): string {
    const folder = type === 'RECORD' ? this.recordPath : (this.playbackPath ?? this.recordPath);
    const root = this.resolvesToAbsolutePath && !isAbsolute(folder) ? webappFolder(scope) : '';
    return join(root, folder, ...roomsOf(scope), `${name}${extension}`);
  }
}

function webappFolder(scope: Scope): string {
  return scope.application?.servletContext?.folder ?? '';
}

/** Names of the rooms from the application down. */
function roomsOf(scope: Scope): string[] {
  const rooms: string[] = [];
  for (let at: Scope | undefined = scope; at?.type === 'ROOM'; at = at.parent)
    rooms.unshift(at.name);
  return rooms;
}
