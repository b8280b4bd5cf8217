import { ContainerModule, inject, injectable } from 'red5-node';
import type { House } from './House.ts';

/** A plain class. */
export class Phrases {
  welcome(name: string, where: string, guest: number): string {
    return `Welcome to ${where}, ${name}, guest ${guest}`;
  }
}

/** A class with inversify's decorators; what it wants are names of beans, whoever binds them. */
@injectable()
export class Guestbook {
  readonly #phrases: Phrases;
  readonly #house: House;
  readonly #names: string[] = [];

  constructor(@inject('phrases') phrases: Phrases, @inject('house') house: House) {
    this.#phrases = phrases;
    this.#house = house;
  }

  enter(name: string): string {
    this.#names.push(name);
    return this.#phrases.welcome(name, this.#house.title, this.#names.length);
  }
}

export const services: ContainerModule = new ContainerModule(({ bind }) => {
  bind('phrases').toConstantValue(new Phrases());
  bind('guestbook').to(Guestbook).inSingletonScope();
});
