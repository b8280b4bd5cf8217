import { cleanName } from './line.ts';
import { readRoom } from './place.ts';

/** Rooms offered to everybody; the first is the lobby. */
const offeredRooms = ['', 'room1', 'room2'] as const;
const maxOwnRooms = 12;

/**
 * Whoever uses this browser: their name and the rooms they opened, which the browser remembers.
 *
 * A browser may refuse to store anything; then it is forgotten with the page.
 */
export class Visitor {
  readonly #prefix: string;
  readonly #own: string[];
  #name: string | undefined;

  constructor(contextPath: string) {
    this.#prefix = `red5-chat:${contextPath}:`;
    this.#name = cleanName(this.#read('name'));
    this.#own = (this.#read('rooms') ?? '')
      .split(' ')
      .filter((room) => room !== '' && readRoom(room) === room);
  }

  get name(): string | undefined {
    return this.#name;
  }

  set name(name: string | undefined) {
    this.#name = name;
    this.#write('name', name ?? '');
  }

  /** The rooms to offer, those of the page first. */
  get rooms(): readonly string[] {
    return [...offeredRooms, ...this.#own];
  }

  /** Remembers a room; the one opened longest ago makes place when there are too many. */
  addRoom(room: string): void {
    if (this.rooms.includes(room)) return;
    this.#own.push(room);
    if (this.#own.length > maxOwnRooms) this.#own.shift();
    this.#write('rooms', this.#own.join(' '));
  }

  #read(key: string): string | undefined {
    try {
      return localStorage.getItem(this.#prefix + key) ?? undefined;
    } catch {
      return undefined; // storage is switched off
    }
  }

  #write(key: string, value: string): void {
    try {
      localStorage.setItem(this.#prefix + key, value);
    } catch {
      // storage is full or switched off: remembered until the page goes
    }
  }
}
