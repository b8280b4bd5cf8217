import type { SharedObjectRequest } from '../../../server/index.ts';
import { badMessage } from './JSONFault.ts';
import { readJSONValue } from './readJSONValue.ts';

/** What a client has already of a shared object. */
export interface KnownState {
  readonly epoch: string;
  readonly since: number;
}

/** A message of a client, checked. */
export type ClientMessage =
  | { readonly type: 'join'; readonly args: readonly unknown[]; readonly session?: string }
  | {
      readonly type: 'call';
      readonly id?: number;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly type: 'error';
      readonly id: number;
      readonly description: string;
      readonly value: unknown;
    }
  | {
      readonly type: 'use';
      readonly id: number;
      readonly name: string;
      readonly persistent: boolean;
      readonly known?: KnownState;
    }
  | {
      readonly type: 'change';
      readonly id: number;
      readonly name: string;
      readonly requests: readonly SharedObjectRequest[];
    }
  | { readonly type: 'release'; readonly id: number; readonly name: string }
  | { readonly type: 'leave'; readonly id: number }
  | { readonly type: 'ping'; readonly id?: number };

type Fields = Readonly<Record<string, unknown>>;

/** Parses the text of a message. @throws JSONFault `JSON.BadMessage` */
export function parseFields(text: string): Fields {
  const parsed = parse(text);
  if (parsed === undefined) throw badMessage('the message is not JSON');
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw badMessage('the message is not an object');
  }
  return parsed as Fields;
}

/** Undefined for what is not JSON; the reason quotes the text, which helps nobody who did not write it. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The id of a message, if it has one that can be read. */
export function idOf({ id }: Fields): number | undefined {
  return Number.isSafeInteger(id) && (id as number) > 0 ? (id as number) : undefined;
}

/**
 * Checks the fields of a message.
 *
 * @param maxDepth - levels of lists and objects inside each other
 * @throws JSONFault
 */
export function readClientMessage(fields: Fields, maxDepth: number): ClientMessage {
  const { type } = fields;
  const read = typeof type === 'string' && Object.hasOwn(READERS, type) && READERS[type];
  if (!read) throw badMessage(`the type is ${describe(type)}, which is none`);
  return read(fields, maxDepth);
}

const READERS: Readonly<Record<string, (fields: Fields, maxDepth: number) => ClientMessage>> = {
  join: (fields, depth) => {
    const { version, session } = fields;
    if (version !== 1) throw badMessage(`the version is ${describe(version)} and not 1`);
    const args = argsOf(fields, depth);
    return session === undefined
      ? { type: 'join', args }
      : { type: 'join', args, session: textOf(fields, 'session') };
  },
  call: (fields, depth) => ({
    type: 'call',
    ...optionalID(fields),
    method: textOf(fields, 'method'),
    args: argsOf(fields, depth),
  }),
  result: (fields, depth) => ({
    type: 'result',
    id: requiredID(fields),
    value: readJSONValue(fields['value'], depth),
  }),
  error: (fields, depth) => ({
    type: 'error',
    id: requiredID(fields),
    description: typeof fields['description'] === 'string' ? fields['description'] : '',
    value: readJSONValue(fields['value'], depth),
  }),
  use: (fields) => {
    const { persistent = false, epoch, since } = fields;
    if (typeof persistent !== 'boolean') throw badMessage('persistent is true or false');
    const use = {
      type: 'use',
      id: requiredID(fields),
      name: textOf(fields, 'name'),
      persistent,
    } as const;
    if (epoch === undefined && since === undefined) return use;
    return { ...use, known: { epoch: textOf(fields, 'epoch'), since: versionOf(fields, 'since') } };
  },
  change: (fields, depth) => {
    const { ops } = fields;
    if (!Array.isArray(ops) || ops.length === 0) throw badMessage('ops is a list of operations');
    return {
      type: 'change',
      id: requiredID(fields),
      name: textOf(fields, 'name'),
      requests: ops.map((op: unknown, index) => readOperation(op, index, depth)),
    };
  },
  release: (fields) => ({
    type: 'release',
    id: requiredID(fields),
    name: textOf(fields, 'name'),
  }),
  leave: (fields) => ({ type: 'leave', id: requiredID(fields) }),
  ping: (fields) => ({ type: 'ping', ...optionalID(fields) }),
};

function readOperation(value: unknown, index: number, maxDepth: number): SharedObjectRequest {
  if (typeof value !== 'object' || value === null) {
    throw badMessage(`ops[${index}] is no operation`);
  }
  const fields = value as Fields;
  const { op } = fields;
  const condition =
    fields['ifVersion'] === undefined ? {} : { ifVersion: versionOf(fields, 'ifVersion') };
  switch (op) {
    case 'set': {
      if (!Object.hasOwn(fields, 'value')) throw badMessage(`ops[${index}] has no value`);
      const set = readJSONValue(fields['value'], maxDepth);
      return { type: 'change', key: textOf(fields, 'key'), value: set, ...condition };
    }
    case 'remove':
      return { type: 'remove', key: textOf(fields, 'key'), ...condition };
    case 'clear':
      return { type: 'clear' };
    case 'send':
      return { type: 'send', method: textOf(fields, 'method'), args: argsOf(fields, maxDepth) };
    default:
      throw badMessage(`ops[${index}] has the op ${describe(op)}, which is none`);
  }
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string') return value;
  throw badMessage(`${name} is ${describe(value)} and not a text`);
}

function versionOf(fields: Fields, name: string): number {
  const value = fields[name];
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw badMessage(`${name} is ${describe(value)} and not a version`);
}

function argsOf({ args = [] }: Fields, maxDepth: number): readonly unknown[] {
  if (!Array.isArray(args)) throw badMessage('args is not a list');
  // One level more: the list itself is not part of any value.
  return readJSONValue(args, maxDepth + 1) as readonly unknown[];
}

function requiredID(fields: Fields): number {
  const id = idOf(fields);
  if (id !== undefined) return id;
  throw badMessage(`id is ${describe(fields['id'])} and not a positive integer`);
}

function optionalID(fields: Fields): { readonly id?: number } {
  return fields['id'] === undefined ? {} : { id: requiredID(fields) };
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'number' ? String(value) : `a ${value === null ? 'null' : typeof value}`;
}
