/** The service identifier under which inversify knows the beans of a type. */
export function beanType(type: string): symbol {
  return Symbol.for(`bean-type:${type}`);
}
