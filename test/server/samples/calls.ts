import { type Connection, MultiThreadedApplicationAdapter, remote } from 'red5-node';

export class Calculator extends MultiThreadedApplicationAdapter {
  static readonly remoteMethods = ['greet', 'slowSum'] as const;

  greet(name: string): string {
    return `hello ${name}`;
  }

  async slowSum(...numbers: number[]): Promise<number> {
    return numbers.reduce((sum, number) => sum + number, 0);
  }

  /** `add(1.9, "2")` is 3, `add("x", 2)` is an error. */
  add(a: number, b: number): number {
    return a + b;
  }

  /** The caller's connection comes first; clients do not pass it. */
  whoAmI(connection: Connection): string {
    return connection.client?.idString ?? '';
  }

  static {
    remote({ parameters: ['int', 'int'] }, Calculator.prototype.add);
    remote({ parameters: [], connection: true }, Calculator.prototype.whoAmI);
  }

  /** Not declared, so nobody can call it. */
  reset(): void {}
}
