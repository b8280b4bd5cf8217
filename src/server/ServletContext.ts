/** A webapp as the file system and the HTTP server see it; handed to beans with a `setServletContext` method. */
export interface ServletContext {
  /** Name of the webapp's folder. */
  readonly name: string;
  /** Absolute path of the webapp's folder. */
  readonly folder: string;
  /** The version of the same webapp that this one is to take the place of; undefined when there is none, and as soon as it has. */
  readonly replaces?: ServletContext | undefined;
  /** Whether a file, as path below the folder, is never served: `WEB-INF`, bean files, properties, code. */
  isPrivate(relativePath: string): boolean;
}
