const CLASS_NAME = Symbol.for('red5-node.amfClassName');

/** The ActionScript class name of an object or array, if it has one. */
export function classNameOf(value: object): string | undefined {
  return (value as { [CLASS_NAME]?: string })[CLASS_NAME];
}

/** Gives an object or array an ActionScript class name, under which RTMP clients see it, and returns it. */
export function withClassName<T extends object>(value: T, name: string): T {
  (value as { [CLASS_NAME]?: string })[CLASS_NAME] = name;
  return value;
}

/** XML as ActionScript has it; kept as text. */
export class XMLText {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}
