import { AMF0Decoder, encodeAMF0, encodeKey } from './amf0.ts';

/** What a shared-object message carries, in either direction; names as the protocol's documents have them. */
export type SharedObjectItem =
  | { readonly event: 'USE' | 'RELEASE' | 'CLEAR' | 'USE_SUCCESS' }
  | { readonly event: 'REQUEST_CHANGE' | 'CHANGE'; readonly key: string; readonly value: unknown }
  | { readonly event: 'SUCCESS' | 'REMOVE' | 'REQUEST_REMOVE'; readonly key: string }
  | { readonly event: 'SEND'; readonly method: string; readonly args: readonly unknown[] }
  | { readonly event: 'STATUS'; readonly code: string; readonly level: string };

export interface SharedObjectMessage {
  readonly name: string;
  readonly version: number;
  readonly persistent: boolean;
  readonly events: readonly SharedObjectItem[];
}

const codes = {
  USE: 1,
  RELEASE: 2,
  REQUEST_CHANGE: 3,
  CHANGE: 4,
  SUCCESS: 5,
  SEND: 6,
  STATUS: 7,
  CLEAR: 8,
  REMOVE: 9,
  REQUEST_REMOVE: 10,
  USE_SUCCESS: 11,
} as const;

const names = new Map(
  Object.entries(codes).map(([name, code]) => [code as number, name as keyof typeof codes]),
);

/** The body of a message of type 19. */
export function encodeSharedObjectMessage(message: SharedObjectMessage): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(message.version, 0);
  head.writeUInt32BE(message.persistent ? 2 : 0, 4);
  const events = message.events.map((item) => {
    const data = encodeItem(item);
    const header = Buffer.alloc(5);
    header[0] = codes[item.event];
    header.writeUInt32BE(data.length, 1);
    return Buffer.concat([header, data]);
  });
  return Buffer.concat([encodeKey(message.name), head, ...events]);
}

function encodeItem(item: SharedObjectItem): Buffer {
  switch (item.event) {
    case 'REQUEST_CHANGE':
    case 'CHANGE':
      return Buffer.concat([encodeKey(item.key), encodeAMF0(item.value)]);
    case 'SUCCESS':
    case 'REMOVE':
    case 'REQUEST_REMOVE':
      return encodeKey(item.key);
    case 'SEND':
      return encodeAMF0(item.method, ...item.args);
    case 'STATUS':
      return Buffer.concat([encodeKey(item.code), encodeKey(item.level)]);
    default:
      return Buffer.alloc(0);
  }
}

/** Reads the body of a message of type 19. */
export function decodeSharedObjectMessage(body: Buffer): SharedObjectMessage {
  const decoder = new AMF0Decoder(body);
  const name = decoder.key();
  let at = decoder.position;
  const version = body.readUInt32BE(at);
  const persistent = body.readUInt32BE(at + 4) === 2;
  at += 12;
  const events: SharedObjectItem[] = [];
  while (at < body.length) {
    const code = body.readUInt8(at);
    const length = body.readUInt32BE(at + 1);
    at += 5;
    if (at + length > body.length) throw new Error('shared object event is cut off');
    events.push(decodeItem(code, body.subarray(at, at + length)));
    at += length;
  }
  return { name, version, persistent, events };
}

function decodeItem(code: number, data: Buffer): SharedObjectItem {
  const event = names.get(code);
  const decoder = new AMF0Decoder(data);
  switch (event) {
    case undefined:
      throw new Error(`unknown shared object event ${code}`);
    case 'REQUEST_CHANGE':
    case 'CHANGE':
      return { event, key: decoder.key(), value: decoder.atEnd ? null : decoder.value() };
    case 'SUCCESS':
    case 'REMOVE':
    case 'REQUEST_REMOVE':
      return { event, key: decoder.key() };
    case 'STATUS':
      return { event, code: decoder.key(), level: decoder.key() };
    case 'SEND': {
      const method = String(decoder.value());
      const args: unknown[] = [];
      while (!decoder.atEnd) args.push(decoder.value());
      return { event, method, args };
    }
    default:
      return { event };
  }
}
