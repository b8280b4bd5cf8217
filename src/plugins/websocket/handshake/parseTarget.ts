/** The address a client asked for. */
export interface Target {
  /** Application and rooms, decoded, without slashes at the ends: `chat/room1`. */
  readonly path: string;
  /** Query parameters, decoded; of a repeated one the first counts. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The most query parameters that are looked at. */
const MAX_PARAMETERS = 100;

const NONE: Readonly<Record<string, string>> = Object.freeze(noParameters());

/** Takes a request target such as `/chat/room1?id=a%20b&flag` apart; undefined when it names no path. */
export function parseTarget(target: string): Target | undefined {
  const question = target.indexOf('?');
  const rawPath = question < 0 ? target : target.slice(0, question);
  if (!rawPath.startsWith('/')) return undefined;
  const path = decodePath(rawPath);
  if (path === undefined) return undefined;
  return {
    path,
    parameters: question < 0 ? NONE : parseQuery(target.slice(question + 1)),
  };
}

/** Puts the value of a `scope` parameter after a path: `chat` and `room1/room2` give `chat/room1/room2`. */
export function appendScope(path: string, scope: string | undefined): string {
  const rooms = (scope ?? '').split('/').filter((name) => name !== '');
  return [path, ...rooms].join('/');
}

/** A name that contains an encoded slash would be another path than it looks like. */
function decodePath(rawPath: string): string | undefined {
  const names: string[] = [];
  for (const raw of rawPath.split('/')) {
    if (raw === '') continue;
    try {
      const name = decodeURIComponent(raw);
      if (name.includes('/')) return undefined;
      names.push(name);
    } catch {
      return undefined;
    }
  }
  return names.join('/');
}

function parseQuery(query: string): Record<string, string> {
  const parameters = noParameters();
  let count = 0;
  for (const [name, value] of new URLSearchParams(query)) {
    if (++count > MAX_PARAMETERS) break;
    if (!Object.hasOwn(parameters, name)) parameters[name] = value;
  }
  return parameters;
}

/** Without a prototype, so that `__proto__` is a name like any other. */
function noParameters(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}
