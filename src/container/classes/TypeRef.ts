/** A type word, read. */
export type TypeRef =
  | { readonly kind: 'any' }
  | { readonly kind: SimpleKind }
  | { readonly kind: 'number'; readonly name: NumberName; readonly nullable: boolean }
  | { readonly kind: 'boolean' | 'char'; readonly nullable: boolean }
  | { readonly kind: 'list' | 'set' | 'array'; readonly element: TypeRef }
  | { readonly kind: 'map' | 'record'; readonly key: TypeRef; readonly value: TypeRef }
  | { readonly kind: 'bean'; readonly name: string };

/** Types of one value without parts. */
export type SimpleKind =
  | 'string'
  | 'class'
  | 'resource'
  | 'stream'
  | 'properties'
  | 'locale'
  | 'url'
  | 'uri'
  | 'regexp'
  | 'charset'
  | 'timezone'
  | 'uuid'
  | 'address'
  | 'date'
  | 'currency';

/** Kinds of numbers; `number` takes whatever fits. */
export type NumberName =
  | 'byte'
  | 'short'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'number'
  | 'bigint'
  | 'decimal';

/** No type is known: values stay as they are. */
export const anyType: TypeRef = { kind: 'any' };

const number = (name: NumberName, nullable: boolean): TypeRef => ({
  kind: 'number',
  name,
  nullable,
});

/** Java spellings are understood as well, because bean files use them. */
const WORDS: ReadonlyMap<string, TypeRef> = new Map<string, TypeRef>([
  ['any', anyType],
  ['unknown', anyType],
  ['Object', anyType],
  ['?', anyType],
  ['Serializable', anyType],
  ['object', { kind: 'record', key: { kind: 'string' }, value: anyType }],
  ['string', { kind: 'string' }],
  ['String', { kind: 'string' }],
  ['CharSequence', { kind: 'string' }],
  ['boolean', { kind: 'boolean', nullable: false }],
  ['Boolean', { kind: 'boolean', nullable: true }],
  ['char', { kind: 'char', nullable: false }],
  ['Character', { kind: 'char', nullable: true }],
  ['byte', number('byte', false)],
  ['Byte', number('byte', true)],
  ['short', number('short', false)],
  ['Short', number('short', true)],
  ['int', number('int', false)],
  ['Integer', number('int', true)],
  ['long', number('long', false)],
  ['Long', number('long', true)],
  ['float', number('float', false)],
  ['Float', number('float', true)],
  ['double', number('double', false)],
  ['Double', number('double', true)],
  ['number', number('number', false)],
  ['Number', number('number', true)],
  ['bigint', number('bigint', true)],
  ['BigInteger', number('bigint', true)],
  ['BigDecimal', number('decimal', true)],
  ['class', { kind: 'class' }],
  ['Class', { kind: 'class' }],
  ['resource', { kind: 'resource' }],
  ['Resource', { kind: 'resource' }],
  ['ContextResource', { kind: 'resource' }],
  ['InputStream', { kind: 'stream' }],
  ['properties', { kind: 'properties' }],
  ['Properties', { kind: 'properties' }],
  ['locale', { kind: 'locale' }],
  ['Locale', { kind: 'locale' }],
  ['url', { kind: 'url' }],
  ['URL', { kind: 'url' }],
  ['uri', { kind: 'uri' }],
  ['URI', { kind: 'uri' }],
  ['regexp', { kind: 'regexp' }],
  ['Pattern', { kind: 'regexp' }],
  ['charset', { kind: 'charset' }],
  ['Charset', { kind: 'charset' }],
  ['timezone', { kind: 'timezone' }],
  ['TimeZone', { kind: 'timezone' }],
  ['ZoneId', { kind: 'timezone' }],
  ['uuid', { kind: 'uuid' }],
  ['UUID', { kind: 'uuid' }],
  ['address', { kind: 'address' }],
  ['InetSocketAddress', { kind: 'address' }],
  ['SocketAddress', { kind: 'address' }],
  ['Date', { kind: 'date' }],
  ['currency', { kind: 'currency' }],
  ['Currency', { kind: 'currency' }],
]);

/** Collections, by the names they have here and in Java. */
const COLLECTIONS: ReadonlyMap<string, 'list' | 'set' | 'array' | 'map'> = new Map([
  ['list', 'list'],
  ['List', 'list'],
  ['Collection', 'list'],
  ['Iterable', 'list'],
  ['ArrayList', 'list'],
  ['LinkedList', 'list'],
  ['CopyOnWriteArrayList', 'list'],
  ['set', 'set'],
  ['Set', 'set'],
  ['HashSet', 'set'],
  ['LinkedHashSet', 'set'],
  ['SortedSet', 'set'],
  ['TreeSet', 'set'],
  ['CopyOnWriteArraySet', 'set'],
  ['array', 'array'],
  ['map', 'map'],
  ['Map', 'map'],
  ['HashMap', 'map'],
  ['LinkedHashMap', 'map'],
  ['SortedMap', 'map'],
  ['TreeMap', 'map'],
  ['ConcurrentMap', 'map'],
  ['ConcurrentHashMap', 'map'],
  ['IdentityHashMap', 'map'],
]);
const JAVA_PACKAGES =
  /^(?:java\.(?:lang|util|net|io|math|nio\.charset|util\.concurrent|util\.regex)|regex|concurrent|org\.springframework\.core\.io)\./;

/** Reads a type word such as `int`, `list<string>`, `Map<String, Scope>` or `byte[]`. Unknown words are bean types. */
export function parseType(word: string): TypeRef {
  const text = word.trim().replace(/^\?\s*extends\s+/, '');
  if (text.endsWith('[]')) return { kind: 'array', element: parseType(text.slice(0, -2)) };
  if (text.startsWith('[L') && text.endsWith(';')) {
    return { kind: 'array', element: parseType(text.slice(2, -1)) };
  }
  const generic = /^([^<]+)<(.*)>$/s.exec(text);
  const name = (generic?.[1] ?? text).trim();
  const short = name.replace(JAVA_PACKAGES, '');
  const plain = WORDS.get(short);
  if (plain !== undefined && plain.kind !== 'record') return plain;
  const parts = splitArguments(generic?.[2] ?? '');
  if (plain !== undefined) {
    const value = parts.at(-1);
    return value === undefined
      ? plain
      : { kind: 'record', key: { kind: 'string' }, value: parseType(value) };
  }
  const collection = COLLECTIONS.get(short);
  if (collection === undefined) return { kind: 'bean', name };
  const types = parts.map(parseType);
  if (collection !== 'map') return { kind: collection, element: types[0] ?? anyType };
  return { kind: 'map', key: types[0] ?? anyType, value: types[1] ?? anyType };
}

function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '<') depth += 1;
    else if (text[at] === '>') depth -= 1;
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  if (text.trim() !== '') parts.push(text.slice(from));
  return parts;
}

/** The type as it is written in messages. */
export function describeType(type: TypeRef): string {
  switch (type.kind) {
    case 'number':
    case 'bean':
      return type.name;
    case 'list':
    case 'set':
    case 'array':
      return type.element.kind === 'any'
        ? type.kind
        : `${type.kind}<${describeType(type.element)}>`;
    case 'map': {
      if (type.key.kind === 'any' && type.value.kind === 'any') return 'map';
      return `map<${describeType(type.key)}, ${describeType(type.value)}>`;
    }
    case 'record':
      return 'object';
    default:
      return type.kind;
  }
}
