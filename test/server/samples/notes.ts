import { MultiThreadedApplicationAdapter, RoomSharedObjects, type Scope } from 'red5-node';

export class Notes extends MultiThreadedApplicationAdapter {
  readonly #notes = new RoomSharedObjects({
    name: 'notes',
    listen: (_so, room) => ({
      onSharedObjectUpdate: (_so, key, value) => this.noted(room, key, value),
    }),
  });

  override appStart(app: Scope): boolean | Promise<boolean> {
    this.addListener(this.#notes);
    return super.appStart(app);
  }

  /** Sets a note in a room, for everybody there. */
  note(room: Scope, key: string, value: unknown): void {
    this.#notes.get(room)?.setAttribute(key, value);
  }

  noted(_room: Scope, _key: string, _value: unknown): void {}
}
