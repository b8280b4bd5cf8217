import { describeError } from '../../../base/index.ts';
import type { SharedObject, SharedObjectBatch } from '../../../server/index.ts';
import { encodeTextFrame } from '../frame/encodeFrame.ts';
import type { FanOut } from '../frame/FanOut.ts';
import { FanOutGroup } from '../frame/FanOutGroup.ts';
import type { FanOutMember } from '../frame/FanOutMember.ts';
import { changesText } from './messageTexts.ts';

/**
 * The JSON clients that use one shared object: each step is encoded once for all, and leaves in one write per client and turn.
 *
 * The shared object tells each of them, one after the other; the first time counts. All have to be told, as they are: who joins was sent
 * all steps before, and who leaves needs none.
 */
export class SharedObjectFeed {
  readonly #so: SharedObject;
  readonly #group: FanOutGroup;
  #last: SharedObjectBatch | undefined;

  constructor(so: SharedObject, fanOut: FanOut) {
    this.#so = so;
    this.#group = new FanOutGroup(fanOut);
  }

  /** Sends a step to all, unless it was. */
  send(batch: SharedObjectBatch): void {
    if (batch === this.#last) return;
    this.#last = batch;
    try {
      this.#group.send(encodeTextFrame(changesText(batch)));
    } catch (error) {
      const { scope, name } = this.#so;
      scope.server.logger.error(`a change cannot be sent in JSON: ${describeError(error)}`, {
        scope: scope.fullPath,
        sharedObject: name,
      });
    }
  }

  add(member: FanOutMember): void {
    this.#group.add(member);
  }

  remove(member: FanOutMember): void {
    this.#group.remove(member);
  }
}
