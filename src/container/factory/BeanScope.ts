/**
 * A scope of its own for beans, such as one instance per connection.
 *
 * Registered under a name that bean files use as `scope`.
 */
export interface BeanScope {
  /** The instance that belongs to the present surroundings; `create` makes a new one. */
  get(name: string, create: () => unknown): unknown;
  /** Forgets the instance of the present surroundings and returns it. */
  remove?(name: string): unknown;
}
