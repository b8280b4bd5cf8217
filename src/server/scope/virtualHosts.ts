/**
 * Reads host names as bean files have them: trimmed, in lower case, without ports, each once; `*` when there is none.
 *
 * Red5's files often list `localhost:5080` beside `localhost`, as Red5 compares the port too.
 */
export function readVirtualHosts(hosts: string | readonly string[]): readonly string[] {
  const list = [hosts].flat().flatMap((text) => text.split(','));
  const names = list.map((host) => withoutPort(host.trim().toLowerCase()));
  const different = [...new Set(names.filter((host) => host !== ''))];
  return different.length === 0 ? ['*'] : different;
}

/**
 * What names a host among virtual hosts, the nearest first: itself, `*.` and each domain above it, `*`.
 *
 * @param host - without port
 */
export function namesOfHost(host: string): string[] {
  // The final dot of a complete name changes nothing.
  const name = host.toLowerCase().replace(/\.$/, '');
  const names = name === '' ? [] : [name];
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    names.push(`*${name.slice(dot)}`);
  }
  names.push('*');
  return names;
}

function withoutPort(host: string): string {
  const bracket = /^\[([^\]]*)\]/.exec(host);
  if (bracket?.[1] !== undefined) return bracket[1];
  // More than one colon is an IPv6 address without brackets.
  return /^[^:]*:\d+$/.test(host) ? host.replace(/:\d+$/, '') : host;
}
