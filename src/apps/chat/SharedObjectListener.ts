import type { SharedObjectListener as Listener, Scope, SharedObject } from 'red5-node';
import type { Router } from './Router.ts';

/**
 * Hears what changes in the shared object of one scope, and tells the browsers there.
 *
 * The other events of a shared object (`onSharedObjectConnect`, `onSharedObjectSend`, …) are not needed here; a listener has the
 * methods it wants.
 */
export class SharedObjectListener implements Listener {
  readonly #router: Router;
  readonly #scope: Scope;

  constructor(router: Router, scope: Scope) {
    this.#router = router;
    this.#scope = scope;
  }

  /** One key has a new value. It may be of any type: an RTMP client sets what it likes. */
  onSharedObjectUpdate(_so: SharedObject, key: string, value: unknown): void {
    if (key === this.#router.messageKey) this.#router.broadcast(this.#scope, value);
  }

  /** Code on the server has set several keys at once. */
  onSharedObjectUpdateAttributes(
    _so: SharedObject,
    attributes: ReadonlyMap<string, unknown>,
  ): void {
    const key = this.#router.messageKey;
    if (attributes.has(key)) this.#router.broadcast(this.#scope, attributes.get(key));
  }
}
