const EXTENSION = '.flv';

/** What the address of a stream says. */
export interface FLVTarget {
  /** Application and rooms: `live/room1`. */
  readonly path: string;
  /** Of the stream: `cam`. */
  readonly name: string;
}

/** Whether a request's target may be that of a stream: its path ends with `.flv`. */
export function isFLVTarget(target: string): boolean {
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  return path.endsWith(EXTENSION) && !path.endsWith(`/${EXTENSION}`);
}

/** Takes the path of a stream apart: `live/room1/cam.flv` is `cam` in `live/room1`. */
export function parseFLVPath(path: string): FLVTarget {
  const slash = path.lastIndexOf('/');
  return {
    path: path.slice(0, Math.max(0, slash)),
    name: path.slice(slash + 1, -EXTENSION.length),
  };
}
