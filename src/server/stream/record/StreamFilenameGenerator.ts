import type { Scope } from '../../scope/Scope.ts';

/** What a file name is wanted for. */
export type GenerationType = 'PLAYBACK' | 'RECORD';

/**
 * Says where the recordings of an application lie. The bean `streamFilenameGenerator` of a webapp, or of the server for all webapps.
 *
 * Names have been checked before they get here: letters of all languages, no `..`, no leading dots, nothing that leads elsewhere.
 *
 * @red5 org.red5.server.api.stream.IStreamFilenameGenerator
 */
export interface StreamFilenameGenerator {
  /** Whether {@link StreamFilenameGenerator.generateFilename} gives absolute paths; otherwise they are inside the webapp's folder. */
  readonly resolvesToAbsolutePath: boolean;
  /**
   * The path of a stream's file.
   *
   * @param scope - the application or room the stream belongs to
   * @param name - of the stream, without extension; slashes make folders
   * @param extension - with its dot: `.flv`
   */
  generateFilename(scope: Scope, name: string, extension: string, type: GenerationType): string;
}

/** Name of the bean that is looked for. */
export const STREAM_FILENAME_GENERATOR = 'streamFilenameGenerator';
