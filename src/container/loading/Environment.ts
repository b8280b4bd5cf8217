import { homedir, platform, tmpdir } from 'node:os';
import { sep } from 'node:path';

/** System properties and environment variables, as placeholders and expressions see them. */
export class Environment {
  readonly #properties: ReadonlyMap<string, string>;
  readonly #variables: ReadonlyMap<string, string>;

  constructor(
    systemProperties: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.#properties = new Map([...systemDefaults(), ...Object.entries(systemProperties)]);
    const variables = new Map<string, string>();
    for (const [name, value] of Object.entries(env))
      if (value !== undefined) variables.set(name, value);
    this.#variables = variables;
  }

  /** System properties by name: those of the command line, and what every machine has. */
  get systemProperties(): ReadonlyMap<string, string> {
    return this.#properties;
  }

  /** Environment variables by name. */
  get variables(): ReadonlyMap<string, string> {
    return this.#variables;
  }

  /** A system property. */
  property(name: string): string | undefined {
    return this.#properties.get(name);
  }

  /** An environment variable; `rtmp.port` is also looked up as `rtmp_port` and `RTMP_PORT`. */
  variable(name: string): string | undefined {
    const plain = name.replace(/[.-]/g, '_');
    return (
      this.#variables.get(name) ??
      this.#variables.get(plain) ??
      this.#variables.get(plain.toUpperCase())
    );
  }

  /** A system property, else an environment variable. */
  lookup(name: string): string | undefined {
    return this.property(name) ?? this.variable(name);
  }

  /** Active profiles: `spring.profiles.active` or `SPRING_PROFILES_ACTIVE`, separated by commas. */
  profiles(key: 'active' | 'default'): string[] {
    const text = this.lookup(`spring.profiles.${key}`) ?? '';
    return text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
  }
}

function systemDefaults(): [string, string][] {
  return [
    ['user.dir', process.cwd()],
    ['user.home', homedir()],
    ['java.io.tmpdir', tmpdir()],
    ['os.name', platform()],
    ['file.separator', sep],
  ];
}
