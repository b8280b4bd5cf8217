/** What can be wrong with AMF data; every code is that of a `ProtocolError` when reading or a `Red5Error` when writing. */
export const AMF_ERRORS = {
  AMF_TRUNCATED: 'A value ends before the bytes it announces',
  AMF_BAD_MARKER: 'A type marker is unknown, reserved or not allowed where it stands',
  AMF_BAD_REFERENCE: 'A reference points at nothing, or at a value that is not complete yet',
  AMF_TOO_DEEP: 'Values are nested deeper than the limit',
  AMF_TOO_MANY_VALUES:
    'A message holds more values than the limit, counting what references stand for',
  AMF_STRING_TOO_LONG: 'A string, XML text or byte array is longer than the limit',
  AMF_BAD_VALUE: 'A value has a form its type does not allow',
  AMF_UNKNOWN_EXTERNALIZABLE: 'A class writes itself in a form that is not registered here',
} as const;

/** A key of {@link AMF_ERRORS}. */
export type AMFErrorCode = keyof typeof AMF_ERRORS;
