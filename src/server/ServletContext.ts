/** A webapp as the file system and the HTTP server see it; handed to beans with a `setServletContext` method. */
export interface ServletContext {
  /** Name of the webapp's folder. */
  readonly name: string;
  /** Absolute path of the webapp's folder. */
  readonly folder: string;
  /** Whether a file, as path below the folder, is never served: `WEB-INF`, bean files, properties, code. */
  isPrivate(relativePath: string): boolean;
}
