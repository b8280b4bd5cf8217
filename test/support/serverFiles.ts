import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger, LogLevel } from '../../src/base/index.ts';

const repository = path.resolve(import.meta.dirname, '../..');

/** The shipped server configuration. */
export function shippedConfig(): Promise<string> {
  return readFile(path.join(repository, 'conf/red5.yaml'), 'utf8');
}

/** Files of a webapp without code, in `webapps/<name>/`. */
export function plainWebapp(
  name: string,
  handler = 'MultiThreadedApplicationAdapter',
): Record<string, string> {
  return {
    [`webapps/${name}/red5-web.yaml`]: `beans:
  web.context:
    class: Context
    autowire: byType
  web.scope:
    class: WebScope
    properties:
      server: !ref red5.server
      parent: !ref global.scope
      context: !ref web.context
      handler: !ref web.handler
      contextPath: /${name}
  web.handler:
    class: ${handler}
`,
    [`webapps/${name}/index.html`]: `<!doctype html><title>${name}</title>`,
  };
}

/** A logger that keeps its lines. */
export class MemoryLogger implements Logger {
  readonly lines: string[];

  constructor(lines: string[] = []) {
    this.lines = lines;
  }

  trace(): void {}

  debug(): void {}

  info(message: string): void {
    this.lines.push(`info ${message}`);
  }

  warn(message: string): void {
    this.lines.push(`warn ${message}`);
  }

  error(message: string): void {
    this.lines.push(`error ${message}`);
  }

  child(): Logger {
    return this;
  }

  isLevelEnabled(level: LogLevel): boolean {
    return level === 'info' || level === 'warn' || level === 'error';
  }
}
