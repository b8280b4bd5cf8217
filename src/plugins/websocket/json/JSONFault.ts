/** What a client is told that sent something which cannot be understood. */
export type JSONFaultCode = 'JSON.BadMessage' | 'JSON.BadValue';

/** A message of a client is not what the protocol says; the client is told, and the connection lives on. */
export class JSONFault extends Error {
  readonly code: JSONFaultCode;

  constructor(code: JSONFaultCode, description: string) {
    super(description);
    this.name = 'JSONFault';
    this.code = code;
  }
}

/** A message with a field that is missing or wrong. */
export function badMessage(description: string): JSONFault {
  return new JSONFault('JSON.BadMessage', description);
}

/** A value that has no meaning. */
export function badValue(description: string): JSONFault {
  return new JSONFault('JSON.BadValue', description);
}
