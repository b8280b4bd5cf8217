/** A place in a configuration file. Lines and columns count from 1. */
export interface SourceLocation {
  /** Path of the file as it is shown to people. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Writes a location as editors and compilers do: `file:line:column`. */
export function formatLocation(location: SourceLocation): string {
  return `${location.file}:${location.line}:${location.column}`;
}
