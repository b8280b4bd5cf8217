import type { SourceLocation } from '../../base/index.ts';
import type { BeanDefinition } from '../definition/BeanDefinition.ts';
import type { Text } from '../definition/beanFile.ts';

/** The definitions of one context by name, and the other names that lead to them. */
export class DefinitionTable {
  /** In the order of the files; an overridden definition keeps its place. */
  readonly definitions: Map<string, BeanDefinition> = new Map();
  /** Alias → name, which may be an alias again. */
  readonly aliases: Map<string, Text> = new Map();
  /** Bean file (as shown) → names it defines. */
  readonly files: Map<string, Set<string>> = new Map();
  /** Code files that are imported, for the services they bind by hand. */
  readonly codeFiles: Map<string, SourceLocation> = new Map();
  /** Definitions that replaced an earlier one, for the log. */
  readonly overridden: {
    readonly name: string;
    readonly by: SourceLocation;
    readonly was: SourceLocation;
  }[] = [];

  /** Adds or replaces a definition under its name. */
  add(definition: BeanDefinition): void {
    const { name, location } = definition;
    const before = this.definitions.get(name);
    if (before !== undefined) {
      this.overridden.push({ name, by: location, was: before.location });
      this.files.get(before.location.file)?.delete(name);
    }
    this.aliases.delete(name);
    this.definitions.set(name, definition);
    const names = this.files.get(location.file);
    if (names === undefined) this.files.set(location.file, new Set([name]));
    else names.add(name);
  }

  /** Follows aliases to a name; a circle ends where it began. */
  canonicalName(name: string): string {
    let current = name;
    for (let steps = this.aliases.size; steps >= 0; steps--) {
      const next = this.aliases.get(current);
      if (next === undefined) return current;
      current = next.text;
    }
    return current;
  }

  /** Other names of a bean. */
  aliasesOf(name: string): string[] {
    return [...this.aliases.keys()].filter((alias) => this.canonicalName(alias) === name);
  }

  /** True when a name or alias is taken. */
  has(name: string): boolean {
    return this.definitions.has(name) || this.aliases.has(name);
  }
}
