/** The namespaces a bean file may use. */
export const namespaces = {
  beans: 'http://www.springframework.org/schema/beans',
  util: 'http://www.springframework.org/schema/util',
  context: 'http://www.springframework.org/schema/context',
  p: 'http://www.springframework.org/schema/p',
  c: 'http://www.springframework.org/schema/c',
} as const;
