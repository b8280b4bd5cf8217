import { Red5, type SharedObject, type SharedObjectSecurity } from 'red5-node';

export class BoardSecurity implements SharedObjectSecurity {
  isWriteAllowed(_so: SharedObject, key: string, _value: unknown): boolean {
    return key !== 'title' || Red5.getConnectionLocal()?.getAttribute('isOwner') === true;
  }

  isDeleteAllowed(): boolean {
    return false;
  }
}
