import {
  MultiThreadedApplicationAdapter,
  Red5,
  type Scope,
  type SharedObject,
  type SharedObjectListener,
} from 'red5-node';

export class Board extends MultiThreadedApplicationAdapter {
  override roomStart(room: Scope): boolean {
    if (!this.createSharedObject(room, 'board', false)) return false;
    this.getSharedObject(room, 'board')?.addSharedObjectListener(new BoardListener());
    return true;
  }
}

class BoardListener implements SharedObjectListener {
  onSharedObjectUpdate(so: SharedObject, key: string, value: unknown): void {
    const author = Red5.getConnectionLocal()?.client?.idString ?? 'the server';
    if (key === 'title' && typeof value === 'string' && value.length > 40) {
      so.setAttribute(key, value.slice(0, 40)); // everybody sees this, the author too
    }
    so.setAttribute('lastAuthor', author); // goes out in the same message
  }
}
