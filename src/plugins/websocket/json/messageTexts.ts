import type {
  SharedObjectBatch,
  SharedObjectEvent,
  SharedObjectFault,
  SharedObjectState,
} from '../../../server/index.ts';
import { writeJSONValue } from './writeJSONValue.ts';

/** A text as JSON. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

/** Why a request, or a message that is none, was not carried out. */
export function errorText(
  id: number | undefined,
  code: string,
  description: string,
  extra: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({ type: 'error', id, code, description, ...extra });
}

/** Why a call failed. */
export function callFailedText(
  id: number,
  { reason, description }: { readonly reason: string; readonly description: string },
): string {
  return errorText(id, 'NetConnection.Call.Failed', description, { reason });
}

/** Why a client may not join. */
export function refusedText(code: string, description: string, application?: unknown): string {
  const text = JSON.stringify({ type: 'refused', code, description });
  if (application === undefined) return text;
  try {
    return `${text.slice(0, -1)},"application":${writeJSONValue(application)}}`;
  } catch {
    return text; // The reason has no form in JSON; code and description say enough.
  }
}

/** A step of a shared object, for all who use it. */
export function changesText(batch: SharedObjectBatch): string {
  return `{"type":"changes","name":${quote(batch.name)},${stepText(batch)}}`;
}

/** All of a shared object. @param missed - whether steps were lost that the client asked for */
export function snapshotText(
  id: number,
  state: Extract<SharedObjectState, { kind: 'snapshot' }>,
  missed: boolean,
): string {
  const attributes = state.attributes.map(
    ({ key, value, version }) =>
      `{"key":${quote(key)},"value":${writeJSONValue(value)},"version":${version}}`,
  );
  const lost = missed ? '"missed":true,' : '';
  return `{"type":"snapshot",${stateHead(id, state)},${lost}"attributes":[${attributes.join()}]}`;
}

/** The steps of a shared object that a client has missed. */
export function resumedText(
  id: number,
  state: Extract<SharedObjectState, { kind: 'changes' }>,
): string {
  const steps = state.batches.map((batch) => `{${stepText(batch)}}`);
  return `{"type":"resumed",${stateHead(id, state)},"changes":[${steps.join()}]}`;
}

/** A request was carried out. */
export function doneText(id: number, version?: number): string {
  return version === undefined
    ? `{"type":"done","id":${id}}`
    : `{"type":"done","id":${id},"version":${version}}`;
}

/** Why a request to a shared object was not carried out. */
export function faultText(id: number, fault: SharedObjectFault): string {
  const { code, request, current } = fault;
  const op = request === undefined ? {} : { op: request };
  const text = errorText(id, code, DESCRIPTIONS[code] ?? 'the shared object refused it', op);
  if (current === undefined) return text;
  const { key, version, value } = current;
  const now = version === 0 ? '' : `,"value":${writeJSONValue(value)}`;
  return `${text.slice(0, -1)},"key":${quote(key)},"version":${version}${now}}`;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  'SharedObject.NoReadAccess': 'using the shared object is not allowed',
  'SharedObject.NoWriteAccess': 'the shared object is not in use, or this is not allowed',
  'SharedObject.ObjectCreationFailed': 'there is no such shared object, and it was not made',
  'SharedObject.BadPersistence': 'the shared object exists with the other persistence',
  'SharedObject.VersionMismatch': 'the attribute has another version',
  'SharedObject.QuotaExceeded': 'a limit of shared objects is reached',
  'SharedObject.InvalidValue': 'the value or name cannot be stored',
  'SharedObject.NotStored': 'the change is in effect, and could not be stored',
};

function stateHead(id: number, { sharedObject, version }: SharedObjectState): string {
  const { name, epoch } = sharedObject;
  return `"id":${id},"name":${quote(name)},"epoch":${quote(epoch)},"version":${version}`;
}

function stepText({ version, events }: SharedObjectBatch): string {
  let ops = '';
  for (const event of events) {
    const op = operationText(event, version);
    if (op !== '') ops += (ops === '' ? '' : ',') + op;
  }
  return `"version":${version},"ops":[${ops}]`;
}

function operationText(event: SharedObjectEvent, version: number): string {
  switch (event.type) {
    case 'change': {
      const own =
        event.version === undefined || event.version === version
          ? ''
          : `,"version":${event.version}`;
      const value = writeJSONValue(event.value);
      return `{"op":"set","key":${quote(event.key)},"value":${value}${own}}`;
    }
    case 'remove':
      return `{"op":"remove","key":${quote(event.key)}}`;
    case 'send':
      return `{"op":"send","method":${quote(event.method)},"args":${writeJSONValue(event.args)}}`;
    default:
      return ''; // For the originator alone, as Flash expects.
  }
}
