import type { SharedObject } from 'red5-node';

/** Moves a card, unless somebody else moved it since `seenVersion`. */
export function moveCard(
  so: SharedObject,
  card: string,
  column: string,
  seenVersion: number,
): boolean {
  if (!so.setAttributeIf(card, seenVersion, { column })) return false;
  so.beginUpdate(); // from here to endUpdate is one message
  so.setAttribute('moves', Number(so.getAttribute('moves', 0)) + 1);
  so.setAttribute('highlight', card, { ttlMs: 3000 }); // goes by itself
  so.sendMessage('moved', [card, column]);
  so.endUpdate();
  return true;
}
