/**
 * Beans of Red5's server that old bean files give to their `web.context`: `clientRegistry`, `scopeResolver` and their kin.
 *
 * They exist so that such files can be moved as they are. Each server has one of each inside; these only stand for them.
 */
export function formerBeans(): Record<string, object> {
  const names = [
    'red5.scopeResolver',
    'global.clientRegistry',
    'global.serviceInvoker',
    'global.mappingStrategy',
  ];
  return Object.fromEntries(names.map((name) => [name, Object.freeze({ name })]));
}
