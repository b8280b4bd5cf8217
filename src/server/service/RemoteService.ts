import type { BeanInfo } from '../../base/index.ts';
import type { RemoteMethods } from './RemoteMethods.ts';

/**
 * Exposes methods of an object that does not declare them itself; as bean `<name>.service`, clients call `name.method`.
 *
 * @example
 * ```yaml
 * room.service:
 *   class: RemoteService
 *   properties:
 *     target: { ref: roomManager }
 *     methods: [list, enter]
 * ```
 */
export class RemoteService {
  static readonly beanInfo: BeanInfo = {
    types: ['RemoteService'],
    properties: { target: 'object', methods: 'object' },
  };

  target!: object;
  /** Names, or `*` for all methods of the target's own classes. */
  methods: RemoteMethods = [];
}
