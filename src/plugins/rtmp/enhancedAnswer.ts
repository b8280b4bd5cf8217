/** What a client says of itself when it knows enhanced RTMP; the first is of version 1. */
const SIGNS = ['fourCcList', 'videoFourCcInfoMap', 'audioFourCcInfoMap', 'capsEx'] as const;

/** Bits of the abilities for a codec. */
const CAN_FORWARD = 4;
/** Bits of `capsEx`. Reconnecting is what the server would ask for, and does not. */
const CAPABILITY = { multitrack: 2, modEx: 4, timestampNanoOffset: 8 } as const;

/**
 * What the answer to `connect` says of enhanced RTMP: that every codec is passed on, several tracks and modified packets included.
 *
 * Clients that do not speak of it get the answer that they always got.
 */
export function enhancedAnswer(
  connectParams: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (!SIGNS.some((sign) => sign in connectParams)) return {};
  const { multitrack, modEx, timestampNanoOffset } = CAPABILITY;
  return {
    fourCcList: ['*'],
    videoFourCcInfoMap: { '*': CAN_FORWARD },
    audioFourCcInfoMap: { '*': CAN_FORWARD },
    capsEx: multitrack | modEx | timestampNanoOffset,
  };
}
